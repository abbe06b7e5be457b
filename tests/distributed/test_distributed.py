"""Two processes train the model that one would, and leave one run behind."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import numpy
import pytest
import torch

from tests.forked import Forked
from vae_exp.configuration.compose import compose
from vae_exp.experiment import build
from vae_exp.runtime.precision import training_precision
from vae_exp.storage import checkpoint

TORCHRUN = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
PROGRAM = ["-m", "vae_exp.run"]
MODEL = ["decoder=bernoulli", "network.hidden=[32]", "z_dim=4", "kl=schulman"]
# of 1257 data 13 batches, the last of 57: parts of 29 and 28
TRAINING = ["trainer.epochs=4", "trainer.batch_size=100", "trainer.log_every=1"]
EVALUATION = [
    *("evaluation.importance_samples=8", "evaluation.max_elements=20_000"),
    *("evaluation.probe=false", "plots.names=[samples]"),
]
WORDS = [*MODEL, *TRAINING, *EVALUATION]


def launch(folder, *arguments, command=TORCHRUN, program=PROGRAM, **environment):
    ours = ("WANDB_", "HYDRA_", "OMP_", "MKL_", "VAE_EXP_")
    clean = {k: v for k, v in os.environ.items() if not k.startswith(ours)}
    own = {"HOME": str(folder), "NETRC": str(folder / "netrc"), "OMP_NUM_THREADS": "1"}
    own |= {"WANDB_MODE": "disabled", **environment}
    return subprocess.Popen(
        [*command, *program, *arguments],
        cwd=folder,
        env={**clean, **own},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def fork_two(folder, *arguments, script=None):
    """Two processes with the variables that torchrun sets, without its own and their start."""
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    common = {**os.environ, "OMP_NUM_THREADS": "1", "WANDB_MODE": "disabled", "WORLD_SIZE": "2"}
    common |= {"MASTER_ADDR": "localhost", "MASTER_PORT": str(port)}
    both = [
        Forked(folder, arguments, {**common, "RANK": rank, "LOCAL_RANK": rank}, script=script)
        for rank in "01"
    ]
    deadline = time.monotonic() + 120
    while None in (codes := [process.poll() for process in both]) and not any(codes):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    if any(codes):
        for process in both:
            process.terminate()  # as torchrun does, where one has failed
    return [process.communicate(timeout=120) for process in both], [p.returncode for p in both]


def finish(process):
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    return out


def records(folder):
    """What was logged, without what a clock says."""
    lines = (folder / "metrics.jsonl").read_text().splitlines()
    clock = ("time/", "train/samples_per_second")
    return [{k: v for k, v in json.loads(r).items() if not k.startswith(clock)} for r in lines]


@pytest.fixture(scope="module")
def together(tmp_path_factory):
    """The folder where two processes have trained into ``run``."""
    folder = tmp_path_factory.mktemp("together")
    finish(launch(folder, *WORDS, "hydra.run.dir=run", WANDB_MODE="offline"))
    return folder


def test_there_is_one_run_and_one_set_of_files(together):
    assert {path.name for path in together.iterdir() if path.name[0] != "."} == {"run", "outputs"}
    assert sorted(path.name for path in (together / "run").iterdir()) == [
        *(".hydra", ".lock", "checkpoints", "metrics.jsonl", "plots", "run.log", "summary.json")
    ]
    assert len(list(together.glob("outputs/wandb/offline-run-*"))) == 1
    summary = json.loads((together / "run" / "summary.json").read_text())
    assert (summary["status"], summary["processes"]) == ("finished", 2)
    steps = [r["step"] for r in records(together / "run") if "train/loss" in r]
    assert steps == list(range(1, 53))
    assert [r["samples"] for r in records(together / "run") if "samples" in r][12] == 1257


def test_the_losses_are_those_of_one_process_with_both_streams_of_noise(together):
    """The same steps by hand: each part with the noise of its process, then the weighted mean."""
    experiment = build(compose(*WORDS, "threads=1"))
    vae, data = experiment.vae, experiment.data
    losses, norms = [], []
    with training_precision(vae, "float32"):
        for _ in range(4):
            vae.train()
            for batch in data.shuffled("train").split(100):
                loss = 0.0
                for rank in (1, 0):  # the first process's stream stands for the order of the data
                    entropy = numpy.random.SeedSequence([0, len(losses), rank])
                    torch.manual_seed(int(entropy.generate_state(1, numpy.uint64)[0]))
                    part = data.batch("train", batch[rank::2])
                    loss = loss + vae(part)[0] * len(part) / len(batch)
                vae.optimizer.zero_grad()
                loss.backward()
                vae.optimizer.step()
                losses.append(loss.item())
                gradients = [p.grad for p in vae.parameters() if p.grad is not None]
                norms.append(torch.nn.utils.get_total_norm(gradients).item())
    logged = [r for r in records(together / "run") if "train/loss" in r]
    assert [r["train/loss"] for r in logged] == pytest.approx(losses, rel=1e-5)
    # Adam's steps would be the same with gradients all twice as large
    assert [r["train/gradient_norm"] for r in logged] == pytest.approx(norms, rel=1e-3)
    last = checkpoint.load(together / "run" / "checkpoints" / "last.pt")["vae"]
    for name, value in vae.state_dict().items():
        torch.testing.assert_close(last[name], value, rtol=1e-3, atol=1e-5)


THREADS_AT_THE_END = """
from pathlib import Path
from vae_exp.run import main

