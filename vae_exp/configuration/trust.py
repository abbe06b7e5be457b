"""What a stranger's configuration may name: building it must run nothing else.

A list of names and no rule: a module that is harmless today may have a class tomorrow that is not.
"""

import functools
import inspect
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from vae_exp.configuration.compose import conf_dir

# of torch.nn, what networks are made of. Not among them: what runs a function that it is given,
# what is built later than it is named, quantisation, losses, and what makes large tensors of small
# ones (upsampling, padding, unfolding)
LAYERS = """
    Identity Linear Bilinear Embedding Flatten Unflatten Sequential
    Conv1d Conv2d Conv3d ConvTranspose1d ConvTranspose2d ConvTranspose3d
    AvgPool1d AvgPool2d AvgPool3d MaxPool1d MaxPool2d MaxPool3d
    AdaptiveAvgPool1d AdaptiveAvgPool2d AdaptiveMaxPool1d AdaptiveMaxPool2d
    BatchNorm1d BatchNorm2d BatchNorm3d LayerNorm GroupNorm RMSNorm
    InstanceNorm1d InstanceNorm2d InstanceNorm3d
    Dropout Dropout1d Dropout2d Dropout3d AlphaDropout
    RNN GRU LSTM
    CELU ELU GELU GLU Hardshrink Hardsigmoid Hardswish Hardtanh LeakyReLU LogSigmoid LogSoftmax Mish
    PReLU RReLU ReLU ReLU6 SELU SiLU Sigmoid Softmax Softplus Softshrink Softsign Tanh Tanhshrink
"""
# those that need no closure
OPTIMIZERS = "ASGD Adadelta Adafactor Adagrad Adam AdamW Adamax Muon NAdam RAdam RMSprop Rprop SGD"
# those that take numbers and no functions
SCHEDULERS = """
    ConstantLR CosineAnnealingLR CosineAnnealingWarmRestarts ExponentialLR LinearLR MultiStepLR
    OneCycleLR PolynomialLR StepLR
"""
OF_TORCH = {
    f"{module}.{name}": group
    for module, group, names in (
        ("torch.nn", "network", LAYERS),
        ("torch.optim", "optimizer", OPTIMIZERS),
        ("torch.optim.lr_scheduler", "scheduler", SCHEDULERS),
    )
    for name in names.split()
}
# groups whose options have their place in one section alone, and that section takes no others;
# all else is a part of the model, whose size is known before it is built
SECTIONS = {
    **{group: group for group in ("data", "trainer", "evaluation", "plots", "wandb")},
    "optimizer": "optimizer",
    "scheduler": "scheduler",
    "experiment": "reproduces",
}
DATA = "vae_exp.data."


@functools.cache
def own_targets() -> dict[str, str]:
    """What the program's own options name, and the group of each."""
    groups = [folder for folder in Path(conf_dir()).glob("*/") if folder.name != "hydra"]
    texts = [(file.read_text("utf-8"), group) for group in groups for file in group.rglob("*.yaml")]
    return {
        name: group.name
        for text, group in texts
        for name in re.findall(r"_target_: +([\w.]+)", text)
    }


