"""``python -m vae_exp.workspace`` without a server: what is on the page, and what is refused."""

import json
import re

import pytest

from tests.comparison.conftest import DENSITY, make_run
from tests.dashboard.conftest import multirun

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:wandb_workspaces")


def view(path):
    return json.loads(path.read_text())


def panels(section):
    return [
        (panel["viewType"], panel["config"].get("chartTitle"), panel["config"])
        for panel in section["panels"]
    ]


@pytest.fixture(scope="module")
def page(sweep):
    """The saved view of that sweep, as JSON."""
    from vae_exp.dashboard.document import view_document
    from vae_exp.dashboard.scope import scope
    from vae_exp.dashboard.sections import sections

    shown = scope(None, None, [str(sweep)], [])
    return json.loads(view_document(shown, sections(shown.columns)).json)


def test_without_credentials_one_line_says_so_and_the_json_is_there(command, sweep, tmp_path):
    code, out, err = command("--sweep", sweep)
    assert (code, err) == (0, "")
    last = out.splitlines()[-1]
    assert last.startswith("no W&B credentials") and last.endswith("written to workspace.json")
    assert view(tmp_path / "work" / "workspace.json")["displayName"].startswith("vae_exp: ")


def test_the_page_shows_the_runs_of_the_sweep_by_job_type_and_by_log_likelihood(page):
    (runs,) = page["spec"]["section"]["runSets"]
    (shown,) = runs["filters"]["filters"]
    assert (shown["key"], shown["op"]) == ({"section": "run", "name": "group"}, "IN")
    assert shown["value"] == ["2026-01-31/12-00-00"]  # what it was begun as
    assert runs["grouping"] == [{"section": "run", "name": "jobType"}]
    (order,) = runs["sort"]["keys"]
    assert (order["key"]["name"], order["ascending"]) == ("test/log_likelihood", False)
    columns = runs["runFeed"]["columnOrder"]
    assert columns[:4] == [
        "run:displayName",
        "run:state",
        "config:settings.value.objective.beta",
        "config:seed.value",
    ]
    assert page["entity"] == "" and page["project"] == "vae_exp"


def test_curves_have_the_spread_over_seeds_and_bars_their_standard_error(page):
    sections = page["spec"]["section"]["panelBankConfig"]["sections"]
    found = [panel for section in sections for panel in panels(section)]
    lines = [config for kind, _, config in found if kind == "Run History Line Plot"]
    bars = [config for kind, _, config in found if kind == "Bar Chart"]
    assert {c["xAxis"] for c in lines} == {"step"}
    for config, area in [(c, "stddev") for c in lines] + [(c, "stderr") for c in bars]:
        assert (config["groupBy"], config["groupAgg"]) == ("jobType", "mean")
        assert config["groupArea"] == area
    assert ["test/log_likelihood"] in [c["metrics"] for c in bars]
    assert {"train/elbo", "val/elbo", "val/kl"} <= {m for c in lines for m in c["metrics"]}


def test_the_axes_are_what_was_swept(page):
    sections = page["spec"]["section"]["panelBankConfig"]["sections"]
    found = {kind: config for section in sections for kind, _, config in panels(section)}
    axes = found["Parallel Coordinates Plot"]["columns"]
    assert axes[0] == {
        "accessor": "config:settings.value.objective.beta",
        "displayName": "objective.beta",
        "log": True,  # 0.5 to 4
    }
    scatter = found["Scatter Plot"]
    assert (scatter["xAxis"], scatter["yAxis"]) == (
        "summary:test/kl",
        "summary:test/reconstruction_loss",
    )
    assert scatter["zAxis"] == "config:settings.value.objective.beta"
    assert scatter["zAxisLogScale"] is True


def test_every_number_and_picture_of_the_page_is_one_that_a_run_logs(page, trained):
    sections = page["spec"]["section"]["panelBankConfig"]["sections"]
    text = json.dumps([section["panels"] for section in sections])
    records = [json.loads(line) for line in (trained / "metrics.jsonl").read_text().splitlines()]
    summary = json.loads((trained / "summary.json").read_text())
    logged = set(summary).union(*records)
    # but for what a short run without classifiers has not
    named = set(re.findall(r"(?:train|val|test|time|selected)/\w+", text))
    assert len(named) > 10 and named <= logged
    pictures = set(re.findall(r"pictures/(\w+)", text))
    assert pictures <= {path.stem for path in (trained / "plots").glob("*.png")}
    table = page["spec"]["section"]["runSets"][0]["runFeed"]["columnOrder"]
    assert {c.removeprefix("summary:") for c in table if c.startswith("summary:")} <= logged


def test_the_view_goes_through_wandbs_model_and_back_unchanged(command, sweep, tmp_path):
    from wandb_workspaces.workspaces import Workspace
    from wandb_workspaces.workspaces.internal import View

    from vae_exp.dashboard.view import as_json

    for arguments in (["--sweep", sweep], ["mine", "--keys", "decoder,objective.beta"]):
        assert command(*arguments, "--out", "a.json")[0] == 0
        text = (tmp_path / "work" / "a.json").read_text()
        back = Workspace._from_model(View.model_validate_json(text))
        assert as_json(back._to_model()) == text
        command(*arguments, "--out", "b.json")
        assert (tmp_path / "work" / "b.json").read_text() == text  # the same each time


def comparable(report):
    """Without what W&B's library leaves behind in reading: its width, where tables are."""
    report = json.loads(report)
    del report["spec"]["width"]
    for block in report["spec"]["blocks"]:
        for panel in block.get("metadata", {}).get("panelBankSectionConfig", {}).get("panels", []):
            if panel["viewType"] == "Weave":
                del panel["layout"]
    return report


