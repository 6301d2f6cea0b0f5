"""Works for tests of `finerweb.compute`: they note their calls, and fail as they are told."""

import os
import signal
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from texts import SENTENCES

from finerweb.compute.batches import Batch, batches, read
from finerweb.compute.mapping import map_batches
from finerweb.params.compute import ComputeParams

ROWS = 3
"""Rows of a batch in these tests."""
N = 30
"""Texts in the corpus of most tests: ten batches."""


@dataclass(frozen=True, slots=True)
class Noting:
    """Doubles texts; a line ``process first-text`` of the file ``notes`` says of each call.

    ``how`` is a word and a text of the batch it is meant for: `die-once` and `die-always` kill the
    process, `refuse` raises ValueError, `fault` KeyError; or `sleep SECONDS` for every batch,
    `falling` for less and less of it.
    """

    notes: str
    how: str = ""
    prefix: str = ""
    weights: Path | None = None

    def load(self) -> Callable[[pa.Table], pa.Table]:
        """Return the function."""
        self.note("load")
        return self.double

    def note(self, what: str) -> None:
        """Append a line; a write this short is whole."""
        with Path(self.notes).open("a", encoding="utf-8") as file:
            file.write(f"{os.getpid()} {what}\n")

    def double(self, table: pa.Table) -> pa.Table:
        """Return the texts doubled."""
        texts = table["text"].to_pylist()
        self.note(texts[0])
        self.fail(texts)
        return pa.table({"text": [self.prefix + text * 2 for text in texts]})

    def fail(self, texts: list[str]) -> None:
        """Do what was told."""
        word, _, which = self.how.partition(" ")
        if word == "sleep":
            time.sleep(float(which))
        if word == "falling":
            time.sleep(0.3 / (1 + int(texts[0].split()[0])))
        if which not in texts:
            return
        if word == "die-always" or (word == "die-once" and calls(self.notes)[texts[0]] == 1):
            os.kill(os.getpid(), signal.SIGKILL)
        if word == "refuse":
            raise ValueError("a text we do not like")
        if word == "fault":
            raise KeyError("no such thing")


def calls(notes: str | Path) -> Counter[str]:
    """Return how often each batch was computed, by its first text."""
    path = Path(notes)
    lines = path.read_text("utf-8").splitlines() if path.is_file() else []
    return Counter(what for what in (line.split(" ", 1)[1] for line in lines) if what != "load")


def processes(notes: str | Path) -> list[int]:
    """Return the processes that noted something, in the order of their first notes."""
    lines = Path(notes).read_text("utf-8").splitlines()
    return list(dict.fromkeys(int(line.split()[0]) for line in lines))


def corpus(folder: Path, n: int, group: int = 2) -> list[Batch]:
    """Write n texts in all scripts to two files; return their batches."""
    scripts = list(SENTENCES.values())
    texts = [f"{i} {scripts[i % len(scripts)]}" for i in range(n)]
    found = []
    for name, some in (("a", texts[: n // 2]), ("b", texts[n // 2 :])):
        path = folder / f"{name}.parquet"
        pq.write_table(pa.table({"text": some, "n": range(len(some))}), path, row_group_size=group)
        found += list(batches(path, ROWS, ("text",)))
    return found


def params(home: Path, **changed: object) -> ComputeParams:
    """Return params of two local workers whose checkpoints lie in a folder."""
    values: dict[str, object] = {
        "backend": "local",
        "workers": 2,
        "gpus_per_worker": 0,
        "address": None,
        "checkpoints": str(home / "batches"),
        "keep_runs": 2,
        "retries": 2,
    }
    return ComputeParams.model_validate(values | changed)


def doubled(todo: list[Batch], prefix: str = "") -> list[list[str]]:
    """Return what `Noting` makes of batches."""
    return [[prefix + text * 2 for text in read(batch)["text"].to_pylist()] for batch in todo]


def run(work: Noting, todo: list[Batch], home: Path, **changed: object) -> list[list[str]]:
    """Return what the workers make of batches."""
    results = map_batches(work, todo, params(home, **changed), "test")
    return [table["text"].to_pylist() for table in results]


def kept(home: Path) -> list[Path]:
    """Return the checkpoints, by name."""
    return sorted(path for path in (home / "batches").rglob("*") if path.is_file())
