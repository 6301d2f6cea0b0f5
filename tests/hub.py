"""A server that takes a dataset as the Hugging Face hub does: trees, uploads, commits.

Large files (all parquet) go the way of git LFS, as they do without `hf_xet`; the hub's own storage
behind `hf_xet` is not played.
"""

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from local_http import listening

TOKEN = "hf_writer"
READER = "hf_reader"
PAGE = 40
"""Entries of a tree that are told at once."""
Files = dict[str, bytes]


@dataclass
class HubState:
    """Repositories by name, each with its branches; commits by their names; what was asked."""

    url: str = ""
    branches: dict[str, dict[str, str]] = field(default_factory=dict)
    commits: dict[str, Files] = field(default_factory=dict)
    large: dict[str, bytes] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    operations: list[int] = field(default_factory=list)
    """How many operations each commit had."""
    fail_commits: set[int] = field(default_factory=set)
    """Numbers, from 0, of the commits that are answered with 500."""
    private: set[str] = field(default_factory=set)

    def create(self, name: str) -> None:
        """Make a repository with what the hub puts there itself."""
        self.branches[name] = {"main": ""}
        self.commit(name, "main", {".gitattributes": b"*.parquet filter=lfs\n"})

    def commit(self, name: str, branch: str, files: Files) -> str:
        """Make files the content of a branch; return the commit's name."""
        oid = hashlib.sha1(f"{len(self.commits)}".encode()).hexdigest()
        self.commits[oid] = files
        self.branches[name][branch] = oid
        return oid

    def files(self, name: str, branch: str = "main") -> Files:
        """Return what is on a branch."""
        return self.commits[self.branches[name][branch]]

    def writes(self) -> list[tuple[str, str]]:
        """Return the requests that could have changed something."""
        return [one for one in self.asked if one[0] != "GET"]

    def n_commits(self) -> int:
        """Return how many commits were sent."""
        return len(self.operations)


def is_large(path: str) -> bool:
    return path.endswith(".parquet")