main()
threads = sorted(path.read_text().strip() for path in Path("/proc/self/task").glob("*/comm"))
print("at the end:", *(name for name in threads if "gloo" in name))
"""


@pytest.mark.long
@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="threads are read from /proc")
def test_no_thread_of_the_group_outlives_it(tmp_path):
    # else one that is still at work when its process ends aborts it, now and then
    (tmp_path / "ends.py").write_text(THREADS_AT_THE_END)
    program = ["ends.py", *WORDS, "trainer.epochs=1", "hydra.run.dir=run"]
    for _ in ("trains", "has nothing left to do"):
        out = finish(launch(tmp_path, *program, "resume=auto", program=[]))
        assert out.count("at the end:\n") == 2, out


MEAN_ENCODER = """
from torch.distributions import Independent, Normal

from vae_exp.encoder.gaussian import Gaussian


class Mean(Normal):
    def rsample(self, sample_shape=()):
        return self.loc.expand(*sample_shape, *self.loc.shape)


class MeanEncoder(Gaussian):
    def forward(self, *seen):
        base = super().forward(*seen).base_dist
        return Independent(Mean(base.loc, base.scale), 1)
"""


@pytest.mark.long  # with noise they are the steps by hand, above
def test_without_noise_two_processes_are_one(tmp_path):
    (tmp_path / "mean.py").write_text(MEAN_ENCODER)
    words = ["encoder._target_=mean.MeanEncoder", "trainer.epochs=1", "trainer.batch_size=100"]
    words += ["trainer.log_every=1", "network.hidden=[32]", *EVALUATION, "decoder=laplace"]
    told, codes = fork_two(tmp_path, *words, "hydra.run.dir=two")
    assert codes == [0, 0], told
    alone = {**os.environ, "OMP_NUM_THREADS": "1", "WANDB_MODE": "disabled"}
    assert Forked(tmp_path, [*words, "hydra.run.dir=one"], alone).wait(timeout=120) == 0
    one, two = records(tmp_path / "one"), records(tmp_path / "two")
    assert len(one) == len(two) == 15
    for a, b in zip(one, two):
        assert a.keys() == b.keys()
        assert list(a.values()) == pytest.approx(list(b.values()), rel=1e-4)


def test_evaluation_does_not_depend_on_the_number_of_processes(together, cli, monkeypatch):
    summary = json.loads((together / "run" / "summary.json").read_text())
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        alone = json.loads(cli(str(together / "run"), "--json", module="evaluate").out)
    finally:
        torch.set_num_threads(threads)
    for name, value in alone.items():
        assert summary[f"test/{name}"] == value, name


@pytest.mark.long
@pytest.mark.kill
def test_a_run_that_is_stopped_goes_on_in_both_processes(together, tmp_path):
    own = ["hydra.run.dir=run", "trainer.log_every=1", "resume=auto"]
    endless = [w if w != "trainer.epochs=4" else "trainer.epochs=100000" for w in WORDS]
    stopped = launch(tmp_path, *endless, *own)
    metrics, deadline = tmp_path / "run" / "metrics.jsonl", time.monotonic() + 60
    while not metrics.exists() or metrics.read_text().count("\n") < 17:
        assert time.monotonic() < deadline and stopped.poll() is None
        time.sleep(0.02)
    stopped.send_signal(signal.SIGTERM)
    stopped.communicate(timeout=60)
    summary = json.loads((tmp_path / "run" / "summary.json").read_text())
    assert summary["status"] == "preempted"
    reached = len(records(tmp_path / "run"))
    epochs = max(4, summary["epoch"] + 1)
    finish(launch(tmp_path, *WORDS, *own, f"trainer.epochs={epochs}"))
    assert len(records(tmp_path / "run")) > reached
    expected = [r for r in records(together / "run") if "test/elbo" not in r]
    assert records(tmp_path / "run")[: len(expected)] == expected


# of 21 steps, 10 an epoch, the second record is of 11: the second validation is in its midst
MID_RECORD = ["trainer.batch_size=126", "trainer.log_every=10", "trainer.epochs=null"]
MID_RECORD += ["trainer.max_steps=21", "trainer.checkpoint_every=0", *MODEL, *EVALUATION]
DIES_THERE = """
import os
from vae_exp.run import main
from vae_exp.runs.job import Job

