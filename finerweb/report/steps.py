"""Confidence as the explorer has it: short numbers, and the steps by which it filters.

Students that learnt little give all entities next to nothing, good ones give half of them next to
1: steps of equal width would part neither. So the steps are where entities are.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from decimal import ROUND_FLOOR, Context
from itertools import accumulate
from typing import Any

STEPS = 20
"""Between two of them is about the same share of the entities."""
_SHOWN = Context(prec=4, rounding=ROUND_FLOOR)
_STEP = Context(prec=2, rounding=ROUND_FLOOR)


def short(confidence: float) -> float:
    """Return a confidence of four digits, rounded down, so that it stays below each such edge.

    >>> short(0.00099999), short(0.123456)
    (0.0009999, 0.1234)
    """
    return float(_SHOWN.create_decimal(repr(confidence)))


def filter_of(found: Mapping[float | str, int], edges: Sequence[float]) -> dict[str, Any] | None:
    """Return what the filter by confidence knows of all entities; None where there is none.

    ``found`` is how many have each confidence, as `short` gives it, or each reason for none;
    ``edges`` part the subsets. A step is ``[confidence, entities at least so sure]``.
    """
    counts = {one: n for one, n in found.items() if isinstance(one, float)}
    without = {one: n for one, n in found.items() if isinstance(one, str)}
    if not found:
        return None
    return {
        "edges": list(edges),
        "entities": sum(counts.values()),
        "steps": steps(counts, edges),
        "without": dict(sorted(without.items())),
    }


def steps(counts: Mapping[float, int], edges: Sequence[float]) -> list[tuple[float, int]]:
    """Return confidences that rise, each with how many entities are at least so sure.

    ``counts`` is how many entities have each confidence. All edges are steps; of the others there
    are fewer where many entities are equally sure.
    """
    values = sorted(counts)
    before = [0, *accumulate(counts[value] for value in values)]
    total = before[-1]
    ranks = (total * n // STEPS for n in range(1, STEPS)) if total else ()
    chosen = {_round(values[bisect_right(before, rank) - 1]) for rank in ranks}
    return [(one, total - before[bisect_left(values, one)]) for one in sorted(chosen | set(edges))]


def _round(confidence: float) -> float:
    """Return a confidence of two digits; near 1, where these part nothing, as it is."""
    return confidence if confidence > 0.9 else float(_STEP.create_decimal(repr(confidence)))
