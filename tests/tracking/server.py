"""As much of W&B's server as an online run needs, on this machine; it keeps all that it is told."""

import base64
import contextlib
import gzip
import hashlib
import http.server
import json
import re
import threading


class Server:
    """What a server was told, and how it misbehaves.

    Args:
        fails: whether a request, its path and its body, fails.
        status: what it is answered by then, an HTTP status; none: it never is; gone: neither this
            one nor any other from then on.
    """

    def __init__(self, fails=lambda path, body: False, status=None):
        self.fails, self.status, self.gone = fails, status, False
        self.requests = []  # (path, body) in their order
        self.operations = []  # (name, variables) of GraphQL
        self.files, self.by_checksum = {}, {}  # by path, and by MD5
        self.artifacts = {}  # by ID: what CreateArtifact was given, "entries" once committed
        self.runs = {}  # by name: what UpsertBucket was given
        self.streams = {}  # by the ID of the run: history, console, summary, exit_code
        self.lock = threading.Lock()
        self.over = threading.Event()

    # ... what a test asks

    def stream(self, run=None):
        """What a run, or the first one, has streamed."""
        run = run or next(iter(self.streams))
        empty = {"history": {}, "console": {}, "summary": {}, "exit_code": None}
        return self.streams.setdefault(run, empty)

    def named(self, operation):
        """The variables of each operation of that name."""
        return [variables for name, variables in self.operations if name == operation]

    def config(self, run=None):
        """The configuration of a run, the last that was sent."""
        given = next(iter(self.runs.values())) if run is None else self.runs[run]
        return {k: v["value"] for k, v in json.loads(given["config"]).items()}

    def artifact(self, kind):
        """The artifacts of a type, by name without version."""
        return {a["name"]: a for a in self.artifacts.values() if a["type"] == kind}

    # ... what a test has it know

    def publish(self, name, folder, files):
        """Keep files of a folder as the first version of a model."""
        id, contents = f"artifact-{len(self.artifacts)}", {}
        for file in files:
            body = (folder / file).read_bytes()
            digest = hashlib.md5(body)
            self.by_checksum[digest.hexdigest()] = body
            contents[file] = {"digest": base64.b64encode(digest.digest()).decode()}
            contents[file]["size"] = len(body)
        manifest = {"version": 1, "storagePolicy": "wandb-storage-policy-v1", "contents": contents}
        manifest["storagePolicyConfig"] = {"storageLayout": "V2"}
        self.files[f"manifests/{id}/wandb_manifest.json"] = json.dumps(manifest).encode()
        known = {"id": id, "name": name, "type": "model", "state": "COMMITTED", "digest": "0"}
        self.artifacts[id] = {**known, "metadata": "{}", "aliases": [{"alias": "best"}]}

    # ... what wandb asks

    def answer(self, name, variables):
        handler = getattr(self, f"_{name}", None)
        return handler(variables) if handler else {}

    def _Viewer(self, _):
        return {"viewer": {"id": "1", "entity": "me", "username": "me", "flags": "{}"}}

    def _ServerFeaturesQuery(self, _):
        return {"serverInfo": {"features": []}}

    def _RunResumeStatus(self, given):
        known = self.runs.get(given["name"])
        if known is None:
            return {"model": {"bucket": None}}
        stream = self.stream(given["name"])
        lines = list(stream["history"].values())
        bucket = {
            "name": given["name"],
            "historyLineCount": len(lines),
            "eventsLineCount": 0,
            "logLineCount": len(stream["console"]),
            "historyTail": json.dumps([json.dumps(lines[-1])] if lines else []),
            "eventsTail": "[]",
            "summaryMetrics": json.dumps(stream["summary"]),
            "config": known["config"],
            "tags": known.get("tags") or [],
            "displayName": known.get("displayName"),
            "wandbConfig": json.dumps({"t": 1}),
        }
        return {"model": {"id": "p", "name": "vae_exp", "entity": {"name": "me"}, "bucket": bucket}}

    def _UpsertBucket(self, given):
        run = self.runs.setdefault(given["name"], {})
        run |= {key: value for key, value in given.items() if value is not None}
        project = {"id": "p", "name": "vae_exp", "entity": {"id": "e", "name": "me"}}
        bucket = {"id": "1", "name": given["name"], "displayName": run.get("displayName")}
        bucket |= {
            "project": project,
            "historyLineCount": len(self.stream(given["name"])["history"]),
        }
        return {"upsertBucket": {"bucket": bucket, "inserted": len(run) == len(given)}}

    def _CreateRunFiles(self, given):
        urls = [{"name": f, "uploadUrl": self.url(f"files/{f}")} for f in given["files"]]
        return {"createRunFiles": {"runID": "1", "uploadHeaders": [], "files": urls}}

    def _NotifyScriptableRunAlert(self, _):
        return {"notifyScriptableRunAlert": {"success": True}}

    def _CreateArtifact(self, given):
        id = f"artifact-{len(self.artifacts)}"
        name, kind = given["artifactCollectionName"], given["artifactTypeName"]
        self.artifacts[id] = {"id": id, "name": name, "type": kind, **given, "state": "PENDING"}
        return {"createArtifact": {"artifact": self._stored(id)}}

    def _CreateArtifactManifest(self, given):
        id, name = given["artifactID"], given["name"]
        url = self.url(f"manifests/{id}/{name}") if given["includeUpload"] else None
        file = {"id": "f", "name": name, "displayName": name, "uploadUrl": url, "uploadHeaders": []}
        return {"createArtifactManifest": {"artifactManifest": {"id": id, "file": file}}}

    def _UpdateArtifactManifest(self, given):
        id = given["artifactManifestID"]
        name = "wandb_manifest.json"
        file = {"id": "f", "name": name, "displayName": name, "uploadHeaders": []}
        file["uploadUrl"] = self.url(f"manifests/{id}/{name}")
        return {"updateArtifactManifest": {"artifactManifest": {"id": id, "file": file}}}

    def _CreateArtifactFiles(self, given):
        edges = []
        for spec in given["input"]["artifactFiles"]:
            name = spec["name"]
            url = self.url(f"artifacts/{spec['artifactID']}/{name}")
            node = {"id": name, "name": name, "displayName": name, "uploadUrl": url}
            node |= {"uploadHeaders": [], "storagePath": name, "uploadMultipartUrls": None}
            edges.append({"node": node | {"artifact": {"id": spec["artifactID"]}}})
        return {"createArtifactFiles": {"files": {"edges": edges}}}

    def _CommitArtifact(self, given):
        artifact = self.artifacts[given["artifactID"]]
        artifact["state"] = "COMMITTED"
        return {"commitArtifact": {"artifact": self._stored(artifact["id"])}}

    def _UseArtifact(self, given):
        return {"useArtifact": {"artifact": self._stored(given["artifactID"])}}

    def _GetDefaultEntity(self, _):
        return {"viewer": {"id": "1", "entity": "me"}}

    def _ArtifactMembershipByName(self, given):
        name, _, alias = given["name"].partition(":")
        found = [a for a in self.artifacts.values() if a["name"] == name and self._has(a, alias)]
        if not found:
            return {"project": {"artifactCollectionMembership": None}}
        where = {"id": "p", "internalId": "p", "name": given["project"]}
        where["entity"] = {"name": given["entity"]}
        collection = {"__typename": "ArtifactSequence", "name": name, "project": where}
        artifact = {
            "__typename": "Artifact",
            "id": found[-1]["id"],
            "artifactSequence": collection,
            "versionIndex": 0,
            "artifactType": {"name": found[-1]["type"]},
            "description": None,
            "metadata": found[-1]["metadata"],
            "ttlDurationSeconds": -2,
            "ttlIsInherited": True,
            "tags": [],
            "historyStep": None,
            "state": "COMMITTED",
            "size": 0,
            "digest": found[-1]["digest"],
            "commitHash": "0",
            "fileCount": 1,
            "createdAt": "2026-01-01T00:00:00",
            "updatedAt": None,
        }
        membership = {
            "__typename": "ArtifactCollectionMembership",
            "id": "m",
            "versionIndex": 0,
            "createdAt": "2026-01-01T00:00:00",
            "aliases": [{"__typename": "ArtifactAlias", "id": "a", "alias": alias}],
            "artifactCollection": collection,
            "artifact": artifact,
        }
        return {"project": {"artifactCollectionMembership": membership}}

    @staticmethod
    def _has(artifact, alias):
        return alias in ("v0", *(a["alias"] for a in artifact["aliases"]))

    def _FetchArtifactManifest(self, given):
        url = self.url(f"manifests/{given['id']}/wandb_manifest.json")
        return {"artifact": {"currentManifest": {"file": {"directUrl": url}}}}

    def _stored(self, id):
        latest = {"id": id, "versionIndex": 0}
        return {
            "id": id,
            "state": self.artifacts[id]["state"],
            "artifactSequence": {"id": "s", "latestArtifact": latest},
        }

    def url(self, path):
        return f"http://127.0.0.1:{self.port}/{path}"

    # ... HTTP

    def receive(self, path, body):
        """Take note of a request; returns the answer, bytes."""
        if path.startswith("/graphql"):
            return json.dumps({"data": self._graphql(json.loads(body))}).encode()
        if path.endswith("file_stream"):
            self._stream(path.split("/")[-2], json.loads(body))
            return json.dumps({"exitcode": None, "limits": {}}).encode()
        if path.startswith("/artifactsV2/"):  # by the checksum
            return next(self.by_checksum[p] for p in path.split("/") if p in self.by_checksum)
        if body:
            self.by_checksum[hashlib.md5(body).hexdigest()] = body
            self.files[path.lstrip("/")] = body
            return b"{}"
        return self.files.get(path.lstrip("/"), b"{}")

    def _graphql(self, request):
        name = re.search(r"(?:query|mutation)\s+(\w+)", request["query"])[1]
        variables = request.get("variables") or {}
        flat = variables | (variables.get("input", {}))
        self.operations.append((name, flat))
        return self.answer(name, flat)

    def _stream(self, run, sent):
        stream = self.stream(run)
        for name, chunk in (sent.get("files") or {}).items():
            lines, offset = chunk["content"], chunk["offset"]
            if name == "wandb-history.jsonl":
                told = {offset + n: json.loads(line) for n, line in enumerate(lines)}
                stream["history"] |= told
            elif name == "wandb-summary.json":
                stream["summary"] = json.loads(lines[-1])
            elif name == "output.log":
                stream["console"] |= {offset + n: line for n, line in enumerate(lines)}
        if sent.get("complete"):
            stream["exit_code"] = sent["exitcode"]


@contextlib.contextmanager
def serving(server):
    """Run it while the context lasts; yields the environment of a client."""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            with server.lock:
                server.requests.append((self.path, body))
                failing = server.fails(self.path, body)
                answer = b"" if failing else server.receive(self.path, body)
            if failing and server.status is None:
                server.over.wait()
                return
            if failing and server.status == "gone":
                server.gone = True
            if server.gone:  # whatever is asked from now on, as if no one listened
                self.close_connection = True
                return
            self.send_response(server.status if failing else 200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.send_header("ETag", base64.b64encode(hashlib.md5(body).digest()).decode())
            self.end_headers()
            self.wfile.write(answer)

        do_GET = do_PUT = do_POST

        def log_message(self, *args):
            pass

        def handle(self):
            with contextlib.suppress(ConnectionError, BrokenPipeError):
                super().handle()

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as httpd:
        server.port, server.httpd = httpd.server_address[1], httpd
        threading.Thread(target=httpd.serve_forever, daemon=True).start()
        yield {"WANDB_BASE_URL": f"http://127.0.0.1:{server.port}", "WANDB_API_KEY": "a" * 40}
        server.over.set()
        httpd.shutdown()
