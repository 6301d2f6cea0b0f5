"""What judges say of the dataset, and what is to be thought of the judges.

Every score comes with the annotators that are the very model that judges: such a judge marks its
own work.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from statistics import fmean
from typing import Any

import numpy as np

from finerweb.evaluation import bootstrap
from finerweb.judging import GOLD, VARIANT
from finerweb.llm.schemas import ASPECTS, FAULTS, SCORES
from finerweb.params.judge import JudgeParams
from finerweb.planting import MISSING
from finerweb.tables.io import Row
from finerweb.tally import Tally
from finerweb.verdicts import LISTED, fold

GOOD = 4.0
"""The paper counts the languages whose two scores are below it."""
TOP_TYPES = 5
TABLE_5 = {
    "missing": ("person", "event", "organization", "date", "location"),
    "wrong": ("cultural reference", "person", "location", "scientific concept", "organization"),
    "extra": (),
}
"""The types that the paper names, of what is missing and of what is wrong."""
CONFIDENCE = 0.95


def given(rows: Iterable[Row], about: str) -> list[Row]:
    """Return the rows with a verdict about annotations of one kind, none with planted faults."""
    found = (row for row in rows if row["about"] == about and not row["is_planted"])
    return [row for row in found if row["dropped"] is None]


def figures(rows: Sequence[Row], params: JudgeParams, annotators: Sequence[str]) -> dict[str, Any]:
    """Return a judge's figures over some rows of the `verdicts` table.

    ``annotators`` are those that are the judge's own model.
    """
    of_variant = given(rows, VARIANT)
    as_they_are = [row for row in rows if not row["is_planted"]]
    return {
        "judge_is_annotator": list(annotators),
        **{aspect: interval(_scores(of_variant, aspect), params) for aspect in ASPECTS},
        "errors": errors(of_variant),
        "verdicts": _tally(rows),
        "parse_rate": _share(sum(r["dropped"] is None for r in rows), len(rows)),
        "repairs": Counter(name for row in rows for name in row["repairs"]),
        "cut_off": sum(row["finish_reason"] == "length" for row in rows),
        "retried": sum(row["retried"] for row in rows),
        "prompt_tokens": sum(row["n_prompt_tokens"] for row in rows),
        "output_tokens": sum(row["n_output_tokens"] for row in rows),
        "faults_listed": {kind: _listed_tally(as_they_are, kind) for kind in FAULTS},
        "planted": planted(rows),
        "gold": on_gold(given(rows, GOLD)),
    }


def by_language(
    rows: Mapping[str, Sequence[Row]], params: JudgeParams, annotators: Sequence[str]
) -> dict[str, Any]:
    """Return the figures of all languages and of each.

    Overall there are besides the unweighted means over languages, and in how many of them both
    scores are below `GOOD`.
    """
    languages = {code: figures(some, params, annotators) for code, some in rows.items()}
    overall = figures([row for some in rows.values() for row in some], params, annotators)
    means = {
        aspect: [one[aspect]["mean"] for one in languages.values() if one[aspect]]
        for aspect in ASPECTS
    }
    pairs = list(zip(*means.values(), strict=True))
    below = sum(max(pair) < GOOD for pair in pairs)
    overall["over_languages"] = {
        **{aspect: fmean(found) if found else None for aspect, found in means.items()},
        "languages": len(pairs),
        "both_below_4": below,
        "both_below_4_rate": _share(below, len(pairs)),
    }
    return {"overall": overall, "languages": languages}


def interval(scores: Sequence[int], params: JudgeParams) -> dict[str, Any] | None:
    """Return the mean of scores with its 95 % bootstrap interval, and how often each was given.

    The same scores have the same interval, in whatever order; None of none.
    """
    if not scores:
        return None
    ordered = np.array(sorted(scores), float)[:, None]
    sums = bootstrap.resampled(ordered, params.resamples, params.seed, "judge")
    low, high = bootstrap.interval(sums[:, 0] / len(scores), CONFIDENCE)
    counts = Counter(scores)
    return {
        "mean": fmean(scores),
        "low": low,
        "high": high,
        "passages": len(scores),
        "given": {str(score): counts[score] for score in SCORES},
    }


def errors(rows: Sequence[Row]) -> dict[str, Any]:
    """Return the paper's Table 5 of rows with a verdict: faults by kind, as shares of annotations.

    The types of a kind are the most frequent ones and the paper's, as shares of its faults: of what
    is missing the judge's, of what is wrong or extra the annotation's.
    """
    annotations = sum(len(row["annotations"]) for row in rows)
    table: dict[str, Any] = {"passages": len(rows), "annotations": annotations}
    for kind in FAULTS:
        types: Counter[str] = Counter()
        for row in rows:
            types.update(_types(row, kind))
        n = types.total()
        ranked = sorted(types.items(), key=lambda item: (-item[1], item[0]))
        table[kind] = {
            "faults": n,
            "per_passage": _share(n, len(rows)),
            "share": _share(n, annotations),
            "types": {name: types[name] / n for name in _named(ranked, TABLE_5[kind]) if n},
        }
    return table


def _named(ranked: Sequence[tuple[str, int]], theirs: Sequence[str]) -> list[str]:
    return list(dict.fromkeys([*(name for name, _ in ranked[:TOP_TYPES]), *theirs]))


def _types(row: Row, kind: str) -> Iterator[str]:
    own = {fold(one["text"]): one["type"] for one in reversed(row["annotations"])}
    for one in row["listed"]:
        if one["kind"] == kind and one["status"] == LISTED:
            yield one["type"] if kind == MISSING else own[fold(one["text"])]


def planted(rows: Sequence[Row]) -> dict[str, Any] | None:
    """Return how many of the planted faults a judge finds, of each kind; None without any.

    ``recall`` is the share listed under its kind, ``noticed`` under any; ``before`` is the share
    of the same surfaces that it had listed under that kind of the annotations as they were, where
    they were no fault. The drops are by how much the mean scores fall. A passage that has no
    verdict with the faults counts as nothing found.
    """
    with_plants = [row for row in rows if row["plants"]]
    if not with_plants:
        return None
    as_were = {_which(row): row for row in rows if not row["is_planted"]}
    found: dict[str, Any] = {"passages": len(with_plants)}
    for kind in FAULTS:
        pairs = [
            (row, fold(one["text"]))
            for row in with_plants
            for one in row["plants"]
            if one["kind"] == kind
        ]
        n = len(pairs)
        found[kind] = {
            "planted": n,
            "recall": _share(sum(_lists(row, surface, kind) for row, surface in pairs), n),
            "noticed": _share(sum(_lists(row, surface) for row, surface in pairs), n),
            "before": _share(sum(_lists(as_were[_which(row)], s, kind) for row, s in pairs), n),
        }
    for aspect in ASPECTS:
        both = [(as_were[_which(row)][aspect], row[aspect]) for row in with_plants]
        drops = [before - now for before, now in both if None not in (before, now)]
        found[f"{aspect}_drop"] = fmean(drops) if drops else None
    return found


def _which(row: Row) -> tuple[str, str]:
    return row["passage_id"], row["about"]


def _lists(row: Row, surface: str, kind: str = "") -> bool:
    """Return whether a row lists a surface under a kind, or under any, however it stands."""
    return any(
        one["kind"] == (kind or one["kind"]) and fold(one["text"]) == surface
        for one in row["listed"]
    )


def on_gold(rows: Sequence[Row]) -> dict[str, Any] | None:
    """Return what a judge says of people's own annotations, where all it lists is a false alarm.

    ``false_alarms`` are the annotations it calls extra or wrong, as a share;
    ``missing_per_passage`` is what it finds missing where people marked everything; ``faulted`` the
    share of the passages with which it finds any fault, were it one that cannot be. None without
    such passages.
    """
    if not rows:
        return None
    annotations = sum(len(row["annotations"]) for row in rows)
    called: list[tuple[str, str]] = []
    n_missing = 0
    for row in rows:
        listed = [one for one in row["listed"] if one["status"] == LISTED]
        bad = {fold(one["text"]) for one in listed if one["kind"] != MISSING}
        called += [(row["passage_id"], surface) for surface in bad]
        n_missing += sum(one["kind"] == MISSING for one in listed)
    return {
        "passages": len(rows),
        "annotations": annotations,
        "false_alarms": _share(len(called), annotations),
        "missing_per_passage": n_missing / len(rows),
        "faulted": _share(sum(bool(row["listed"]) for row in rows), len(rows)),
        **{aspect: fmean(_scores(rows, aspect)) for aspect in ASPECTS},
    }


def _scores(rows: Iterable[Row], aspect: str) -> list[int]:
    return [row[aspect] for row in rows]


def _share(n: int, of: int) -> float | None:
    return n / of if of else None


def _tally(rows: Iterable[Row]) -> dict[str, object]:
    tally = Tally()
    for row in rows:
        tally.keep() if row["dropped"] is None else tally.drop(row["dropped"])
    return tally.metrics()


def _listed_tally(rows: Iterable[Row], kind: str) -> dict[str, object]:
    tally = Tally()
    for row in rows:
        for one in row["listed"]:
            if one["kind"] == kind:
                tally.keep() if one["status"] == LISTED else tally.drop(one["status"])
    return tally.metrics()
