"""Standard streams that are closed, broken or full: the exit code is the run's, and all is said."""

import sys

import pytest

from tests.program import start

QUICK = [
    *("threads=1", "trainer.max_steps=2", "evaluation.importance_samples=2", "plots.names=[]"),
    *("evaluation.probe=false", "network.hidden=[8]"),
]


def shell(folder, command, module="run", arguments=QUICK):
    """Exit code and standard error of a line of bash, in which {} is the program."""
    program = " ".join([sys.executable, "-m", f"vae_exp.{module}", *arguments])
    line = command.format(program) + "; exit ${PIPESTATUS[0]}"
    process = start(folder, command=["bash", "-c", line, "-"])
    out, err = process.communicate(timeout=300)
    return process.returncode, out, err


@pytest.mark.fault
@pytest.mark.parametrize(
    "command",
    [
        "{} <&- >&- 2>&-",
        *(
            pytest.param(c, marks=pytest.mark.long)
            for c in ("{} | head -1", "{} >&-", "{} 2>&-", "{} 2>&1 | true")
        ),
    ],
)
def test_a_run_goes_on_to_its_end_whoever_listens(tmp_path, command):
    code, _, err = shell(tmp_path, command)
    assert (code, err) == (0, "")
    (summary,) = tmp_path.glob("outputs/*/*/summary.json")
    assert '"status": "finished"' in summary.read_text()


@pytest.mark.bad_input
@pytest.mark.parametrize(
    ("command", "refused"),
    [
        ("{} >&- 2>&-", "decoder=nope"),
        *(
            pytest.param(command, refused, marks=pytest.mark.long)
            for command, refused in [
                *(("{} 2>&-", "z_dim=0"), ("{} 2>/dev/full", "z_dim=[")),
                *(("{} >&- 2>&-", "z_dim=0"), ("{} 2>/dev/full", "z_dim=0")),
            ]
        ),
    ],
)
def test_a_refusal_that_no_one_hears_is_one(tmp_path, command, refused):
    code, _, err = shell(tmp_path, command, arguments=[*QUICK, refused])
    assert (code, err) == (2, "")


@pytest.mark.fault
@pytest.mark.parametrize(
    ("module", "arguments"),
    [
        *(("run", ["--help"]), ("search", ["--help"])),
        *(
            pytest.param(module, arguments, marks=pytest.mark.long)
            for module, arguments in [
                *(("run", ["--cfg", "job"]), ("run", ["--hydra-help"])),
                *(("sample", ["--help"]), ("reproduce", ["--help"])),
            ]
        ),
    ],
)
def test_head_has_seen_enough(tmp_path, module, arguments):
    code, out, err = shell(tmp_path, "{} | head -1", module, arguments)
    assert (code, out.count("\n"), err) == (0, 1, "")


@pytest.mark.long
@pytest.mark.fault
def test_what_could_not_be_printed_is_told(tmp_path):
    code, _, err = shell(tmp_path, "{} > /dev/full")
    assert code == 1
    told = "vae_exp: standard output: No space left on device; some of it is lost\n"
    assert err == told
