"""As much of W&B's server as a saved view, a report and the agent of a sweep need."""

import contextlib
import gzip
import http.server
import json
import re
import threading

KEY = "a" * 40


class WandbServer:
    """What it was asked, and what it answers.

    Args:
        status: an HTTP status for every answer; 0: never answer.
        sweep: the configuration of W&B's sweep, as text.
        commands: what an agent is told at each heartbeat, given the states of its runs.
    """

    def __init__(self, status=200, sweep="", commands=lambda states: []):
        self.status, self.sweep, self.commands = status, sweep, commands
        self.operations = []  # (name, variables) of GraphQL
        self.views = {}  # by id
        self.over = threading.Event()

    def named(self, operation):
        """The variables of each operation of that name."""
        return [variables for name, variables in self.operations if name == operation]

    def answer(self, name, given):
        if name == "View":
            found = [
                view
                for view in self.views.values()
                if (view["project"], view["name"]) == (given["name"], given["viewName"])
            ]
            return {"project": {"allViews": {"edges": [{"node": view} for view in found]}}}
        if name in ("UpsertView2", "upsertView"):
            id = given.get("id") or f"view{len(self.views)}"
            view = {"id": id, "project": given["projectName"]} | given | {"id": id}
            self.views[id] = view
            project = {"id": "p", "name": given["projectName"], "entityName": given["entityName"]}
            return {"upsertView": {"view": view | {"project": project}, "inserted": True}}
        if name == "GetProjects":
            page = {"__typename": "PageInfo", "endCursor": None, "hasNextPage": False}
            node = {"__typename": "Project", "id": "p", "name": "vae_exp", "entityName": "me"}
            node |= {"createdAt": "2026-01-01T00:00:00", "isBenchmark": False, "user": None}
            return {"models": {"pageInfo": page, "edges": [{"node": node}]}}
        if name == "SweepWithRuns":
            sweep = {"id": "s", "name": "abc", "config": self.sweep, "runs": {"edges": []}}
            return {"project": {"sweep": sweep}}
        if name == "CreateAgent":
            return {"createAgent": {"agent": {"id": "agent"}}}
        if name == "Heartbeat":
            commands = json.dumps(self.commands(json.loads(given["runState"])))
            return {"agentHeartbeat": {"agent": {"id": "agent"}, "commands": commands}}
        viewer = {"id": "1", "entity": "me", "username": "me", "flags": "{}"}
        return {"viewer": viewer, "serverInfo": {"cliVersionInfo": {}, "features": []}}


@contextlib.contextmanager
def serving(server):
    """Run it while the context lasts; ``environment`` has the variables of a client."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            data = {}
            if "graphql" in self.path:
                if server.status == 0:
                    server.over.wait()
                    return
                request = json.loads(body)
                name = re.search(r"(?:query|mutation)\s+(\w+)", request["query"])[1]
                variables = request.get("variables") or {}
                server.operations.append((name, variables))
                data = {"data": server.answer(name, variables)}
            if server.status != 200:
                self.send_error(server.status)
                return
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(data).encode())

        do_GET = do_PUT = do_POST

        def log_message(self, *args):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        threading.Thread(target=listening.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{listening.server_address[1]}"
        server.environment = {"WANDB_BASE_URL": address, "WANDB_API_KEY": KEY}
        yield server
        server.over.set()
        listening.shutdown()
