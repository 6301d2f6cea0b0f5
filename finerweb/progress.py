"""One look for all progress: a bar on a terminal, a line of JSON every few seconds elsewhere."""

import json
import logging
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

LINE_SECONDS = 10.0

log = logging.getLogger(__name__)


class Advance(Protocol):
    """Reports so many more done, and what else they came to: ``tokens=120, money=0.01``."""

    def __call__(self, n: int = 1, **amounts: float) -> None:
        """Report."""


@contextmanager
def bar(what: str, total: int) -> Iterator[Advance]:
    """Yield a function that reports so many more of ``total`` done."""
    progress = _Done(what, total)
    if sys.stderr.isatty():
        with _rich(progress) as advance:
            yield advance
        return
    last = progress.begun

    def advance_lines(n: int = 1, **amounts: float) -> None:
        nonlocal last
        progress.add(n, amounts)
        now = time.monotonic()
        if progress.done == total or now - last >= LINE_SECONDS:
            last = now
            log.info("%s", json.dumps({"what": what} | progress.figures()))

    yield advance_lines


class _Done:
    """What is done, and what it came to."""

    def __init__(self, what: str, total: int) -> None:
        self.what = what
        self.total = total
        self.done = 0
        self.begun = time.monotonic()
        self.amounts: Counter[str] = Counter()

    def add(self, n: int, amounts: dict[str, float]) -> None:
        self.done += n
        self.amounts.update(amounts)

    def figures(self) -> dict[str, Any]:
        """Return the counts, the speeds, the seconds left, and the money so far."""
        seconds = max(time.monotonic() - self.begun, 1e-9)
        left = (self.total - self.done) * seconds / self.done if self.done else None
        figures: dict[str, Any] = {
            "done": self.done,
            "total": self.total,
            "per_second": round(self.done / seconds, 2),
            "seconds_left": None if left is None else round(left),
        }
        if "tokens" in self.amounts:
            figures["tokens_per_second"] = round(self.amounts["tokens"] / seconds, 1)
        if self.amounts["money"]:
            figures["money"] = round(self.amounts["money"], 4)
        return figures


@contextmanager
def _rich(done: _Done) -> Iterator[Advance]:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    more = (TimeRemainingColumn(), TextColumn("{task.fields[speed]}"))
    with Progress(*columns, *more, console=Console(stderr=True)) as progress:
        task = progress.add_task(done.what, total=done.total, speed="")

        def advance(n: int = 1, **amounts: float) -> None:
            done.add(n, amounts)
            figures = done.figures()
            told = [f"{figures['per_second']:.1f}/s"]
            if "tokens_per_second" in figures:
                told.append(f"{figures['tokens_per_second']:.0f} tokens/s")
            if "money" in figures:
                told.append(f"{figures['money']:.2f} spent")
            progress.update(task, advance=n, speed=", ".join(told))

        yield advance
