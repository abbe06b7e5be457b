"""A whole online run, received by a server on this machine, and a server that fails under it."""

import csv
import json
import time

import pytest

from tests.tracking.program import QUICK, run
from tests.tracking.server import Server, serving

OWN = ["decoder=bernoulli", "hydra.run.dir=run", "wandb.histograms=1"]


@pytest.fixture(scope="module")
def online(tmp_path_factory):
    """A run, and another process that goes on with it."""
    folder, server = tmp_path_factory.mktemp("online"), Server()
    with serving(server) as address:
        done = run(folder, *OWN, **address)
        assert done.returncode == 0, done.stderr
        longer = ["trainer.epochs=3", *QUICK[1:]]
        done = run(folder, *OWN, "resume=auto", quick=longer, **address)
        assert done.returncode == 0, done.stderr
        yield folder, server, done, address


def lines(folder):
    return [
        json.loads(line) for line in (folder / "run" / "metrics.jsonl").read_text().splitlines()
    ]


def test_credentials_and_a_server_mean_online_and_a_quiet_terminal(online):
    folder, server, done, address = online
    assert f"{address['WANDB_BASE_URL']}/me/vae_exp/runs/" in done.stdout
    assert done.stderr == ""
    assert server.stream()["exit_code"] == 0
    (given,) = server.runs.values()
    assert "decoder=bernoulli" in given["tags"]
    summary = json.loads((folder / "run" / "summary.json").read_text())
    assert summary["wandb/run"] == f"me/vae_exp/{next(iter(server.runs))}"


def test_each_record_is_there_once_though_two_processes_logged_them(online):
    folder, server, _, _ = online
    history = server.stream()["history"]
    own = lines(folder)
    assert sorted(history) == list(range(len(own) + 1))
    told = [history[number] for number in sorted(history)]
    assert told.pop(4)["step"] == 20  # the first process came to its end, and so to the test set
    for number, record in enumerate(own):
        assert {k: told[number][k] for k in record} == record
    assert len(server.named("RunResumeStatus")) == 1


def test_chosen_options_are_columns_and_all_else_is_below_settings(online):
    _, server, _, _ = online
    config = server.config()
    shown = {k: config[k] for k in ("decoder", "encoder", "prior", "kl", "objective", "network")}
    assert shown == {
        "decoder": "bernoulli",
        "encoder": "gaussian",
        "prior": "standard_normal",
        "kl": "analytic",
        "objective": "elbo",
        "network": "mlp",
    }
    assert (config["data"], config["condition"], config["experiment"]) == ("digits", "none", None)
    assert (config["optimizer"], config["scheduler"]) == ("adam", "constant")
    assert (config["seed"], config["z_dim"], config["device"]) == (0, 20, "cpu")
    assert config["settings"]["decoder"]["_target_"] == "vae_exp.decoder.bernoulli.Bernoulli"
    assert {"vae_exp", "torch", "python"} <= set(config["versions"])
    assert "git_commit" in config


def test_the_summary_has_each_metric_as_it_deserves_and_no_lists(online):
    folder, server, _, _ = online
    summary, own = server.stream()["summary"], lines(folder)
    elbos = [record["val/elbo"] for record in own if "val/elbo" in record]
    losses = [record["val/loss"] for record in own if "val/loss" in record]
    assert summary["val/elbo"] == {"max": max(elbos)}
    assert summary["val/loss"] == {"min": min(losses)}
    final = json.loads((folder / "run" / "summary.json").read_text())
    assert summary["test/log_likelihood"] == final["test/log_likelihood"]
    assert not [key for key, value in summary.items() if isinstance(value, list)]


def test_the_log_is_the_programs_own_as_text_and_as_a_file(online):
    folder, server, _, _ = online
    console = "\n".join(server.stream()["console"].values())
    log = (folder / "run" / "run.log").read_text()
    for line in ("the data are binarised", "epoch 2  step 20/20", "epoch 3  step 30/30"):
        assert console.count(line) == 1
        assert line in log
    assert log.startswith(server.files["files/run.log"].decode())