class Trust:
    """Which targets may be called, and with which files.

    Args:
        allow: packages, whose code the user trusts as a whole.
        files: files and folders that the user has named, which data may be read from.
    """

    def __init__(self, allow: Sequence[str] = (), files: Sequence[str] = ()):
        self.allow, self.files = tuple(allow), tuple(files)

    def check_name(self, name: Any, key: str) -> None:
        """Raises ValueError where a target is neither an option of ours, a layer, an optimizer or
        a scheduler of torch, nor allowed. Nothing is imported to find out."""
        if isinstance(name, str):
            group = own_targets().get(name) or OF_TORCH.get(name)
            section = key.partition(".")[0]
            of_the_model = group not in SECTIONS and section not in SECTIONS.values()
            if group and (of_the_model or SECTIONS.get(group) == section):
                return
            if any(name.startswith(f"{package}.") for package in self.allow):
                return
        raise ValueError(
            f"{key}: expected a class of the groups of vae_exp, or a layer, an optimizer or a "
            f"scheduler of torch, in its own section, got {name}, which was not run; if you trust "
            "that code, allow its package (allow=[...] in Python, --allow on the command line)"
        )

    def check_found(self, name: str, target: Any, key: str) -> None:
        """Raises ValueError where the way to an allowed package's code leads out of it, as
        ``my_package.os.system`` does."""
        if name in own_targets() or name in OF_TORCH:
            return
        home = f"{getattr(target, '__module__', None)}."
        if not any(home.startswith(f"{package}.") for package in self.allow):
            raise ValueError(
                f"{key}: expected code of {', '.join(self.allow)}, got {name}, which is of "
                f"{home[:-1]} and was not run"
            )

    def check_arguments(
        self,
        target: Any,
        name: str,
        positional: Sequence[Any],
        arguments: Mapping[str, Any],
        key: str,
    ) -> None:
        """See that a data set or a layer reaches nothing with its arguments.

        Raises:
            ValueError: a data set is to read, or to make, what neither the user nor the option's
                own file has named; or a layer is to be on a device of its own, or may be.
        """
        if name.startswith(DATA):
            bound = inspect.signature(target).bind_partial(*positional, **arguments).arguments
            paths = _paths(target)
            for argument in paths:
                given = bound.get(argument)
                # what is read to be kept elsewhere takes room there, so that a user has to want it
                may_be_usual = argument == "cache" or "cache" not in paths
                usual = _usual_paths(name, argument) if may_be_usual else ()
                if given is None or given in (*self.files, *usual):
                    continue
                raise ValueError(
                    f"{key}.{argument}: expected a file or folder that you have named, got {given} "
                    f"from the run's folder, which was not read; if that is meant, add "
                    f"{key}.{argument}={given}"
                )
        if name in OF_TORCH and "device" in arguments:
            raise ValueError(f"{key}.device: expected none, for a run has one device, got one")
        if name in OF_TORCH and positional and name != "torch.nn.Sequential":
            raise ValueError(f"{key}._args_: expected arguments by name, got {positional}")

    def check(self, config: Any, key: str = "") -> None:
        """Look at every ``_target_`` of a configuration of plain values, wherever it hides.

        Raises:
            ValueError: one is not trusted.
        """
        children = config.items() if isinstance(config, dict) else ()
        children = enumerate(config) if isinstance(config, list) else children
        for name, child in children:
            full_key = f"{key}.{name}".lstrip(".")
            if name == "_target_":
                self.check_name(child, full_key)
            self.check(child, full_key)


_trust: ContextVar[Trust | None] = ContextVar("trust", default=None)


def trust() -> Trust | None:
    """Whom the code around trusts: none where everything is the user's own."""
    return _trust.get()


@contextmanager
def trusting(only: Trust) -> Iterator[None]:
    """Whatever is built inside is checked, target by target, at the moment it is called."""
    token = _trust.set(only)
    try:
        yield
    finally:
        _trust.reset(token)


def _paths(target: Any) -> list[str]:
    """The parameters of a data set that are names of files: texts which may be any."""
    parameters = inspect.signature(target).parameters.values()
    return [p.name for p in parameters if p.annotation in (str, str | None, "str", "str | None")]


@functools.cache
def _usual_paths(name: str, argument: str) -> tuple[str, ...]:
    """What the program's own files of this data set have there."""
    files = (Path(conf_dir()) / "data").glob("*.yaml")
    texts = [text for file in files if f"_target_: {name}\n" in (text := file.read_text("utf-8"))]
    paths = [path for text in texts for path in re.findall(rf"^{argument}: +(\S+)", text, re.M)]
    return tuple(path for path in paths if path != "null")
