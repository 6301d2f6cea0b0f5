"""The reply store: writing with fsync, looking up, opening a large one.

    python benchmarks/store.py

Input: made-up replies of 400 characters. Floors: one fsync a batch when writing; SQLite's own
`SELECT` of the bare rows when looking up. Medians of several runs.
"""

import random
import resource
import sqlite3
import tempfile
import time
from pathlib import Path

import click
from timing import seconds

from finerweb.llm.requests import Reply
from finerweb.llm.store import AT_ONCE, Kept, ReplyStore

N = 1_000_000
SETTINGS = '{"weights": "none", "template": "none"}'


def kept(n: int) -> Kept:
    """Return the n-th reply; keys are spread as hashes are."""
    key = random.Random(n).randbytes(32)
    return Kept(key, f"passage-{n}", SETTINGS, Reply("x" * 400, "stop", 100, 100, "none"))


def memory() -> float:
    """Return the most memory this process has had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "r.sqlite"
        with ReplyStore(path) as store:
            some = [kept(n) for n in range(20_000)]
            begun = time.perf_counter()
            for i in range(0, len(some), AT_ONCE):
                store.put(some[i : i + AT_ONCE])
            rate = len(some) / (time.perf_counter() - begun)
            click.echo(f"written, {AT_ONCE} and an fsync at a time  {rate:9,.0f} /s")
            begun = time.perf_counter()
            for n in range(20_000, 21_000):
                store.put([kept(n)])
            rate = 1000 / (time.perf_counter() - begun)
            click.echo(f"written, one and an fsync at a time   {rate:9,.0f} /s")
            before = memory()
            for begin in range(21_000, N, 50_000):
                store.put(kept(n) for n in range(begin, min(begin + 50_000, N)))
            grown = memory() - before
            click.echo(f"memory while {N:,} were written: {grown:+.0f} MB")
        took = seconds(lambda: ReplyStore(path).close())
        click.echo(f"opened with {N:,} replies in {1000 * took:.1f} ms")
        look_up(path)


def look_up(path: Path) -> None:
    """Look replies up all over a large store."""
    keys = [kept(n).key for n in random.Random(0).sample(range(N), 50_000)]
    with ReplyStore(path) as store:
        found = seconds(lambda: store.get_many(keys))
        there = seconds(lambda: store.has(keys))
    click.echo(f"looked up and checked                 {len(keys) / found:9,.0f} /s")
    click.echo(f"looked whether there                  {len(keys) / there:9,.0f} /s")
    database = sqlite3.connect(path)
    marks = ",".join("?" * AT_ONCE)
    query = f"SELECT key, reply, checksum FROM replies WHERE key IN ({marks})"

    def bare() -> None:
        for i in range(0, len(keys), AT_ONCE):
            database.execute(query, keys[i : i + AT_ONCE]).fetchall()

    click.echo(f"floor: SQLite's rows, unread          {len(keys) / seconds(bare):9,.0f} /s")
    click.echo(f"memory at most {memory():.0f} MB")


if __name__ == "__main__":
    main()
