"""The program in a process of its own that need not import torch anew: a fork of one that has."""

import importlib
import multiprocessing
import os
import subprocess
import sys
import tempfile
from pathlib import Path

SERVER = multiprocessing.get_context("forkserver")
SERVER.set_forkserver_preload(
    [
        *("torch", "vae_exp.run", "vae_exp.runs.job", "vae_exp.cli.report"),
        *("vae_exp.comparison.compare_runs", "vae_exp.data.digits", "vae_exp.plots.samples"),
        *("matplotlib.figure", "PIL.Image", "wandb", "tests.composed"),
    ]
)


class Forked:
    """A process that runs ``vae_exp.<module>`` to its end, with what ``subprocess.Popen`` has.

    Args:
        script: Python to execute in place of the module, which then is its first argument's word.
        environment: all of the variables; those that are read on import alone have no effect.
    """

    def __init__(self, folder, arguments, environment, module="run", script=None):
        self.outputs = [str(Path(tempfile.mkdtemp()) / name) for name in ("out", "err")]
        for name in self.outputs:
            Path(name).touch()  # or there is none where it is ended before it begins
        self.process = SERVER.Process(
            target=_main,
            args=(str(folder), list(arguments), environment, module, script, self.outputs),
            daemon=True,
        )
        self.process.start()
        self.pid = self.process.pid

    @property
    def returncode(self):
        return self.process.exitcode

    def poll(self):
        return self.process.exitcode

    def wait(self, timeout=None):
        self.process.join(timeout)
        if self.returncode is None:
            raise subprocess.TimeoutExpired(self.outputs, timeout)
        return self.returncode

    def communicate(self, timeout=None):
        self.wait(timeout)
        texts = [Path(name).read_text() for name in self.outputs]
        return tuple(texts)

    def send_signal(self, number):
        os.kill(self.pid, number)

    def terminate(self):
        self.process.terminate()

    def kill(self):
        self.process.kill()


def _main(folder, arguments, environment, module, script, outputs):
    os.setsid()  # the head of a group, as start_new_session has it
    multiprocessing.process._parent_process = None  # it is nobody's worker
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    for number, name in enumerate(outputs, start=1):
        os.dup2(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_APPEND), number)
    sys.path.insert(0, folder)
    sys.argv = [f"vae_exp.{module}", *arguments]
    if script is None:
        importlib.import_module(f"vae_exp.{module}").main()
    else:
        exec(script, {"__name__": "__main__"})
