"""The reply store: every reply, kept as it arrives, never asked for twice.

A local SQLite file in WAL mode. It is memory, not an output: no stage depends on it, and a
stage's result is the same whether it was warm or cold.
"""

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from filelock import FileLock

from finerweb.llm import notes
from finerweb.llm.notes import Notes
from finerweb.llm.requests import Reply

VERSION = 2
_CREATE = """
CREATE TABLE IF NOT EXISTS settings (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);
CREATE TABLE IF NOT EXISTS replies (
    key BLOB PRIMARY KEY,
    subject TEXT NOT NULL,
    settings INTEGER NOT NULL REFERENCES settings,
    reply BLOB NOT NULL,
    checksum BLOB NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS quarantine (
    key BLOB, subject TEXT, settings TEXT, reply BLOB, checksum BLOB
);
"""
BUSY_SECONDS = 60
AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Kept:
    """A reply as it is kept: under its key, with what was asked of what (`Request.settings`)."""

    key: bytes
    subject: str
    settings: str
    reply: Reply


class ReplyStore:
    """Replies by key, on disk. Several processes may use one store."""

    def __init__(self, path: Path) -> None:
        """Open the store, or make an empty one.

        Raises:
            OSError: the file is there but is no intact store; it is left as it is.
        """
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        self._settings: dict[str, int] = {}
        # One process at a time makes a new file: its tables and its version belong together.
        with self._intact(), FileLock(path.with_name(f"{path.name}.lock")):
            self._database = sqlite3.connect(path, timeout=BUSY_SECONDS)
            version = self._database.execute("PRAGMA user_version").fetchone()[0]
            tables = self._database.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
            if tables and version != VERSION:
                raise OSError(
                    f"{path}: a reply store of format {version}, expected {VERSION}; it is left as "
                    "it is. Move it away, or name another file in llm.store"
                )
            self._database.execute("PRAGMA journal_mode=WAL")
            self._database.execute("PRAGMA synchronous=FULL")
            if not tables:
                self._database.executescript(
                    f"BEGIN IMMEDIATE; {_CREATE} {notes.CREATE} "
                    f"PRAGMA user_version={VERSION}; COMMIT;"
                )

        self.notes = Notes(self._database)

    def __enter__(self) -> "ReplyStore":
        """Return the open store."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the file."""
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def get(self, key: bytes) -> Reply | None:
        """Return the reply kept under a key, or None.

        Raises:
            OSError: the reply on disk is not the one that was written; it is in quarantine now.
        """
        return self.get_many([key]).get(key)

    def get_many(self, keys: Sequence[bytes]) -> dict[bytes, Reply]:
        """Return the replies kept under these keys, by key; those there are none for are left out.

        Raises:
            OSError: as `get`.
        """
        found: dict[bytes, Reply] = {}
        for key, data, sum_ in self._select("key, reply, checksum", keys):
            if checksum(key, data) != sum_:
                self._damaged([key])
            found[key] = Reply.from_json(data)
        return found

    def has(self, keys: Sequence[bytes]) -> set[bytes]:
        """Return those of the keys that a reply is kept under; the replies are not read."""
        return {key for (key,) in self._select("key", keys)}

    def _select(self, columns: str, keys: Sequence[bytes]) -> Iterator[tuple[Any, ...]]:
        """Yield the columns of the rows there are for these keys."""
        for begin in range(0, len(keys), AT_ONCE):
            some = keys[begin : begin + AT_ONCE]
            marks = ",".join("?" * len(some))
            with self._intact():
                rows = self._database.execute(
                    f"SELECT {columns} FROM replies WHERE key IN ({marks})", some
                ).fetchall()
            yield from rows

    def put(self, replies: Iterable[Kept]) -> None:
        """Keep replies; they are on the disk, all of them, when this returns.

        A reply that is there already stays: the first one that was used is the one that is kept.

        Raises:
            OSError: the disk is full or cannot be written; none of this call's replies is kept,
                all earlier ones are.
        """
        n = 0
        try:
            with self._database:
                for kept in replies:
                    n += 1
                    data = kept.reply.to_json().encode()
                    number = self._settings.get(kept.settings) or self._number(kept.settings)
                    row = (kept.key, kept.subject, number, data, checksum(kept.key, data))
                    self._database.execute(
                        "INSERT OR IGNORE INTO replies VALUES (?, ?, ?, ?, ?)", row
                    )
        except BaseException as error:
            # What was numbered in a transaction that failed has no number.
            self._settings.clear()
            if not isinstance(error, sqlite3.DatabaseError):
                raise
            raise OSError(
                f"{self.path}: cannot keep {n} replies ({error}); the replies before them are "
                "safe. Is the disk full, or the file damaged (`finerweb replies verify`)? Then "
                "run again: only what is missing is asked"
            ) from error

    def _number(self, settings: str) -> int:
        self._database.execute("INSERT OR IGNORE INTO settings (text) VALUES (?)", (settings,))
        row = self._database.execute("SELECT id FROM settings WHERE text = ?", (settings,))
        self._settings[settings] = number = int(row.fetchone()[0])
        return number

    def __len__(self) -> int:
        """Return how many replies are kept."""
        with self._intact():
            count: int = self._database.execute("SELECT count(*) FROM replies").fetchone()[0]
        return count

    def rows(self) -> Iterator[Kept]:
        """Yield every reply, in the order of the keys.

        Raises:
            OSError: as `get`.
        """
        for key, subject, settings, data, sum_ in self._raw():
            if checksum(key, data) != sum_:
                self._damaged([key])
            yield Kept(key, subject, settings, Reply.from_json(data))

    def _raw(self) -> Iterator[tuple[bytes, str, str, bytes, bytes]]:
        with self._intact():
            yield from self._database.execute(
                "SELECT key, subject, text, reply, checksum FROM replies "
                "JOIN settings ON settings.id = replies.settings ORDER BY key"
            )

    def about(self, subject: str) -> list[dict[str, Any]]:
        """Return the settings of the replies about a subject, to tell why none of them is it."""
        with self._intact():
            found = self._database.execute(
                "SELECT DISTINCT text FROM replies JOIN settings ON settings.id = replies.settings "
                "WHERE subject = ? ORDER BY text",
                (subject,),
            ).fetchall()
        return [json.loads(text) for (text,) in found]

    def stat(self) -> list[tuple[dict[str, Any], int]]:
        """Return the settings there are replies for, with how many."""
        with self._intact():
            found = self._database.execute(
                "SELECT text, count(*) FROM replies JOIN settings ON settings.id = replies.settings"
                " GROUP BY text ORDER BY text"
            ).fetchall()
        return [(json.loads(text), count) for text, count in found]

    def delete(self, keys: Iterable[bytes]) -> int:
        """Forget replies; return how many there were."""
        with self._database:
            cursor = self._database.executemany(
                "DELETE FROM replies WHERE key = ?", ((key,) for key in keys)
            )
        return cursor.rowcount

    def verify(self) -> list[bytes]:
        """Read every reply; put those that are damaged into quarantine and return their keys.

        Raises:
            OSError: the file itself is damaged.
        """
        damaged = [key for key, _, _, data, sum_ in self._raw() if checksum(key, data) != sum_]
        if damaged:
            self._quarantine(damaged)
        return damaged

    def _damaged(self, keys: Sequence[bytes]) -> None:
        self._quarantine(keys)
        raise OSError(
            f"{self.path}: the reply {keys[0].hex()[:16]} is damaged: its checksum does not fit. "
            "It was put into quarantine, and a new run would ask it again. `finerweb replies "
            "verify` looks at the others; `finerweb replies import` brings back what is shared, or "
            "what a copy has"
        )

    def _quarantine(self, keys: Sequence[bytes]) -> None:
        with self._database:
            for key in keys:
                self._database.execute(
                    "INSERT INTO quarantine SELECT key, subject, text, reply, checksum FROM replies"
                    " JOIN settings ON settings.id = replies.settings WHERE key = ?",
                    (key,),
                )
                self._database.execute("DELETE FROM replies WHERE key = ?", (key,))
            # So that what the team shares is read again, and brings the intact reply.
            self._database.execute("DELETE FROM segments")

    def n_quarantined(self) -> int:
        """Return how many damaged replies lie in quarantine."""
        n: int = self._database.execute("SELECT count(*) FROM quarantine").fetchone()[0]
        return n

    @contextmanager
    def _intact(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as error:
            raise OSError(f"{self.path}: {error}") from error
        except sqlite3.DatabaseError as error:
            raise OSError(
                f"{self.path}: not an intact reply store ({error}); it is left as it is. `finerweb "
                "replies salvage` saves what can be read of it; or move it away, and bring the "
                "replies from a copy with `finerweb replies import`"
            ) from error


def checksum(key: bytes, data: bytes) -> bytes:
    """Return what is kept beside a reply, to tell whether it is the one that was written."""
    return hashlib.sha256(key + data).digest()[:16]
