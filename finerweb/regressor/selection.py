"""Which regressor of the grid scores the corpus, and all of them beside the paper's."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

from finerweb.params.train_regressor import Instance

PAPER = Path(__file__).parents[1] / "resources" / "paper_regressors.csv"
"""Table 1 of the paper: class-macro precision, recall and F1, means over languages and seeds."""
FIGURES = ("precision", "recall", "f1")

Metrics = Mapping[Instance, Mapping[str, Any]]


def select(metrics: Metrics, by: str) -> dict[str, Any]:
    """Return the best regressor's name, its score, and by how much it leads.

    Compared is the pooled macro F1 of "useful or not" (the same question for both tasks) on
    held-out passages: first the mean over seeds of each (rater, task, backbone), then the seeds of
    the best. Ties go to what params.yaml lists first. ``lead`` is that of the best mean over the
    second; it is noise where it is smaller than ``spread``, the standard deviation over the seeds.

    Raises:
        ValueError: there is nothing to choose from, or the score is missing.
    """
    if not metrics:
        raise ValueError("no trained regressor to choose from: expected at least one")
    try:
        scores = {one: m["pooled"][by]["f1"] for one, m in metrics.items()}
    except KeyError as error:
        raise ValueError(
            f"select_regressor.by is {by!r}, but a regressor's metrics have no {error}: are there "
            "documents marked `useful` in the source?"
        ) from error
    means = {group: fmean(scores[one] for one in members) for group, members in _groups(scores)}
    best, *others = sorted(means, key=lambda group: -means[group])
    seeds = dict(_groups(scores))[best]
    selected = max(seeds, key=lambda one: scores[one])
    return {
        "selected": selected.name,
        "by": by,
        "f1": scores[selected],
        "mean": means[best],
        "lead": means[best] - means[others[0]] if others else None,
        "spread": _spread([scores[one] for one in seeds]),
        "scores": {one.name: score for one, score in scores.items()},
    }


def comparison(metrics: Metrics) -> dict[str, Any]:
    """Return the figures of each (rater, task, backbone), and the paper's Table 1.

    ``languages`` is the paper's: the mean over languages of class-macro figures after rounding
    (null where none has passages enough); ``pooled``, ``rated`` and ``human`` are over all held-out
    passages. Each has the mean and the standard deviation over the seeds.
    """
    ours: dict[str, Any] = {}
    for (rater, task, backbone), members in _groups(metrics):
        rows = [metrics[one] for one in members]
        found: dict[str, Any] = {
            "seeds": len(rows),
            "languages": _over_seeds([row["mean_over_languages"] for row in rows]),
            "pooled": _over_seeds([row["pooled"]["classes"] for row in rows]),
            "calibration_error": fmean(row["calibration"]["error"] for row in rows),
        }
        for kind in ("rated", "human"):
            found[kind] = _over_seeds([row["pooled"].get(kind) for row in rows])
        ours.setdefault(task, {}).setdefault(rater, {})[backbone] = found
    theirs: dict[str, Any] = {}
    for row in paper():
        figures = {name: float(row[name]) for name in FIGURES}
        theirs.setdefault(row["task"], {}).setdefault(row["rater"], {})[row["backbone"]] = figures
    return {"ours": ours, "paper": theirs}


def paper() -> list[dict[str, str]]:
    """Return the rows of the paper's Table 1."""
    with PAPER.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def bars(metrics: Metrics) -> Iterator[dict[str, object]]:
    """Yield a bar for each (rater, task, backbone) of ours and of the paper's, with its F1."""
    for (rater, task, backbone), members in _groups(metrics):
        f1 = fmean(metrics[one]["pooled"]["classes"]["f1"] for one in members)
        yield {"regressor": f"{task}: {rater}, {backbone}", "f1": round(f1, 4)}
    for row in paper():
        name = f"{row['task']}: {row['rater']}, {row['backbone']} (paper)"
        yield {"regressor": name, "f1": float(row["f1"])}


def confusions(metrics: Mapping[str, Any]) -> Iterator[dict[str, object]]:
    """Yield a row for each held-out passage of a regressor: its class, and the predicted one."""
    for rated, row in metrics["confusion"].items():
        for predicted, n in row.items():
            yield from [{"rated": rated, "predicted": predicted}] * n


def calibrations(metrics: Mapping[str, Any]) -> Iterator[dict[str, object]]:
    """Yield the calibration bins of a regressor."""
    yield from metrics["calibration"]["bins"]


def _groups(
    regressors: Mapping[Instance, object],
) -> Iterator[tuple[tuple[str, str, str], list[Instance]]]:
    """Yield each (rater, task, backbone) with its regressors, one a seed."""
    groups: dict[tuple[str, str, str], list[Instance]] = {}
    for one in regressors:
        groups.setdefault((one.rater, one.task, one.backbone), []).append(one)
    yield from groups.items()


def _over_seeds(rows: Sequence[Mapping[str, float] | None]) -> dict[str, Any] | None:
    known = [row for row in rows if row is not None]
    if not known:
        return None
    return {
        name: {
            "mean": fmean(row[name] for row in known),
            "spread": _spread([row[name] for row in known]),
        }
        for name in FIGURES
    }


def _spread(values: Sequence[float]) -> float | None:
    return stdev(values) if len(values) > 1 else None
