"""Flat spans: of those that overlap, the one that ranks first stays."""

from bisect import bisect_right, insort
from collections.abc import Iterable
from operator import attrgetter
from typing import Protocol, TypeVar

_start = attrgetter("start")


class Placed(Protocol):
    """Whatever lies in a text: code points from ``start`` up to ``end``, at least one."""

    @property
    def start(self) -> int:
        """Return where it begins."""

    @property
    def end(self) -> int:
        """Return where it ends."""


T = TypeVar("T", bound=Placed)


def flat(ranked: Iterable[T]) -> list[T]:
    """Return, in text order, the items that overlap none kept before them; the best come first.

    >>> from finerweb.records import Span
    >>> flat([Span(0, 4, "a"), Span(3, 9, "b"), Span(4, 6, "c")])
    [Span(start=0, end=4, type='a'), Span(start=4, end=6, type='c')]
    """
    kept: list[T] = []
    for one in ranked:
        i = bisect_right(kept, one.start, key=_start)
        if (not i or kept[i - 1].end <= one.start) and (i == len(kept) or one.end <= kept[i].start):
            insort(kept, one, key=_start)
    return kept
