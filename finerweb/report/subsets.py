"""What confidence says: four subsets, by language, annotators and type; and whether it is right."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from finerweb.evaluation.types import coarse
from finerweb.params.confidence import ConfidenceParams
from finerweb.records import Span
from finerweb.tables.io import Row

FOUND = 0.5
"""The paper counts entities that its students found: these are at least so probable."""
PAPER = {"above": 0.97, "share_above": 0.5}
"""Section 3.4: of the entities found, about half have a higher probability than 0.97."""
HISTOGRAM = ("source", "confidence", "share")
CALIBRATION = ("confidence", "place", "place_and_type", "entities")
PLACE, COARSE = "place", "place and coarse type"
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Scored:
    """Entities that have a confidence, n of them: the groups each is in, and what gold says.

    ``confidence`` and ``spread`` are (n,). ``is_right`` is None for one of a passage without gold,
    else whether gold has its place, and whether that has its coarse type too.
    """

    confidence: Floats
    spread: Floats
    languages: list[str]
    sources: list[str]
    agreement: list[str]
    labels: list[tuple[str, ...]]
    is_right: list[tuple[bool, bool] | None]


Gold = Mapping[str, Sequence[Span]]
"""Passage -> its gold spans; one without gold is not there."""


def scored(languages: Iterator[tuple[str, list[Row], list[Row], Gold]]) -> Scored:
    """Return the entities that have a confidence, of (language, confidence, entities, gold).

    The rows of confidence and of entities are of the same entities, in the same order.
    """
    values: list[tuple[float, float]] = []
    found = Scored(np.empty(0), np.empty(0), [], [], [], [], [])
    for code, rows, entities, gold in languages:
        for row, entity in zip(rows, entities, strict=True):
            if row["confidence"] is None:
                continue
            values.append((row["confidence"], row["spread"]))
            names = sorted({one["annotator"] for one in entity["sources"]})
            found.languages.append(code)
            found.sources.append("+".join(names))
            found.agreement.append(_agreement(len(names), len(entity["labels"])))
            found.labels.append(tuple(entity["labels"]))
            found.is_right.append(_is_right(entity, gold))
    confidence, spread = np.array(values, np.float64).reshape(-1, 2).T
    lists = found.languages, found.sources, found.agreement, found.labels, found.is_right
    return Scored(confidence, spread, *lists)


def _agreement(annotators: int, labels: int) -> str:
    if annotators == 1:
        return "one annotator"
    return "several, one type" if labels == 1 else "several, several types"


def _is_right(entity: Row, gold: Gold) -> tuple[bool, bool] | None:
    if entity["passage_id"] not in gold:
        return None
    place = entity["start"], entity["end"]
    types = {coarse(g.type) for g in gold[entity["passage_id"]] if (g.start, g.end) == place}
    return bool(types), bool(types & {coarse(label) for label in entity["labels"]})


def subset(confidence: Floats, edges: Sequence[float]) -> NDArray[np.int64]:
    """Return the subset of each, (n,), from 1, the least sure, to 4; at an edge it is above it."""
    return np.searchsorted(np.array(edges), confidence, side="right") + 1


def figures(found: Scored, params: ConfidenceParams) -> dict[str, Any]:
    """Return what the metrics file says."""
    counts: dict[str, int] = {}
    for label in (one for labels in found.labels for one in labels):
        counts[label] = counts.get(label, 0) + 1
    top = sorted(counts, key=lambda name: (-counts[name], name))[: params.top_types]
    types = {name: [name in labels for labels in found.labels] for name in top}
    return {
        "edges": params.edges,
        "overall": of_some(found, np.ones(len(found.labels), bool), params.edges),
        "languages": _of_groups(found, found.languages, params.edges),
        "sources": _of_groups(found, found.sources, params.edges),
        "agreement": _of_groups(found, found.agreement, params.edges),
        "types": {n: of_some(found, np.array(is_in), params.edges) for n, is_in in types.items()},
        "gold": of_gold(found, params),
        "paper": PAPER | {"ours": above(found.confidence)},
    }


def above(confidence: Floats) -> float | None:
    """Return the share of entities found that are above the paper's edge; None of none found."""
    found = confidence[confidence >= FOUND]
    return float((found > PAPER["above"]).mean()) if len(found) else None


