"""``python -m vae_exp.compare``: the table, CSV and JSON, and wrong command lines."""

import csv
import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy
import pytest
from scipy import stats

from tests.comparison.conftest import DENSITY, MASS, curve, make_run
from tests.conftest import one_in

NAMES = ["test/log_likelihood", "test/elbo", "test/reconstruction_loss", "test/kl"]
NAMES += ["test/active_units"]


@pytest.fixture
def sweep(tmp_path):
    """Two likelihoods × two sizes × three seeds, and a run that failed."""
    rng = numpy.random.default_rng(0)
    job = 0
    for decoder, kind in (("gaussian", DENSITY), ("bernoulli", MASS)):
        for z_dim in (5, 20):
            for seed in range(3):
                values = dict(zip(NAMES, rng.normal(-90, 5, 5).tolist()))
                overrides = [f"decoder={decoder}", f"z_dim={z_dim}", f"seed={seed}"]
                summary = {**kind, **values, "test/kl_per_latent": [1.0], "versions": {"a": "1"}}
                make_run(tmp_path / "sweep" / str(job), *overrides, summary=summary)
                job += 1
    make_run(tmp_path / "sweep" / str(job), "z_dim=7", summary={"status": "failed"})
    return tmp_path / "sweep"


def summaries(folders):
    return [json.loads(Path(folder, "summary.json").read_text()) for folder in folders]


def test_the_table_has_blocks_reasons_and_notes(sweep, command):
    code, out, err = command("sweep")
    assert (code, err) == (0, "")
    assert "a density and a probability mass are not comparable" in out
    assert "digits · density · 128 importance samples" in out
    assert "digits, dynamic binarisation · probability mass" in out
    assert "all with decoder=bernoulli" in out
    assert re.search(r"^  failed  sweep/12  decoder=gaussian z_dim=7 seed=0$", out, re.M), out
    assert "± is the standard error: over the n seeds" in out
    assert "behind the first" in out
    assert out.count("  ≈ ") == 2
    assert "≈: not told apart from the first: paired over 3 seeds, Student's t, 95 %\n" in out
    assert "compare.html: the page" in out
    values = [s["test/elbo"] for s in summaries(f"sweep/{job}" for job in range(3))]
    stderr = numpy.std(values, ddof=1) / 3**0.5
    decimals = 2 if stderr < 0.995 else 1
    assert f"{numpy.mean(values):.{decimals}f} ± {stderr:.{decimals}f}" in out


@pytest.mark.parametrize("width", one_in(3, [40, 60, 80, 100, 160]))
def test_no_number_is_cut_at_any_width(sweep, command, monkeypatch, width):
    monkeypatch.setenv("COLUMNS", str(width))
    _, out, _ = command("sweep", "--html", "none")
    assert "…" not in out
    tables = [line for line in out.splitlines() if " ± " in line and "standard" not in line]
    assert len(tables) == 4
    if width >= 80:
        assert max(map(len, tables)) <= width
    assert ("no room for" in out) == (width <= 80)
    assert not (sweep.parent / "compare.html").exists()


def test_csv_agrees_with_the_summaries(sweep, command):
    code, out, err = command("sweep", "--csv", "-")
    assert (code, err) == (0, "")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert len(rows) == 5
    for row in rows[:4]:
        runs = summaries(row["folders"].split(";"))
        assert (row["runs"], row["seeds"], row["stderr_over"]) == ("3", "0 1 2", "seeds")
        for name in ("test/log_likelihood", "test/elbo"):
            values = [run[name] for run in runs]
            assert float(row[f"{name} mean"]) == pytest.approx(numpy.mean(values), rel=1e-12)
            stderr = numpy.std(values, ddof=1) / 3**0.5
            assert float(row[f"{name} stderr"]) == pytest.approx(stderr, rel=1e-12)
            assert row[f"{name} n"] == "3"
        assert ("density" in row["block"]) == (row["decoder"] == "gaussian")
    for first, second in (rows[:2], rows[2:4]):
        assert [value for name, value in first.items() if name.startswith("behind_first")] == [
            ""
        ] * 4
        pairs = [
            [run["test/log_likelihood"] for run in summaries(row["folders"].split(";"))]
            for row in (first, second)
        ]
        test = stats.ttest_rel(*pairs)
        mean = float(first["test/log_likelihood mean"]) - float(second["test/log_likelihood mean"])
        assert float(second["behind_first mean"]) == pytest.approx(mean)
        assert float(second["behind_first stderr"]) == pytest.approx(mean / test.statistic)
        assert float(second["behind_first p_holm"]) == pytest.approx(test.pvalue)
        assert second["behind_first paired_seeds"] == "3"
    ranked = [float(row["test/log_likelihood mean"]) for row in rows[:4]]
    assert ranked[0] > ranked[1] and ranked[2] > ranked[3]
    assert (rows[4]["status"], rows[4]["block"], rows[4]["z_dim"]) == ("failed", "", "7")
    assert rows[4]["test/elbo mean"] == ""


