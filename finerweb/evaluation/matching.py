"""Which predicted spans are right, by four rules from strict to lenient, for millions at a time.

``exact`` and ``mention`` compare places (with types, and without). ``partial`` and ``type`` are
those of SemEval-2013 task 9.1, as the package nervaluate has them: a prediction meets the first
gold span it overlaps that no earlier prediction met. A test holds all of them to that package.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from finerweb.evaluation.spans import WIDTH, Ints, SpanColumns

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Credits:
    """What each prediction earns, (n,): 0 or 1; a half for part of a place under ``partial``."""

    exact: Flags
    mention: Flags
    partial: Floats
    type: Floats


def credits_of(gold: SpanColumns, predicted: SpanColumns) -> Credits:
    """Return what each prediction earns; a gold span is met once by each rule."""
    meetings = _Meetings(gold, predicted)
    return Credits(
        exact(gold, predicted),
        _met(_place(gold), _place(predicted)),
        meetings.partial(),
        meetings.type(),
    )


def exact(gold: SpanColumns, predicted: SpanColumns) -> Flags:
    """Return which predictions have the place and type of a gold span, (n,), each once."""
    _, numbers = np.unique(np.concatenate([_place(gold), _place(predicted)]), return_inverse=True)
    n_types = int(max(gold.type.max(initial=0), predicted.type.max(initial=0))) + 1
    keys = numbers * n_types + np.concatenate([gold.type, predicted.type])
    return _met(keys[: len(gold)], keys[len(gold) :])


def _place(spans: SpanColumns) -> Ints:
    """Return one number for passage, start and end; it grows as the spans do."""
    return spans.starts * WIDTH + spans.end


def _met(gold: Ints, predicted: Ints) -> Flags:
    """Return which predicted keys are gold, (n,); one that comes twice has to be gold twice.

    Both are sorted.
    """
    first = np.searchsorted(predicted, predicted, "left")
    nth = np.arange(len(predicted)) - first
    there = np.searchsorted(gold, predicted, "right") - np.searchsorted(gold, predicted, "left")
    return nth < there


class _Meetings:
    """Which gold spans each prediction overlaps, as ranges; most meet one another alone."""

    def __init__(self, gold: SpanColumns, predicted: SpanColumns) -> None:
        self._gold, self._predicted = gold, predicted
        self._low, self._high = _overlapped(predicted, gold)
        low, high = _overlapped(gold, predicted)
        is_one = self._high - self._low == 1
        mate = np.where(is_one, self._low, 0)
        self._alone = is_one & (high - low == 1)[mate] if len(gold) else is_one
        self._mate = mate[self._alone]
        self._crowded = np.flatnonzero(~self._alone & (self._high > self._low))

    def partial(self) -> Floats:
        """Return 1 for a gold span's place, a half for a part of one."""
        credit = np.zeros(len(self._predicted))
        gold, alone = self._gold, self._alone
        is_place = (self._predicted.start[alone] == gold.start[self._mate]) & (
            self._predicted.end[alone] == gold.end[self._mate]
        )
        credit[alone] = np.where(is_place, 1.0, 0.5)
        taken = bytearray(len(gold))
        starts, ends = gold.starts.tolist(), gold.ends.tolist()
        for i, begin, end, _, mates in self._crowd():
            free = [m for m in mates if not taken[m] and starts[m] < end and begin < ends[m]]
            if free:
                same = [m for m in free if starts[m] == begin and ends[m] == end]
                taken[(same or free)[0]] = 1
                credit[i] = 1.0 if same else 0.5
        return credit

    def type(self) -> Floats:
        """Return 1 where a gold span of the type is overlapped, the nearest one."""
        credit = np.zeros(len(self._predicted))
        gold, alone = self._gold, self._alone
        credit[alone] = self._predicted.type[alone] == gold.type[self._mate]
        taken = bytearray(len(gold))
        starts, ends, types = gold.starts.tolist(), gold.ends.tolist(), gold.type.tolist()
        for i, begin, end, kind, mates in self._crowd():
            free = [m for m in mates if not taken[m] and starts[m] < end and begin < ends[m]]
            same = [m for m in free if types[m] == kind]
            if same:
                far = [abs(starts[m] - begin) + abs(ends[m] - end) for m in same]
                taken[same[far.index(min(far))]] = 1
                credit[i] = 1.0
            elif free:
                taken[free[0]] = 1
        return credit

    def _crowd(self) -> "zip[tuple[int, int, int, int, range]]":
        """Return each crowded prediction: number, start, end, type, the gold it may overlap."""
        some = self._crowded
        predicted = self._predicted
        return zip(
            some.tolist(),
            predicted.starts[some].tolist(),
            predicted.ends[some].tolist(),
            predicted.type[some].tolist(),
            map(range, self._low[some].tolist(), self._high[some].tolist()),
            strict=True,
        )


def _overlapped(spans: SpanColumns, others: SpanColumns) -> tuple[Ints, Ints]:
    """Return a range (n,), (n,) of the others for each span that holds all it overlaps.

    Where none of the others overlap one another it holds nothing else.
    """
    reach = np.maximum.accumulate(others.ends) if len(others) else others.ends
    low = np.searchsorted(reach, spans.starts, "right")
    high = np.searchsorted(others.starts, spans.ends, "left")
    return low.astype(np.int64), np.maximum(high, low).astype(np.int64)
