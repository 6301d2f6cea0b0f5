"""Shared replies: immutable parquet files that a team keeps with `dvc add` and `dvc pull`.

A segment lies in ``<shared>/<model>/<sha256 of the file>.parquet``: its name is its checksum, so a
damaged one is found before it is read, and two people never write one name with two contents.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from finerweb.llm.requests import TOO_LONG, Reply
from finerweb.llm.store import Kept, ReplyStore
from finerweb.tables.io import Row, column, replacing

SCHEMA = pa.schema(
    [
        column("key", pa.binary(32), "sha256 over everything that can change the reply."),
        column("subject", pa.string(), "What was asked about: a passage."),
        column("settings", pa.string(), "What the key is made of but the prompt, as JSON."),
        column("reply", pa.string(), "The reply as it is kept, as JSON."),
    ]
)
ROWS = 100_000
SHARED = ("stop", "length", TOO_LONG)
"""Finish reasons that are the same whoever asks."""


def export(store: ReplyStore, shared: Path) -> list[Path]:
    """Write the replies that no segment of the folder has yet; return the new files.

    Replies are sorted by key, so the same replies give the same file. What a server refused is not
    shared: for the next one, or after a fix, it may answer.
    """
    known = {key for path in segments(shared) for key in _keys(path)}
    written = []
    for weights in sorted({settings["weights"] for settings, _ in store.stat()}):
        rows = (
            row
            for row in store.rows()
            if row.key not in known
            and row.reply.finish_reason in SHARED
            and json.loads(row.settings)["weights"] == weights
        )
        while some := list(islice(rows, ROWS)):
            written.append(_write(shared / _folder(weights), some))
            store.notes.add_segment(written[-1].name)
    return written


def bring(store: ReplyStore, shared: Path) -> tuple[int, int]:
    """Read every segment that was not brought before into the store; return (segments, replies).

    Raises:
        OSError: a segment is damaged; the message names it, and none of it was read.
    """
    done = store.notes.segments()
    new = [path for path in segments(shared) if path.name not in done]
    before = len(store) if new else 0
    for path in new:
        check(path)
        for batch in pq.ParquetFile(path).iter_batches(10_000):
            store.put(_kept(batch.to_pylist()))
        store.notes.add_segment(path.name)
    return len(new), (len(store) if new else 0) - before


def segments(shared: Path) -> list[Path]:
    """Return the segments of a folder, sorted by name."""
    return sorted(shared.glob("*/*.parquet"), key=lambda path: path.name)


def check(path: Path) -> None:
    """Hold a segment against its name.

    Raises:
        OSError: they differ.
    """
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != path.stem:
        raise OSError(
            f"{path}: a damaged segment of replies: expected sha256 {path.stem}, got {digest}. "
            "Remove it and get it again (`dvc pull --force`); nothing of it was read"
        )


def _write(folder: Path, rows: list[Kept]) -> Path:
    columns = [
        [row.key for row in rows],
        [row.subject for row in rows],
        [row.settings for row in rows],
        [row.reply.to_json() for row in rows],
    ]
    table = pa.Table.from_arrays(
        [pa.array(values, field.type) for values, field in zip(columns, SCHEMA, strict=True)],
        schema=SCHEMA,
    )
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd")
    data = sink.getvalue().to_pybytes()
    path = folder / f"{hashlib.sha256(data).hexdigest()}.parquet"
    with replacing(path) as temporary:
        temporary.write_bytes(data)
    return path


def _kept(rows: Iterable[Row]) -> Iterator[Kept]:
    for row in rows:
        yield Kept(row["key"], row["subject"], row["settings"], Reply.from_json(row["reply"]))


def _keys(path: Path) -> list[bytes]:
    keys: list[bytes] = pq.read_table(path, columns=["key"])["key"].to_pylist()
    return keys


def _folder(weights: str) -> str:
    """Return a folder's name for a model's weights."""
    return re.sub(r"[^\w.@-]+", "_", weights)[:80]
