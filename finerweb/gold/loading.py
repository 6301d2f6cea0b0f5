"""All the sets that params name, each under its name in as many languages as it is listed in."""

from collections.abc import Iterable
from itertools import groupby

from finerweb.gold.sets import GoldSet, of_passages, read_set
from finerweb.params.evaluate import SAMPLE, EvaluateParams
from finerweb.records import Passage


def read_sets(params: EvaluateParams, passages: Iterable[Passage]) -> list[GoldSet]:
    """Return the gold sets by their names; ``passages`` are those of the corpus, for its own gold.

    Raises:
        FileNotFoundError, ValueError: as `finerweb.gold.sets.read_set` and `of_passages`.
    """
    with_gold = [one for one in passages if one.gold is not None]
    read = [
        of_passages(one, with_gold, params.overlaps)
        if one.kind == SAMPLE
        else read_set(one, params.overlaps)
        for one in sorted(params.sets, key=lambda one: one.name)
    ]
    return [_joined(list(some)) for _, some in groupby(read, key=lambda one: one.name)]


def _joined(parts: list[GoldSet]) -> GoldSet:
    """Return the parts of a set, of a language each, as one; all are asked the types of all."""
    report = parts[0].report
    for part in parts[1:]:
        report += part.report
    return GoldSet(
        parts[0].name,
        tuple(text for part in parts for text in part.texts),
        tuple(dict.fromkeys(kind for part in parts for kind in part.types)),
        report,
    )