def save_and_die(job, save=Job.save):
    save(job)
    if job.experiment.state.step == 20:
        os._exit(9)

Job.save = save_and_die
main()
"""


@pytest.mark.long
@pytest.mark.kill
def test_a_record_goes_on_with_the_steps_of_both_processes(tmp_path):
    told, codes = fork_two(tmp_path, *MID_RECORD, "hydra.run.dir=whole")
    assert codes == [0, 0], told
    own = [*MID_RECORD, "hydra.run.dir=run", "resume=auto"]
    _, codes = fork_two(tmp_path, *own, script=DIES_THERE)
    assert codes[0] == 9
    state = checkpoint.load(tmp_path / "run" / "checkpoints" / "last.pt")["training"]
    assert (state["step"], sum(state["meter"]["sizes"])) == (20, 1257)
    told, codes = fork_two(tmp_path, *own)
    assert codes == [0, 0], told
    assert records(tmp_path / "run") == records(tmp_path / "whole")


@pytest.mark.long
def test_a_record_of_one_process_goes_on_in_two(tmp_path):
    (tmp_path / "mean.py").write_text(MEAN_ENCODER)
    words = ["encoder._target_=mean.MeanEncoder", "decoder=laplace", "trainer.epochs=1"]
    words += ["trainer.batch_size=100", *EVALUATION, "hydra.run.dir=run"]
    alone = {**os.environ, "OMP_NUM_THREADS": "1", "WANDB_MODE": "disabled"}
    whole = Forked(tmp_path, [*words, "hydra.run.dir=whole"], alone)
    assert whole.wait(timeout=120) == 0
    dies = DIES_THERE.replace("step == 20", "step == 6")
    stops = "from vae_exp.training import trainer\ntrainer.any_process = lambda stop, synchronize: "
    stops += "next(steps) == 6\nimport itertools\nsteps = itertools.count(1)\n"
    assert Forked(tmp_path, words, alone, script=stops + dies).wait(timeout=120) == 9
    told, codes = fork_two(tmp_path, *words, "resume=auto")
    assert codes == [0, 0], told
    (one,), (two,) = (
        [r for r in records(tmp_path / n) if "train/loss" in r] for n in ("whole", "run")
    )
    assert two == pytest.approx(one, rel=1e-4)


@pytest.mark.bad_input
@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["z_dim=0"], "vae_exp: z_dim: expected a positive number, got 0"),
        (["-m", "seed=0,1"], "vae_exp: -m: expected one run where torchrun starts its processes"),
    ],
)
def test_a_wrong_command_line_is_told_once(tmp_path, words, told):
    outputs, codes = fork_two(tmp_path, *words)
    assert 0 not in codes
    assert "".join(err for _, err in outputs).count(told) == 1


@pytest.mark.long
def test_a_wrong_command_line_is_told_once_by_torchrun_too(tmp_path):
    process = launch(tmp_path, "z_dim=0")
    _, err = process.communicate(timeout=120)
    assert process.returncode != 0
    assert err.count("vae_exp: z_dim: expected a positive number, got 0") == 1