def _of_groups(found: Scored, groups: Sequence[str], edges: Sequence[float]) -> dict[str, Any]:
    names = np.array(groups, dtype=object)
    return {name: of_some(found, names == name, edges) for name in sorted(set(groups))}


def of_some(found: Scored, which: NDArray[np.bool_], edges: Sequence[float]) -> dict[str, Any]:
    """Return the figures of those entities: means, the share found, and of each subset how many."""
    some, spread = found.confidence[which], found.spread[which]
    counts = np.bincount(subset(some, edges), minlength=len(edges) + 2)[1:]
    nothing = not len(some)
    return {
        "entities": len(some),
        "mean": None if nothing else float(some.mean()),
        "median": None if nothing else float(np.median(some)),
        "spread": None if nothing else float(spread.mean()),
        "found": None if nothing else float((some >= FOUND).mean()),
        "subsets": {str(number): int(n) for number, n in enumerate(counts, 1)},
    }


def of_gold(found: Scored, params: ConfidenceParams) -> dict[str, Any] | None:
    """Return how often entities of passages with gold are right, by subset; None without gold.

    ``calibration_error`` is the mean distance of confidence and the share that is right, over
    ``bins`` of like confidences, each as heavy as its entities are many (ECE). ``auc`` is how
    probably an entity that is right is surer than one that is wrong; None where all are the one or
    the other.
    """
    known = np.array([right is not None for right in found.is_right], bool)
    if not known.any():
        return None
    some = found.confidence[known]
    number = subset(some, params.edges)
    rights = np.array([right for right in found.is_right if right is not None])
    told: dict[str, Any] = {"entities": int(known.sum())}
    for name, right in zip((PLACE, COARSE), rights.T, strict=True):
        off = sum(
            len(which) * abs(float(some[which].mean() - right[which].mean()))
            for which in _binned(some, params.bins)
        )
        told[name] = {
            "right": float(right.mean()),
            "subsets": {
                str(n): float(right[number == n].mean()) if (number == n).any() else None
                for n in range(1, len(params.edges) + 2)
            },
            "calibration_error": off / len(some),
            "auc": _auc(some, right),
        }
    return told


def _binned(confidence: Floats, bins: int) -> list[NDArray[np.int64]]:
    """Return the entities of each bin, surer ones in later bins, as many in each (but for one).

    Bins of equal width would have nearly all entities in one where students are sure of nothing.
    """
    order = np.argsort(confidence, kind="stable")
    return np.array_split(order, min(bins, len(order)))


def _auc(confidence: Floats, right: NDArray[np.bool_]) -> float | None:
    good, bad = np.sort(confidence[right]), np.sort(confidence[~right])
    if not len(good) or not len(bad):
        return None
    below = np.searchsorted(bad, good, "left") + np.searchsorted(bad, good, "right")
    return float(below.sum() / 2 / len(good) / len(bad))


def histogram(found: Scored, bins: int) -> Iterator[dict[str, object]]:
    """Yield the points of the plot of confidences, by who found the entities: shares of each."""
    names = np.array(found.sources, dtype=object)
    for name in sorted(set(found.sources)):
        some = found.confidence[names == name]
        counts, borders = np.histogram(some, bins, (0.0, 1.0))
        for n, begin in zip(counts.tolist(), borders.tolist(), strict=False):
            yield {"source": name, "confidence": begin, "share": n / len(some)}


def calibration(found: Scored, bins: int) -> Iterator[dict[str, object]]:
    """Yield the points of the calibration plot; none without gold."""
    known = np.array([right is not None for right in found.is_right], bool)
    if not known.any():
        return
    confidence = found.confidence[known]
    rights = np.array([right for right in found.is_right if right is not None], bool)
    for which in _binned(confidence, bins):
        place, kind = rights[which].mean(0).tolist()
        values = float(confidence[which].mean()), place, kind, len(which)
        yield dict(zip(CALIBRATION, values, strict=True))
