"""What a reply store notes beside the replies: segments brought, batches submitted, speeds."""

import sqlite3
from collections.abc import Mapping

CREATE = """
CREATE TABLE IF NOT EXISTS segments (name TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS batches (id TEXT PRIMARY KEY, server TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS batched (batch TEXT, id TEXT, key BLOB, subject TEXT, settings TEXT);
CREATE TABLE IF NOT EXISTS speeds (settings TEXT PRIMARY KEY, requests INTEGER, seconds REAL);
"""
Asked = tuple[bytes, str, str]
"""Key, subject and settings of a request."""
COLLECTED = ""
"""The server of a batch that is done with (`Notes.batches`)."""


class Notes:
    """The notes of one store."""

    def __init__(self, database: sqlite3.Connection) -> None:
        """Read and write them in the store's own file."""
        self._database = database

    def segments(self) -> set[str]:
        """Return the names of the segments that were imported."""
        return {name for (name,) in self._database.execute("SELECT name FROM segments")}

    def add_segment(self, name: str) -> None:
        """Note that a segment was imported."""
        with self._database:
            self._database.execute("INSERT OR IGNORE INTO segments VALUES (?)", (name,))

    def batches(self, server: str) -> list[str]:
        """Return the batches that were submitted to a server and not collected; or `COLLECTED`."""
        found = self._database.execute(
            "SELECT id FROM batches WHERE server = ? ORDER BY rowid", (server,)
        )
        return [name for (name,) in found]

    def add_batch(self, name: str, server: str, rows: Mapping[str, Asked]) -> None:
        """Note that a batch was submitted, with what was asked under each of its ids."""
        with self._database:
            self._database.execute("INSERT OR REPLACE INTO batches VALUES (?, ?)", (name, server))
            self._database.execute("DELETE FROM batched WHERE batch = ?", (name,))
            self._database.executemany(
                "INSERT INTO batched VALUES (?, ?, ?, ?, ?)",
                ((name, id_, *row) for id_, row in rows.items()),
            )

    def batched(self, name: str) -> dict[str, Asked]:
        """Return the key, subject and settings of each id in a batch that was submitted."""
        found = self._database.execute(
            "SELECT id, key, subject, settings FROM batched WHERE batch = ?", (name,)
        )
        return {id_: (key, subject, settings) for id_, key, subject, settings in found}

    def remove_batch(self, name: str) -> None:
        """Note that a batch was collected, or is gone."""
        with self._database:
            self._database.execute("UPDATE batches SET server = ? WHERE id = ?", (COLLECTED, name))
            self._database.execute("DELETE FROM batched WHERE batch = ?", (name,))

    def speed(self, settings: str) -> float | None:
        """Return the seconds a request took when such requests were last asked here."""
        found = self._database.execute(
            "SELECT seconds / requests FROM speeds WHERE settings = ?", (settings,)
        ).fetchone()
        return None if found is None else float(found[0])

    def set_speed(self, settings: str, requests: int, seconds: float) -> None:
        """Note how long so many such requests took."""
        with self._database:
            self._database.execute(
                "INSERT OR REPLACE INTO speeds VALUES (?, ?, ?)", (settings, requests, seconds)
            )
