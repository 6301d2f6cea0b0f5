"""All the sets that params name, each under its name in as many languages as it is listed in."""

import logging
from collections.abc import Iterable, Sequence
from itertools import groupby

from finerweb.gold.sets import GoldSet, of_passages, read_set
from finerweb.params.evaluate import SAMPLE, EvaluateParams, GoldSetParams
from finerweb.records import Passage

log = logging.getLogger(__name__)


def read_sets(params: EvaluateParams, passages: Iterable[Passage]) -> list[GoldSet]:
    """Return the gold sets by their names; ``passages`` are those of the corpus, for its own gold.

    Where no passage has gold, that set is left out: one's own documents need not have any.

    Raises:
        FileNotFoundError, ValueError: as `finerweb.gold.sets.read_set`.
    """
    is_asked = any(one.kind == SAMPLE for one in params.sets)
    with_gold = [one for one in passages if one.gold is not None] if is_asked else []
    read = [_read(one, with_gold, params.overlaps) for one in params.sets]
    found = sorted((one for one in read if one), key=lambda one: one.name)
    return [_joined(list(some)) for _, some in groupby(found, key=lambda one: one.name)]


def _read(params: GoldSetParams, with_gold: Sequence[Passage], overlaps: str) -> GoldSet | None:
    if params.kind != SAMPLE:
        return read_set(params, overlaps)
    mine = [one for one in with_gold if params.language in (None, one.language)]
    if not mine:
        log.warning("no passage of the documents has gold: the set %s is left out", params.name)
        return None
    return of_passages(params, mine, overlaps)


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
