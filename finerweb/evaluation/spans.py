"""Spans of many passages by columns: what millions of them are matched and counted by."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
WIDTH = 1 << 21
"""More than the code points of any document: (passage, start) is ``passage * WIDTH + start``."""


@dataclass(frozen=True, slots=True)
class SpanColumns:
    """Spans of the passages 0, 1, ..., sorted by passage, start, end and type; all are (n,).

    ``start`` and ``end`` are half-open, in code points (or tokens); types go by their numbers.
    """

    passage: Ints
    start: Ints
    end: Ints
    type: Ints

    def __len__(self) -> int:
        """Return the number of spans."""
        return len(self.start)

    @property
    def starts(self) -> Ints:
        """Return the starts in one line of all passages, (n,), sorted."""
        return self.passage * WIDTH + self.start

    @property
    def ends(self) -> Ints:
        """Return the ends in one line of all passages, (n,)."""
        return self.passage * WIDTH + self.end


def in_order(passage: Ints, start: Ints, end: Ints, kind: Ints) -> SpanColumns:
    """Return the columns sorted.

    Raises:
        ValueError: a span is empty, or there are more passages than one line holds.
    """
    if len(end) and (end.max() >= WIDTH or (start >= end).any() or start.min() < 0):
        raise ValueError(f"expected spans of 0 <= start < end < {WIDTH}")
    if len(passage) and passage.max() >= WIDTH:
        raise ValueError(f"expected fewer than {WIDTH} passages at a time, got {passage.max() + 1}")
    order = np.lexsort((kind, end, start, passage))
    return SpanColumns(passage[order], start[order], end[order], kind[order])


def columns(
    passages: Sequence[Sequence[tuple[int, int, str]]], types: Mapping[str, int]
) -> SpanColumns:
    """Return the spans (start, end, type) of passages by columns, with the types' numbers."""
    lengths = [len(spans) for spans in passages]
    n = sum(lengths)

    def ints(values: Iterator[int]) -> Ints:
        return np.fromiter(values, np.int64, n)

    every = [span for spans in passages for span in spans]
    return in_order(
        np.repeat(np.arange(len(passages)), lengths),
        ints(span[0] for span in every),
        ints(span[1] for span in every),
        ints(types[span[2]] for span in every),
    )


def token_columns(passages: Sequence[Sequence[tuple[int, int]]]) -> SpanColumns:
    """Return the tokens (start, end) of passages by columns, all of one type."""
    flat = chain.from_iterable(chain.from_iterable(passages))
    places = np.fromiter(flat, np.int64).reshape(-1, 2)
    passage = np.repeat(np.arange(len(passages)), [len(tokens) for tokens in passages])
    return in_order(passage, places[:, 0], places[:, 1], np.zeros_like(passage))


def on_tokens(spans: SpanColumns, tokens: SpanColumns) -> SpanColumns:
    """Return spans as runs of tokens: every token they touch, numbered over all passages.

    As one writes tags: a span that touches no token, or one that an earlier span has, is left out.
    """
    first = np.searchsorted(tokens.ends, spans.starts, "right")
    after = np.searchsorted(tokens.starts, spans.ends, "left")
    kept = []
    taken = 0
    for i, (begin, end) in enumerate(zip(first.tolist(), after.tolist(), strict=True)):
        if taken <= begin < end:
            kept.append(i)
            taken = end
    return SpanColumns(spans.passage[kept], first[kept], after[kept], spans.type[kept])