def test_json_agrees_with_the_summaries(sweep, command):
    code, out, err = command("sweep", "--json", "-", "--sort", "elbo", "--metrics", "elbo")
    assert (code, err) == (0, "")
    read = json.loads(out, parse_constant=pytest.fail)
    assert read["sorted_by"] == "test/elbo"
    assert read["differences"] == ["decoder", "z_dim"]
    rows = [row for block in read["blocks"] for row in block["rows"]]
    assert len(rows) == 4
    for row in rows:
        assert [run["summary"] for run in row["runs"]] == summaries(
            run["folder"] for run in row["runs"]
        )
        values = [run["summary"]["test/elbo"] for run in row["runs"]]
        assert list(row["metrics"]) == ["test/elbo"]
        assert row["metrics"]["test/elbo"]["mean"] == pytest.approx(numpy.mean(values), rel=1e-12)
        assert row["configuration"].keys() == {"decoder", "z_dim"}
    for first, second in (rows[:2], rows[2:]):
        assert first["behind_first"] is None
        names = ["mean", "stderr", "p", "paired_seeds", "pairs", "told_apart"]
        assert list(second["behind_first"]) == names
        assert second["behind_first"]["told_apart"] == (second["behind_first"]["p"] < 0.05)
    assert [row["runs"][0]["status"] for row in read["not_ranked"]] == ["failed"]


def test_not_finite_numbers_are_null_in_json_and_said_in_the_table(tmp_path, command):
    summary = json.dumps({**DENSITY, "test/elbo": float("nan"), "test/kl": float("inf")})
    make_run(tmp_path / "a", summary=summary)
    _, out, _ = command("a", "--json", "-")
    [row] = json.loads(out, parse_constant=pytest.fail)["blocks"][0]["rows"]
    assert row["metrics"]["test/elbo"]["mean"] is None
    _, out, _ = command("a")
    assert out.splitlines()[4].split()[-2:] == ["nan", "inf"]


def test_whole_numbers_beyond_any_float_are_infinite(tmp_path, command):
    make_run(tmp_path / "a", summary={**DENSITY, "test/kl": 10**400, "test/elbo": -(10**400)})
    code, out, err = command("a", "--csv", "-", "--metrics", "kl,elbo")
    assert (code, err) == (0, "")
    (row,) = csv.DictReader(io.StringIO(out))
    assert (row["test/kl mean"], row["test/elbo mean"]) == ("inf", "-inf")


def test_files_replace_others_in_one_move_and_devices_not_at_all(sweep, command):
    (sweep.parent / "out.csv").write_text("before")
    assert command("sweep", "--csv", "out.csv", "--json", "out.json", "--html", "/dev/null")[0] == 0
    assert (sweep.parent / "out.csv").read_text().startswith("block,status,runs,")
    assert json.loads((sweep.parent / "out.json").read_text())["folders"] == ["sweep"]
    assert os.path.exists("/dev/null") and not os.path.isfile("/dev/null")
    assert sorted(path.name for path in sweep.parent.iterdir()) == ["out.csv", "out.json", "sweep"]


def test_killed_runs_and_lines_cut_short_are_no_obstacle(tmp_path, command):
    lines = "".join(json.dumps(record) + "\n" for record in curve())
    make_run(tmp_path / "runs" / "0", summary=None, metrics=lines[:-9])
    make_run(tmp_path / "runs" / "1", summary=None, metrics="")
    make_run(tmp_path / "runs" / "2", summary={"status": "preempted"})
    code, out, err = command("runs")
    assert (code, err) == (0, "")
    assert out.count("unfinished") == 2 and "preempted" in out
    assert "python -m vae_exp.run resume=runs/0 goes on" in out
    make_run(tmp_path / "runs" / "3")
    assert command("runs")[0] == 0


def test_names_cannot_steer_the_terminal(tmp_path, command):
    evil = "\x1b[31mred\x07 [bold]x[/bold]"
    summary = {**DENSITY, "status": "\x1b]0;title\x07", "likelihood": "\x1b[2J"}
    make_run(tmp_path / evil, summary=summary, changes={"data.extra": evil})
    make_run(tmp_path / "b", changes={"data.extra": "[/]"})
    code, out, err = command(".")
    assert code == 0, err
    assert "\x1b" not in out and "\x07" not in out
    assert "[bold]x[/bold]" in out


def test_a_summary_from_before_a_metric_is_as_good(tmp_path, command):
    make_run(tmp_path / "a", summary={"status": "finished", "test/elbo": -3})
    code, out, _ = command("a", "--html", "none")
    assert code == 0 and "best first by test/elbo" in out


