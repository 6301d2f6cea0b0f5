"""The reply store: every reply, kept as it arrives, never asked for twice.

A local SQLite file in WAL mode. It is memory, not an output: no stage depends on it, and a
stage's result is the same whether it was warm or cold.
"""

import hashlib
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType

from finerweb.llm.requests import Reply

_CREATE = """
CREATE TABLE IF NOT EXISTS replies (
    key BLOB PRIMARY KEY,
    model TEXT NOT NULL,
    reply TEXT NOT NULL,
    checksum BLOB NOT NULL
) WITHOUT ROWID
"""
BUSY_SECONDS = 60


class ReplyStore:
    """Replies by key, on disk. Several processes may use one store."""

    def __init__(self, path: Path) -> None:
        """Open the store, or make an empty one.

        Raises:
            OSError: the file is there but is no intact store; it is left as it is.
        """
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        self._database = sqlite3.connect(path, timeout=BUSY_SECONDS)
        try:
            self._database.execute("PRAGMA journal_mode=WAL")
            self._database.execute("PRAGMA synchronous=FULL")
            self._database.execute(_CREATE)
        except sqlite3.DatabaseError as error:
            self._database.close()
            raise OSError(
                f"{path}: not an intact reply store ({error}); it is left as it is. Move it away "
                "and run again to start an empty one, or restore it from a copy"
            ) from error

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
        self._database.close()

    def get(self, key: bytes) -> Reply | None:
        """Return the reply kept under a key, or None.

        Raises:
            OSError: the reply on disk is not the one that was written.
        """
        row = self._database.execute(
            "SELECT reply, checksum FROM replies WHERE key = ?", (key,)
        ).fetchone()
        if row is None:
            return None
        if _checksum(key, row[0]) != row[1]:
            raise OSError(
                f"{self.path}: the reply {key.hex()[:16]} is damaged: its checksum does not fit. "
                "Restore the store from a copy, or move it away to ask again"
            )
        return Reply.from_json(row[0])

    def put(self, model: str, replies: Iterable[tuple[bytes, Reply]]) -> None:
        """Keep replies; they are on the disk, all of them, when this returns.

        Raises:
            OSError: the disk is full or cannot be written; none of this call's replies is kept,
                all earlier ones are.
        """
        rows = []
        for key, reply in replies:
            text = reply.to_json()
            rows.append((key, model, text, _checksum(key, text)))
        try:
            with self._database:
                self._database.executemany(
                    "INSERT OR IGNORE INTO replies VALUES (?, ?, ?, ?)", rows
                )
        except sqlite3.OperationalError as error:
            raise OSError(
                f"{self.path}: cannot keep {len(rows)} replies ({error}); the replies before them "
                "are safe. Make room and run again: only what is missing is asked"
            ) from error

    def __len__(self) -> int:
        """Return how many replies are kept."""
        count: int = self._database.execute("SELECT count(*) FROM replies").fetchone()[0]
        return count


def _checksum(key: bytes, text: str) -> bytes:
    return hashlib.sha256(key + text.encode()).digest()[:16]
