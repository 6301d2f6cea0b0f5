"""Folders as FineWeb-2 and FineWeb lay them out, and a server of them that can misbehave."""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.parquet as pq
from local_http import listening

FINEWEB_2 = pa.schema(
    [(name, pa.string()) for name in ("text", "id", "dump", "url", "date", "file_path", "language")]
    + [("language_score", pa.float64()), ("language_script", pa.string())]
    + [("minhash_cluster_size", pa.int64()), ("top_langs", pa.string())]
)
FINEWEB = pa.schema(
    [(name, pa.string()) for name in ("text", "id", "dump", "url", "date", "file_path", "language")]
    + [("language_score", pa.float64()), ("token_count", pa.int64())]
)


def web_rows(texts: Sequence[str], language: str, schema: pa.Schema = FINEWEB_2) -> pa.Table:
    """Return texts as rows of FineWeb-2, each with a provenance of its own."""
    rows = [
        {
            "text": text,
            "id": f"<urn:uuid:{language}-{number:05}>",
            "dump": f"CC-MAIN-2024-{number % 9 + 10}",
            "url": f"https://example.org/{language}/{number}",
            "date": f"2024-02-{number % 28 + 1:02}T01:02:03Z",
            "language": language[:3],
            "language_score": 1 - number / 1000,
        }
        for number, text in enumerate(texts)
    ]
    return pa.Table.from_pylist(rows, schema=schema)


def write_files(table: pa.Table, folder: Path, n_files: int, group_rows: int) -> list[Path]:
    """Write a table to several files with several row groups each."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for number in range(n_files):
        part = table.take(list(range(number, table.num_rows, n_files)))
        paths.append(folder / f"000_{number:05}.parquet")
        pq.write_table(part, paths[-1], row_group_size=group_rows, compression="zstd")
    return paths


@dataclass
class Served:
    """A folder behind HTTP: what was asked of it, and how it is to misbehave."""

    url: str
    asked: list[tuple[str, str, int, int]] = field(default_factory=list)
    """Method, path of the file, start and end of each request for a file."""
    cut: Counter[str] = field(default_factory=Counter)
    """By the name of a file: so many answers end in the middle."""
    cut_from: int = 0
    """Only answers that start after this byte are cut."""
    ranges: bool = True
    forbidden: bool = False
    newest_first: bool = False
    after: Callable[[Path], None] = lambda _: None
    """Called with a file once it was read for an answer, before that is given."""

    def got(self) -> list[tuple[str, int, int]]:
        """Return the ranges of files that were asked for."""
        return [request[1:] for request in self.asked if request[0] == "GET"]


class Handler(BaseHTTPRequestHandler):
    """Answers for files by ranges, with entity tags, and for folders with links."""

    protocol_version = "HTTP/1.1"
    folder: Path
    served: Served

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        self.give(self.folder / self.path.strip("/"))

    def give(self, path: Path) -> None:
        if path.is_dir():
            names = sorted((p.name for p in path.iterdir()), reverse=self.served.newest_first)
            links = [f'<a href="{self.path.rstrip("/")}/{name}">{name}</a>' for name in names]
            self.reply(200, "".join(links).encode(), {"Content-Type": "text/html"})
        elif path.is_file():
            self.file(path)
        else:
            self.reply(404, b"", {})

    def file(self, path: Path) -> None:
        content = path.read_bytes()
        headers = {"ETag": f'"{hashlib.sha256(content).hexdigest()[:16]}"'}
        asked = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
        start, end = (int(asked[1]), int(asked[2]) + 1) if asked else (0, len(content))
        name = path.relative_to(self.folder).as_posix()
        self.served.asked.append((self.command, name, start, end))
        if self.command == "GET" and self.served.forbidden:
            self.reply(403, b"", {})
            return
        status = 200
        if asked and self.served.ranges:
            headers["Content-Range"] = f"bytes {start}-{end - 1}/{len(content)}"
            status, content = 206, content[start:end]
        cuts = self.served.cut
        cut = self.command == "GET" and cuts[path.name] > 0 and start >= self.served.cut_from
        cuts[path.name] -= cut
        if self.command == "GET":
            self.served.after(path)
        self.reply(status, content, headers, cut)

    def reply(
        self, status: int, content: bytes, headers: dict[str, str], cut: bool = False
    ) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(content[: len(content) // 2] if cut else content)
        self.close_connection = self.close_connection or cut

    def log_message(self, *arguments: Any) -> None:
        """Say nothing."""


class Hub(Handler):
    """The Hugging Face hub, as far as it gives the files of a data set at a commit."""

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if found := re.fullmatch(r"/datasets/(.+)/resolve/([0-9a-f]{40})/(.+)", path):
            self.give(self.folder / found[1] / found[3])
        elif found := re.fullmatch(r"/api/datasets/(.+)/tree/([0-9a-f]{40})/?(.*)", path):
            home = self.folder / found[1]
            self.json([self.entry(home, p) for p in sorted((home / unquote(found[3])).iterdir())])
        elif found := re.fullmatch(r"/api/datasets/(.+)/revision/([0-9a-f]{40})", path):
            self.json({"id": found[1], "sha": found[2], "siblings": []})
        else:
            self.reply(404, b"", {})

    def entry(self, home: Path, path: Path) -> dict[str, Any]:
        kind = "directory" if path.is_dir() else "file"
        oid = hashlib.sha1(path.name.encode()).hexdigest()
        size = 0 if path.is_dir() else path.stat().st_size
        return {"type": kind, "oid": oid, "size": size, "path": path.relative_to(home).as_posix()}

    def json(self, answer: object) -> None:
        self.reply(200, json.dumps(answer).encode(), {"Content-Type": "application/json"})


@contextmanager
def serving(folder: Path, kind: type[Handler] = Handler) -> Iterator[Served]:
    """Yield a server of a folder; of the hub's kind, the folder holds organisation/name."""
    served = Served("")
    with listening(kind, folder=folder, served=served) as served.url:
        yield served