def broken(tmp_path):
    """A folder for everything that can be wrong with one."""
    make_run(tmp_path / "good")
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("x")
    for name, text in {"cut": "{", "list": "[]", "deep": "[" * 100_000, "nothing": ""}.items():
        make_run(tmp_path / name, summary=text)
    make_run(tmp_path / "latin") / "summary.json"
    (tmp_path / "latin" / "summary.json").write_bytes(b'{"status": "\xff"}')
    make_run(tmp_path / "lines", metrics='{"step": 1}\n{"step\n{"step": 3}\n')
    make_run(tmp_path / "numbers", metrics="1\n2\n")
    make_run(tmp_path / "binary")
    (tmp_path / "binary" / "metrics.jsonl").write_bytes(b"\xff\xfe\n" * 3)
    for name, file in {"config": "config.yaml", "choices": "hydra.yaml"}.items():
        make_run(tmp_path / f"{name}_bad")
        (tmp_path / f"{name}_bad" / ".hydra" / file).write_text("a: [")
        make_run(tmp_path / f"{name}_list")
        (tmp_path / f"{name}_list" / ".hydra" / file).write_text("- 1")
        make_run(tmp_path / f"{name}_gone")
        (tmp_path / f"{name}_gone" / ".hydra" / file).unlink()
    (tmp_path / "choices_list" / ".hydra" / "hydra.yaml").write_text("hydra: {runtime: 3}")
    make_run(tmp_path / "bare", summary=None, metrics="")


WRONG = {
    "": "required: folders",
    "--sort elbo": "required: folders",
    "good --nothing": "unrecognized arguments: --nothing",
    "good --sort": "--sort: expected one argument",
    "nowhere": "nowhere: expected .* found no such folder",
    "good nowhere": "nowhere: expected",
    "empty": "empty: expected .* found none there",
    "file": "file: expected",
    "good --sort elbow": "--sort: expected a metric .*, got elbow; did you mean test/elbo",
    "good --sort zzz": "--sort: expected .* got zzz; they have test/log_likelihood",
    "good --sort test/versions": "--sort: expected",
    "good --metrics elbo,log_likelihod": "--metrics: .* did you mean test/log_likelihood",
    "good --metrics ,": "--metrics: expected names with commas between",
    "bare --sort elbo": "--sort: expected a metric, got elbo, but no run here has any",
    "good --csv /proc/x/y.csv": "--csv: expected a file to write to, got /proc/x/y.csv: No such",
    "good --json empty": "--json: expected a file to write to, got empty: Is a directory",
    "good --html file/x": "--html: expected a file to write to, got file/x",
    "good --csv - --json -": "--json: expected another file than for --csv",
    "good --csv x --html ./x": "--html: expected another file than for --csv",
    "good --json good/summary.json": "--json: expected another file than those of a run, got good",
    "good --html ./good/.hydra/config.yaml": "--html: expected another file than those of a run",
    "good --csv bare/metrics.jsonl": "--csv: expected another file than those of a run, got bare",
    "good --html=": "--html: expected the name of a file",
    "cut": "cut/summary.json: expected JSON",
    "nothing": "nothing/summary.json: expected JSON",
    "list": "list/summary.json: expected an object, got list",
    "deep": "deep/summary.json: expected JSON",
    "latin": "latin/summary.json: expected JSON",
    "lines": "lines/metrics.jsonl: expected JSON in line 2",
    "numbers": "numbers/metrics.jsonl: expected a JSON object in line 1",
    "binary": "binary/metrics.jsonl: expected lines of JSON",
    "config_bad": "config_bad/.hydra/config.yaml: expected YAML",
    "config_list": "config_list/.hydra/config.yaml: expected a mapping",
    "config_gone": "config_gone: expected the folder of a run",
    "choices_bad": "choices_bad/.hydra/hydra.yaml: expected YAML",
    "choices_list": "choices_list/.hydra/hydra.yaml: expected hydra.runtime.choices",
    "choices_gone": "choices_gone/.hydra/hydra.yaml: expected YAML",
}


@pytest.mark.bad_input
@pytest.mark.parametrize("arguments", one_in(2, WRONG))
def test_bad_input_is_one_line_and_exit_code_2(tmp_path, command, arguments):
    broken(tmp_path)
    code, out, err = command(*arguments.split())
    assert code == 2, out
    assert err.count("\n") == 1, err
    assert err.startswith("vae_exp: ")
    assert re.search(WRONG[arguments], err), err
    assert "Traceback" not in out + err
    assert not list(tmp_path.glob("*.tmp")) + list(tmp_path.glob(".*.tmp"))


def test_full_traceback_on_request(tmp_path, command, monkeypatch):
    monkeypatch.setenv("HYDRA_FULL_ERROR", "1")
    monkeypatch.delenv("VAE_EXP_ONE_LINE", raising=False)
    assert "Traceback" in command("nowhere")[2]


def test_neither_torch_nor_wandb_is_imported(tmp_path):
    make_run(tmp_path / "a", pictures={"samples.png": b"\x89PNG\r\n\x1a\n"})
    program = (
        "import sys; from vae_exp.compare import main; main(); "
        "print({'torch', 'wandb', 'numpy'} & set(sys.modules))"
    )
    command = [sys.executable, "-W", "error", "-c", program, "a"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("set()\n")


def test_a_reader_that_has_seen_enough_is_no_error(sweep):
    command = f"{sys.executable} -m vae_exp.compare sweep --csv - --html none | true"
    done = subprocess.run(command, shell=True, cwd=sweep.parent, capture_output=True, text=True)
    assert done.stderr == ""
