"""One look for all progress: a bar on a terminal, a line every few seconds elsewhere."""

import logging
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

LINE_SECONDS = 15.0

log = logging.getLogger(__name__)


@contextmanager
def bar(what: str, total: int) -> Iterator[Callable[[int], None]]:
    """Yield a function that reports so many more of ``total`` done."""
    if sys.stderr.isatty():
        with _rich(what, total) as advance:
            yield advance
        return
    with _lines(what, total) as advance:
        yield advance


@contextmanager
def _lines(what: str, total: int) -> Iterator[Callable[[int], None]]:
    begun = last = time.monotonic()
    done = 0

    def advance(n: int) -> None:
        nonlocal done, last
        done += n
        now = time.monotonic()
        if done == total or now - last >= LINE_SECONDS:
            last = now
            log.info("%s: %d/%d, %.1f/s", what, done, total, done / max(now - begun, 1e-9))

    yield advance


@contextmanager
def _rich(what: str, total: int) -> Iterator[Callable[[int], None]]:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True)) as progress:
        task = progress.add_task(what, total=total)
        yield lambda n: progress.advance(task, n)
