"""The answers of all students, put together: one row an entity, means over seeds."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from finerweb.confidence.folds import Corpus, Labelled
from finerweb.confidence.students import Answers, Work
from finerweb.tables.io import Row
from finerweb.tally import Tally


def rows(corpus: Corpus, code: str, work: Work, answers: Answers) -> Iterator[Row]:
    """Yield the rows of a language's `confidence` table, in the order of its key."""
    said = {
        fold: [iter(answers.of(fold, seed, code).to_pylist()) for seed in work.seeds]
        for fold in range(work.folds)
    }
    for one in corpus[code]:
        for start, end, _ in one.entities:
            place = {"passage_id": one.passage_id, "start": start, "end": end, "fold": one.fold}
            yield place | together([next(seed) for seed in said[one.fold]])


def together(said: Sequence[Row]) -> Row:
    """Return the columns of an entity from its answers by seed, which are all null or none.

    Confidence is the mean over labels and seeds, spread the population's standard deviation, over
    seeds, of the mean over labels.
    """
    if said[0]["probabilities"] is None:
        nothing = dict.fromkeys(("probabilities", "confidence", "spread"))
        return nothing | {"reason": said[0]["reason"]}
    by_seed = np.array([one["probabilities"] for one in said], np.float64)  # (seeds, labels)
    means = by_seed.mean(axis=1)
    return {
        "probabilities": by_seed.mean(axis=0).tolist(),
        "confidence": float(means.mean()),
        "spread": float(means.std()),
        "reason": None,
    }


def counted(found: Sequence[Row]) -> Tally:
    """Return how many entities have a confidence, and why others have none."""
    tally = Tally()
    for row in found:
        if row["reason"] is None:
            tally.keep()
        else:
            tally.drop(row["reason"])
    return tally


def of_folds(corpus: Corpus, work: Work, answers: Answers) -> dict[str, Any]:
    """Return what each fold has, and how its students' trainings went, for the metrics."""
    return {
        str(fold): {
            "passages": _passages([o for some in corpus.values() for o in some if o.fold == fold]),
            "trainings": {str(seed): answers.told(fold, seed) for seed in work.seeds},
        }
        for fold in range(work.folds)
    }


def _passages(held: Sequence[Labelled]) -> dict[str, int]:
    """Return how many passages a fold holds out, and how many of them others never learn."""
    counts = Counter(one.has_gold for one in held)
    return {"held_out": len(held), "with_gold": counts[True]}