def test_the_report_says_what_came_of_the_sweep_and_goes_through_wandbs_model(
    command, sweep, tmp_path
):
    from wandb_workspaces.reports.v2.interface import Report
    from wandb_workspaces.reports.v2.internal import ReportViewspec

    from vae_exp.dashboard.sweep_report import as_json

    code, out, err = command("--sweep", sweep, "--report")
    assert (code, err) == (0, "") and out.endswith("written to report.json\n")
    text = (tmp_path / "work" / "report.json").read_text()
    back = Report._from_model(ReportViewspec.model_validate_json(text))
    assert comparable(as_json(back)) == comparable(text)
    said = json.loads(text)["spec"]["blocks"]
    told = [c["text"] for b in said if b["type"] == "paragraph" for c in b["children"]]
    assert "4 runs of 2 configurations, which differ in objective.beta." in told
    assert any("objective.beta=0.5, val/selected_elbo -91.50" in line for line in told)
    (table,) = [b["content"] for b in said if b["type"] == "markdown-block"]
    assert table.startswith("| objective.beta | n | val/selected_elbo | behind the first |")
    assert table.splitlines()[2].startswith("| 0.5 | 2 | -91.500 ± 0.000 |  | -91.00 ± 0.50 |")


def test_the_list_has_every_panel_with_what_it_answers(command, sweep, page, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    _, out, _ = command("--sweep", sweep, "--out", "page.json")
    titles = [line.partition("  ")[0] for line in out.splitlines()]
    for section in page["spec"]["section"]["panelBankConfig"]["sections"]:
        assert any(line.endswith(section["name"]) for line in out.splitlines())
        for kind, title, config in panels(section):
            if kind != "Weave":  # W&B calls it after its key
                assert (title or config["stringSettings"]["title"]) in titles
    assert "Which configuration gives unseen data the most probability" in out


def test_out_to_standard_output_is_json_and_nothing_else(command, sweep):
    code, out, err = command("--sweep", sweep, "--out", "-")
    assert code == 0 and json.loads(out)["project"] == "vae_exp"
    assert err.strip().endswith("not sent, but written to standard output")


def test_of_a_search_and_of_wandbs_sweep_the_runs_are_found(command, tmp_path):
    make_run(tmp_path / "search" / "mine" / "0", "decoder=bernoulli")
    (tmp_path / "search" / "mine" / "study.db").touch()
    make_run(tmp_path / "wandb_sweeps" / "ab'c" / "run", "decoder=laplace", summary=DENSITY)
    own = {"wandb.group": "a=b \\> c<d"}
    make_run(tmp_path / "grouped" / "0", "decoder=bernoulli", changes=own)
    folders = [tmp_path / "search", tmp_path / "wandb_sweeps", tmp_path / "grouped"]
    words = [word for folder in folders for word in ("--sweep", folder)]
    code, _, err = command(*words, "--out", "page.json")
    assert (code, err) == (0, "")
    (runs,) = view(tmp_path / "work" / "page.json")["spec"]["section"]["runSets"]
    first, other = runs["filters"]["filters"]
    assert (first["key"]["name"], first["value"]) == ("group", ["search/mine", "a=b \\> c<d"])
    assert (other["key"]["name"], other["value"]) == ("sweep", ["ab'c"])
    assert other["connector"] == "OR"
    assert "config:decoder.value" in runs["runFeed"]["columnOrder"]


def test_a_page_of_a_project_leaves_out_what_only_used_a_model(command, tmp_path):
    code, _, err = command("--keys", "decoder", "--out", "page.json")
    assert (code, err) == (0, "")
    (runs,) = view(tmp_path / "work" / "page.json")["spec"]["section"]["runSets"]
    (shown,) = runs["filters"]["filters"]
    assert (shown["key"]["name"], shown["op"]) == ("jobType", "NIN")
    assert {"evaluate", "score", "sample"} <= set(shown["value"])


@pytest.mark.bad_input
@pytest.mark.parametrize(
    "arguments, told",
    [
        (["--report"], "--report: expected the folder of a sweep in --sweep, got none"),
        (["--sweep", "nowhere"], "nowhere: expected a run's folder or one that holds runs"),
        (["--keys", "decodr"], "--keys: expected a group or a key, got decodr; did you mean dec"),
        (
            ["--keys", "objective.betaa"],
            "--keys: expected a group or a key, got objective.betaa; did",
        ),
        (["--keys", ","], "--keys: expected names with commas between, got ','"),
        (["--entity", ""], "--entity: expected a value, got nothing"),
        (["--out", "no/such/page.json"], "--out: expected a file to write to, got no/such/page"),
        (["team/mine"], "project: expected its name, got team/mine; the entity goes to --entity"),
        ([""], "project: expected its name, got nothing"),
        (["a", "b"], "unrecognized arguments: b"),
        (["--sweeps", "x"], "unrecognized arguments: --sweeps"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(command, arguments, told):
    code, out, err = command(*arguments)
    assert code == 2
    assert err.startswith(f"vae_exp: {told}") and len(err.splitlines()) == 1
    assert out == ""


@pytest.mark.bad_input
def test_runs_of_their_own_or_of_two_projects_are_no_sweep(command, sweep, tmp_path):
    alone = make_run(tmp_path / "alone", "decoder=bernoulli")
    code, _, err = command("--sweep", alone)
    assert code == 2 and "expected the folder of a sweep" in err and "a run of its own" in err
    other = make_run(tmp_path / "other" / "0", changes={"wandb.project": "other"}).parent
    (other / "multirun.yaml").write_text(multirun("/a/b/c"))
    both = ["--sweep", sweep, "--sweep", other]
    code, _, err = command(*both)
    assert code == 2
    assert "--sweep: expected runs of one project, got other, vae_exp; name the one" in err
    assert command("mine", *both)[0] == 0