class Handler(BaseHTTPRequestHandler):
    """Answers in the hub's words, as far as `huggingface_hub` reads them."""

    protocol_version = "HTTP/1.1"
    state: HubState

    def do_GET(self) -> None:
        path = self.begin()
        if found := re.fullmatch(r"/api/datasets/([^/]+/[^/]+)(?:/revision/(.+))?", path):
            if (oid := self.at(found[1], found[2] or "main")) is not None:
                self.json(200, {"id": found[1], "sha": oid, "siblings": []})
        elif found := re.fullmatch(r"/api/datasets/([^/]+/[^/]+)/tree/([^/]+)/?", path):
            if (oid := self.at(found[1], found[2])) is not None:
                self.tree(oid)
        else:
            self.json(404, {"error": f"no such page: {path}"})

    def do_POST(self) -> None:
        path = self.begin()
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if path == "/api/validate-yaml":
            bad = not json.loads(body)["content"].startswith("---\n")
            errors = [{"message": "no front matter"}] if bad else []
            self.json(400 if bad else 200, {"errors": errors, "warnings": []})
            return
        if self.token() != TOKEN:
            known = self.token() == READER
            message = "no write access" if known else "Invalid credentials in Authorization header"
            self.json(403 if known else 401, {"error": message}, {"X-Error-Message": message})
            return
        if path == "/api/repos/create":
            asked = json.loads(body)
            name = f"{asked['organization']}/{asked['name']}"
            self.state.create(name)
            self.state.private |= {name} if asked.get("visibility") == "private" else set()
            self.json(200, {"url": f"{self.state.url}/datasets/{name}"})
        elif found := re.fullmatch(r"/api/datasets/([^/]+/[^/]+)/(\w+)/(.+)", path):
            branch = unquote(found[3])
            {"branch": self.branch, "preupload": self.preupload, "commit": self.take}[found[2]](
                found[1], branch, body
            )
        elif path.endswith(".git/info/lfs/objects/batch"):
            self.batch(json.loads(body))
        else:
            self.json(404, {"error": f"no such page: {path}"})

    def do_PUT(self) -> None:
        path = self.begin()
        content = self.rfile.read(int(self.headers["Content-Length"]))
        oid = path.rpartition("/")[2]
        if hashlib.sha256(content).hexdigest() != oid:
            self.json(400, {"error": "another content"})
            return
        self.state.large[oid] = content
        self.json(200, {})

    def begin(self) -> str:
        path = urlsplit(self.path).path
        self.state.asked.append((self.command, path))
        return path

    def token(self) -> str:
        return self.headers.get("Authorization", "").removeprefix("Bearer ")

    def at(self, name: str, revision: str) -> str | None:
        """Return the commit of a revision; None once an error was answered."""
        revision = unquote(revision)
        branches = self.state.branches.get(name)
        if branches is None or (name in self.state.private and not self.token()):
            status = 404 if self.token() else 401
            self.json(status, {"error": "Repository not found"}, {"X-Error-Code": "RepoNotFound"})
        elif revision in branches:
            return branches[revision]
        elif revision in self.state.commits:
            return revision
        else:
            header = {"X-Error-Code": "RevisionNotFound"}
            self.json(404, {"error": f"Invalid rev id: {revision}"}, header)
        return None

    def tree(self, oid: str) -> None:
        """Answer with a page of the files, and a link to the next one."""
        files = sorted(self.state.commits[oid].items())
        start = int(parse_qs(urlsplit(self.path).query).get("cursor", ["0"])[0])
        link = {}
        if len(files) > start + PAGE:
            path = urlsplit(self.path).path
            more = f"{self.state.url}{path}?recursive=true&cursor={start + PAGE}"
            link = {"Link": f'<{more}>; rel="next"'}
        self.json(200, [entry(*one) for one in files[start : start + PAGE]], link)

    def branch(self, name: str, branch: str, body: bytes) -> None:
        self.state.branches[name][branch] = self.state.branches[name]["main"]
        self.json(200, {})

    def preupload(self, name: str, branch: str, body: bytes) -> None:
        files = [
            {
                "path": one["path"],
                "uploadMode": "lfs" if is_large(one["path"]) else "regular",
                "shouldIgnore": False,
            }
            for one in json.loads(body)["files"]
        ]
        self.json(200, {"files": files})

    def batch(self, asked: dict[str, Any]) -> None:
        objects = []
        for one in asked["objects"]:
            upload = {"upload": {"href": f"{self.state.url}/lfs/{one['oid']}"}}
            here = one["oid"] in self.state.large
            objects.append({**one, **({} if here else {"actions": upload})})
        self.json(200, {"transfer": "basic", "objects": objects})

    def take(self, name: str, branch: str, body: bytes) -> None:
        """Commit, if nobody did since the parent that was named."""
        lines = [json.loads(line) for line in body.splitlines()]
        self.state.operations.append(len(lines) - 1)
        if self.state.n_commits() - 1 in self.state.fail_commits:
            self.json(500, {"error": "try again"})
            return
        head = self.state.branches[name][branch]
        if lines[0]["value"].get("parentCommit", head) != head:
            self.json(412, {"error": "A commit has happened since"})
            return
        files = dict(self.state.commits[head])
        for line in lines[1:]:
            value = line["value"]
            if line["key"] == "lfsFile":
                files[value["path"]] = self.state.large[value["oid"]]
            elif line["key"] == "file":
                files[value["path"]] = base64.b64decode(value["content"])
            else:
                del files[value["path"]]
        oid = self.state.commit(name, branch, files)
        url = f"{self.state.url}/datasets/{name}/commit/{oid}"
        self.json(200, {"success": True, "commitUrl": url, "commitOid": oid})

    def json(self, status: int, answer: object, headers: dict[str, str] | None = None) -> None:
        content = json.dumps(answer).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *arguments: Any) -> None:
        """Say nothing."""


def entry(path: str, content: bytes) -> dict[str, Any]:
    """Return a file as the hub tells of it: a large one by its sha256 too."""
    blob = content
    large: dict[str, Any] = {}
    if is_large(path):
        oid = hashlib.sha256(content).hexdigest()
        blob = f"version https://git-lfs\noid sha256:{oid}\nsize {len(content)}\n".encode()
        large = {"lfs": {"oid": oid, "size": len(content), "pointerSize": len(blob)}}
    oid = hashlib.sha1(b"blob %d\0" % len(blob) + blob).hexdigest()
    return {"type": "file", "path": path, "size": len(content), "oid": oid, **large}


@contextmanager
def hub_server() -> Iterator[HubState]:
    """Yield a hub without a repository."""
    state = HubState()
    with listening(Handler, state=state) as state.url:
        yield state


def download(state: HubState, name: str, folder: Path) -> Path:
    """Write what is on the main branch to a folder, as a clone has it."""
    for path, content in state.files(name).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    return folder