def test_tables_and_charts_of_the_test_set(online):
    folder, server, _, _ = online
    tables = {
        path.split("/", 2)[2]: json.loads(body)
        for path, body in server.files.items()
        if path.startswith("artifacts/") and path.endswith(".table.json")
    }
    final = json.loads((folder / "run" / "summary.json").read_text())
    data = tables["test_data.table.json"]
    which = [row[0] for row in data["data"]]
    assert which == ["worst"] * 8 + ["best"] * 8 + ["random"] * 8
    likelihoods = [row[data["columns"].index("log_likelihood")] for row in data["data"]]
    assert (
        max(likelihoods[:8])
        < min(likelihoods[16:])
        < max(likelihoods[16:])
        < min(likelihoods[8:16])
    )
    assert {"input", "reconstruction", "label", "elbo", "kl"} <= set(data["columns"])
    assert data["data"][0][2]["_type"] == "image-file"
    kl = tables["charts/kl_per_latent_table.table.json"]["data"]
    assert [height for _, height in kl] == pytest.approx(final["test/kl_per_latent"])
    labels = [row[0] for row in tables["charts/kl_estimators_table.table.json"]["data"]]
    assert labels[0] == "analytic, per dimension" and len(labels) == 8
    (point,) = tables["charts/rate_distortion_table.table.json"]["data"]
    assert point[1:] == [final["test/kl"], final["test/reconstruction_loss"]]
    assert set(server.config()["_wandb"]["visualize"]) == {
        "charts/kl_per_latent",
        "charts/kl_estimators",
        "charts/rate_distortion",
    }
    with_histograms = [r for r in server.stream()["history"].values() if "posterior/means" in r]
    assert [record["step"] for record in with_histograms] == [10, 20, 30]
    assert with_histograms[0]["posterior/log_weights"]["_type"] == "histogram"


def test_the_model_and_the_data_are_artifacts(online):
    folder, server, _, _ = online
    (data,) = server.artifact("dataset")
    assert data == "digits-data"
    assert server.named("UseArtifact")
    (name,) = server.artifact("model")
    artifact = server.artifact("model")[name]
    assert artifact["state"] == "COMMITTED"
    assert {alias["alias"] for alias in artifact["aliases"]} == {"best", "latest"}
    final = json.loads((folder / "run" / "summary.json").read_text())
    assert json.loads(artifact["metadata"])["test/elbo"] == final["test/elbo"]
    best = server.files[f"artifacts/{artifact['id']}/checkpoints/best.pt"]
    assert best == (folder / "run" / "checkpoints" / "best.pt").read_bytes()


@pytest.mark.long
def test_a_command_takes_the_model_out_of_wandb_and_is_a_run_that_used_it(online):
    folder, server, _, address = online
    (name,), before = server.artifact("model"), list(server.runs)
    words = [f"wandb:me/vae_exp/{name}:best", "--samples", "8"]
    done = run(folder, *words, module="score", **address)
    told = f"W&B run score {name}:v0: {address['WANDB_BASE_URL']}/me/vae_exp/runs/"
    assert (done.returncode, done.stderr.partition("runs/")[0]) == (0, told.removesuffix("runs/"))
    assert done.stderr.count("\n") == 1
    (own,) = (run for run in server.runs if run not in before)
    assert server.runs[own]["jobType"] == "score"
    use = server.named("UseArtifact")[-1]
    assert (use["artifactID"], use["runName"]) == (server.artifact("model")[name]["id"], own)
    file = folder / "outputs" / "artifacts" / "me" / "vae_exp" / f"{name}-v0" / "scores.csv"
    with file.open() as opened:
        found = [float(row["log_likelihood"]) for row in csv.DictReader(opened)]
    summary = server.stream(own)["summary"]
    assert summary["score/log_likelihood"] == pytest.approx(sum(found) / len(found))
    scores = server.artifact("scores")[f"scores-{name}"]
    assert server.files[f"artifacts/{scores['id']}/scores.csv"] == file.read_bytes()


def test_a_posterior_that_collapses_is_told_once(online):
    _, server, _, _ = online
    (alert,) = server.named("NotifyScriptableRunAlert")
    assert (alert["title"], alert["severity"]) == ("Posterior collapse", "WARN")


