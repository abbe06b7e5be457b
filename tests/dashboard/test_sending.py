"""``python -m vae_exp.workspace`` with a server on this machine, which works or fails."""

import json
import sys

import pytest

from tests.dashboard.wandb_server import WandbServer, serving
from tests.program import run
from tests.program import told as lines

pytest.importorskip("wandb_workspaces")
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:wandb_workspaces")
QUICK = {"WANDB_MODE": "online", "WANDB_X_GRAPHQL_RETRY_WAIT_MIN_SECONDS": "0.1"}


def workspace(folder, sweep, *arguments, **options):
    """Run the command in a process of its own, away from whoever tests."""
    words = ["--sweep", str(sweep), *arguments]
    return run(folder, *words, module="workspace", **QUICK | options)


def test_a_saved_view_is_sent(sweep, tmp_path):
    with serving(WandbServer()) as server:
        code, out, err = workspace(tmp_path, sweep, **server.environment)
    assert (code, err) == (0, "")
    (sent,) = server.named("UpsertView2")
    assert "id" not in sent  # it is new
    assert (sent["entityName"], sent["projectName"]) == ("me", "vae_exp")
    assert sent["type"] == "project-view"
    assert sent["displayName"] == "vae_exp: 2026-01-31/12-00-00"
    section = json.loads(sent["spec"])["section"]
    assert len(section["panelBankConfig"]["sections"]) == 6
    address = f"{server.environment['WANDB_BASE_URL']}/me/vae_exp?nw={sent['name'][3:-2]}"
    assert out.splitlines()[-1] == f"saved view: {address}"
    assert not list(tmp_path.glob("*.json"))


def test_a_report_is_sent(sweep, tmp_path):
    words = ["--report", "--entity", "team"]
    with serving(WandbServer()) as server:
        code, out, err = workspace(tmp_path, sweep, *words, **server.environment)
    assert (code, err) == (0, "")
    (sent,) = server.named("upsertView")
    assert (sent["type"], sent["entityName"]) == ("runs", "team")
    assert "What came of it" in sent["spec"]
    assert out.splitlines()[-1].startswith(f"report: {server.environment['WANDB_BASE_URL']}/team/")


def test_a_view_that_is_there_is_renewed_and_a_project_that_is_not_is_named(monkeypatch):
    from types import SimpleNamespace

    from wandb_workspaces.workspaces import internal

    from vae_exp.dashboard.send import known_id

    view = SimpleNamespace(entity="me", project="mine", name="nw-abc-v")
    asked = []

    def answer(result):
        def get_view_dict(entity, project, name):
            asked.append((entity, project, name))
            if isinstance(result, Exception):
                raise result
            return result

        monkeypatch.setattr(internal, "get_view_dict", get_view_dict)

    answer({"id": "view7"})
    assert known_id(view) == "view7"
    answer(ValueError("Workspace `abc` not found in project `mine`"))
    assert known_id(view) == ""
    answer(ValueError("Project `me/mine` not found.  Do you have access to this project?"))
    with pytest.raises(ValueError, match="project: expected one that W&B has, got me/mine"):
        known_id(view)
    assert set(asked) == {("me", "mine", "abc")}


@pytest.mark.fault
@pytest.mark.parametrize(
    "status, reason",
    [
        (401, "401 Unauthorized"),
        pytest.param(500, "its server fails, or there is none", marks=pytest.mark.long),
        pytest.param(0, "no answer within 2 s", marks=pytest.mark.long),
    ],
)
def test_a_server_that_fails_is_one_line_and_the_json_is_written(status, reason, sweep, tmp_path):
    with serving(WandbServer(status)) as server:
        # a new interpreter, for W&B reads how long to wait when it is imported
        own = {"command": [sys.executable], "WANDB_HTTP_TIMEOUT": "2"} if status == 0 else {}
        code, _, err = workspace(tmp_path, sweep, **server.environment, **own)
    assert code == 1
    expected = f"W&B: {reason}; the saved view is not sent, but written to workspace.json"
    assert lines(err) == err.splitlines() == [f"vae_exp: {expected}"]
    written = json.loads((tmp_path / "workspace.json").read_text())
    assert written["displayName"] == "vae_exp: 2026-01-31/12-00-00"


def test_wandb_mode_offline_asks_no_server(command, sweep, monkeypatch):
    with serving(WandbServer()) as server:
        for name, value in (server.environment | {"WANDB_MODE": "offline"}).items():
            monkeypatch.setenv(name, value)
        code, out, err = command("--sweep", sweep)
    assert (code, err, server.operations) == (0, "", [])
    assert out.splitlines()[-1].startswith("WANDB_MODE is offline; ")


@pytest.mark.fault
def test_what_wandb_raises_becomes_a_few_words(monkeypatch):
    from types import SimpleNamespace

    from wandb.sdk.lib.service.service_connection import WandbApiFailedError

    from vae_exp.dashboard.send import reason

    def raised(message, status=0):
        try:
            answer = SimpleNamespace(http_status=status) if status else None
            raise WandbApiFailedError(message, answer)
        except WandbApiFailedError as error:
            outer = RuntimeError(f"Failed to verify:\n{message}")
            outer.__cause__ = error
            return reason(outer)

    monkeypatch.setenv("WANDB_HTTP_TIMEOUT", "7")
    assert raised("<html>", 403) == "403 Forbidden"
    assert raised("the service process is busy and did not respond in time.") == (
        "no answer within 7 s"
    )
    assert raised("POST giving up after 2 attempt(s)") == "its server fails, or there is none"
    assert reason(ValueError("one\ntwo")) == "one"
    assert reason(KeyError()) == "KeyError"
