"""Saving what can be read of a reply store whose file is damaged."""

import sqlite3
from collections.abc import Iterator
from itertools import count
from pathlib import Path

from finerweb.llm.requests import Reply
from finerweb.llm.store import AT_ONCE, Kept, ReplyStore, checksum


def salvage(path: Path) -> tuple[int, Path]:
    """Save what can be read of a damaged store into a new one; the old file is kept beside it.

    Return how many replies were saved, and where the damaged file is now.
    """
    names = (path.with_name(f"{path.name}.damaged{i}") for i in count())
    aside = next(name for name in names if not name.exists())
    for suffix in ("-wal", "-shm"):
        part = path.with_name(path.name + suffix)
        if part.exists():
            part.rename(aside.with_name(aside.name + suffix))
    path.rename(aside)
    with ReplyStore(path) as store:
        for kept in _readable(aside):
            store.put(kept)
        return len(store), aside


def _readable(path: Path) -> Iterator[list[Kept]]:
    """Yield the replies that can still be read, some at a time, from both ends of the table."""
    database = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    for order in ("ASC", "DESC"):
        rows: list[Kept] = []
        try:
            settings = dict(database.execute("SELECT id, text FROM settings"))
            for key, subject, number, data, sum_ in database.execute(
                f"SELECT key, subject, settings, reply, checksum FROM replies ORDER BY key {order}"
            ):
                if checksum(key, data) == sum_ and number in settings:
                    rows.append(Kept(key, subject, settings[number], Reply.from_json(data)))
                if len(rows) == AT_ONCE:
                    yield rows
                    rows = []
        except sqlite3.DatabaseError:
            pass  # What was read up to the damage is saved.
        yield rows
    database.close()