def in_graphql(*operations):
    return lambda path, body: any(f" {name}".encode() in body for name in operations)


def not_the_first(fails, count):
    """A request fails once so many have come."""
    seen = []

    def decide(path, body):
        seen.append(path)
        return len(seen) > count and fails(path, body)

    return decide


def uploading(path, body):
    return path.startswith("/artifacts/")


ANYTHING = not_the_first(lambda path, body: True, 5)
FAULTS = {
    "401 in the middle": (ANYTHING, 401),
    "429 in the middle": (ANYTHING, 429),
    "500 in the middle": (ANYTHING, 500),
    "a hang in the middle": (ANYTHING, None),
    "gone in the middle of an upload": (uploading, "gone"),
    "a hang in the middle of an upload": (uploading, None),
    "500 for each artifact": (in_graphql("CreateArtifact", "CommitArtifact"), 500),
    "a hang at each alert": (in_graphql("NotifyScriptableRunAlert"), None),
}


@pytest.mark.long
@pytest.mark.fault
@pytest.mark.parametrize("fails, status", FAULTS.values(), ids=FAULTS)
def test_a_server_that_fails_in_the_middle_loses_nothing_here(tmp_path, fails, status):
    with serving(Server(fails, status)) as address:
        done = run(tmp_path, *OWN, **address)
        ended = time.time()
    assert done.returncode == 0, done.stderr
    summary = json.loads((tmp_path / "run" / "summary.json").read_text())
    assert (summary["status"], summary["epoch"]) == ("finished", 2)
    assert list((tmp_path / "outputs" / "wandb").glob("*run-*/*.wandb"))
    # W&B's own wait for the end of an upload, see FINISH_TIMEOUT, and the end of the process
    assert ended - (tmp_path / "run" / "summary.json").stat().st_mtime < 15 + 8


@pytest.mark.long
def test_the_end_of_a_sweep_is_told_of_its_best_run(tmp_path):
    server = Server()
    with serving(server) as address:
        sweep = ["-m", "decoder=bernoulli", "seed=0,1", "hydra.sweep.dir=sweep"]
        done = run(tmp_path, *sweep, **address)
    assert done.returncode == 0, done.stderr
    (alert,) = [a for a in server.named("NotifyScriptableRunAlert") if a["title"] == "Sweep ended"]
    files = [tmp_path / "sweep" / str(job) / "summary.json" for job in (0, 1)]
    best = max((json.loads(f.read_text()) for f in files), key=lambda s: s["val/best_elbo"])
    assert alert["runName"] == best["wandb/run"].split("/")[-1]
    assert f"test ELBO {best['test/elbo']:.3f}" in alert["text"]
    assert [server.stream(run)["exit_code"] for run in server.runs] == [0, 0]


@pytest.mark.long
@pytest.mark.parametrize("alerts", ["true", "false"])
def test_the_end_of_a_search_is_told_of_its_best_run(tmp_path, alerts):
    pytest.importorskip("optuna")
    server = Server()
    words = ["--folder", "found", "--trials", "2", "z_dim=range(2,9)", "decoder=bernoulli"]
    with serving(server) as address:
        words += [f"wandb.alerts={alerts}", *QUICK, "plots.names=[]"]
        done = run(tmp_path, *words, module="search", **address)
        assert (done.returncode, done.stderr) == (0, "")
        again = run(tmp_path, *words, module="search", **address)
        assert again.returncode == 0, again.stderr
    told = [a for a in server.named("NotifyScriptableRunAlert") if a["title"] == "Search ended"]
    assert len(told) == (alerts == "true")
    files = [tmp_path / "found" / str(trial) / "summary.json" for trial in (0, 1)]
    best = max((json.loads(f.read_text()) for f in files), key=lambda s: s["val/best_elbo"])
    for alert in told:
        assert alert["runName"] == best["wandb/run"].split("/")[-1]
        assert alert["text"].startswith("2 of 2 trials finished. The best is trial ")
        assert f"test ELBO {best['test/elbo']:.3f}" in alert["text"]
    assert [server.stream(run)["exit_code"] for run in server.runs] == [0, 0]
