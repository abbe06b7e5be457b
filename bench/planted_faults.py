"""Whether the default tests notice faults: ``python -m bench.planted_faults``.

Each fault is planted in a copy of HEAD, and the default tests of one folder, which ought to notice
it, run there. The exit code is 1 where they all pass. Takes some minutes.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
# what it is: the file in vae_exp, some of its text, that text with the fault, the tests
FAULTS = {
    "a wrong constant in a density": (
        "decoder/logistic.py",
        "logsigmoid(-r) - self.scale.log()",
        "logsigmoid(-r) - 1.01 * self.scale.log()",
        "tests/decoder",
    ),
    "a swapped sign of a KL estimator": (
        "kl/monte_carlo.py",
        "return -self.log_ratio(q_z, p_z, z)",
        "return self.log_ratio(q_z, p_z, z)",
        "tests/kl",
    ),
    "the bound without its log K": (
        "objective/iwae.py",
        "log_w.logsumexp(dim) - math.log(log_w.shape[dim])",
        "log_w.logsumexp(dim)",
        "tests/objective",
    ),
    "beta on the whole loss": (
        "objective/elbo.py",
        "return reconstruction_loss + self.beta() * kl_loss",
        "return self.beta() * (reconstruction_loss + kl_loss)",
        "tests/objective",
    ),
    "importance weights without the prior": (
        "importance.py",
        "log_ratios.append(p_z.log_prob(z) - q_z.log_prob(z))",
        "log_ratios.append(-q_z.log_prob(z))",
        "tests/evaluation",
    ),
    "a skipped checksum of a checkpoint": (
        "storage/checkpoint.py",
        "damaged = archive.testzip()",
        "damaged = None",
        "tests/runs",
    ),
    "a lost line of metrics": (
        "storage/run_folder.py",
        "os.truncate(self.metrics, expected)",
        "os.truncate(self.metrics, max(0, expected - 200))",
        "tests/runs",
    ),
    "random numbers that a resumed run does not restore": (
        "experiment.py",
        'set_rng_state(state["generators"], self.data.device)',
        "pass",
        "tests/runs",
    ),
    "a step that is not finite, applied": (
        "training/guarded_optimizer.py",
        "elif not bad:",
        "else:",
        "tests/training",
    ),
    "a stranger's class that is built": (
        "configuration/trust.py",
        "if group and (of_the_model or SECTIONS.get(group) == section):",
        "if True:",
        "tests/runs",
    ),
    "gradients of two processes weighted wrongly": (
        "distributed/data_parallel.py",
        "loss * (world_size() * count / of)",
        "loss * (count / of)",
        "tests/distributed",
    ),
    "a standard error over n instead of n - 1": (
        "comparison/statistics.py",
        "math.sqrt(squares / (n - 1) / n)",
        "math.sqrt(squares / n / n)",
        "tests/comparison",
    ),
    "another exit code": (
        "cli/errors.py",
        "BEFORE_TRAINING = 2",
        "BEFORE_TRAINING = 3",
        "tests/cli",
    ),
}


def noticed(file: str, text: str, fault: str, tests: str) -> bool:
    """Whether these tests fail with the fault, and not for want of tests.

    Raises:
        RuntimeError: the text is not in the file, or the tests do not run.
    """
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["git", "clone", "-q", str(ROOT), folder], check=True)
        path = Path(folder) / "vae_exp" / file
        source = path.read_text()
        if source.count(text) != 1:
            raise RuntimeError(f"{file}: expected once: {text}")
        path.write_text(source.replace(text, fault))
        # the copy's own code goes before an installed one
        environment = {**os.environ, "PYTHONPATH": folder}
        command = [sys.executable, "-m", "pytest", "-x", "-p", "no:cacheprovider", tests]
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
        last_line = done.stdout.splitlines()[-1]
        if " failed" not in last_line and (done.returncode or " passed" not in last_line):
            raise RuntimeError(done.stdout)
        return done.returncode != 0


def main() -> None:
    """Plant each in turn."""
    missed = []
    for name, fault in FAULTS.items():
        found = noticed(*fault)
        missed += [] if found else [name]
        print(f"{'noticed' if found else 'MISSED':8} {name}, by {fault[-1]}", flush=True)
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
