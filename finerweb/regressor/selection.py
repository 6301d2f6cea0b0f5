"""Which regressor of the grid scores the corpus."""

from collections.abc import Mapping
from typing import Any


def select(metrics: Mapping[str, Any], by: str) -> dict[str, Any]:
    """Return the best regressor's name, its score, and by how much it leads.

    Compared is the pooled macro F1 of ``useful or not`` (the same question for both tasks) on
    held-out passages; ties go to the first name.

    Raises:
        ValueError: there is nothing to choose from, or the score is missing.
    """
    if not metrics:
        raise ValueError("no trained regressor to choose from: expected at least one")
    try:
        scores = {name: m["pooled"][by]["f1"] for name, m in sorted(metrics.items())}
    except KeyError as error:
        raise ValueError(
            f"select_regressor.by is {by!r}, but a regressor's metrics have no {error}: are there "
            "documents marked `useful` in the source?"
        ) from error
    best = max(scores, key=lambda name: scores[name])
    others = [score for name, score in scores.items() if name != best]
    lead = scores[best] - max(others) if others else None
    return {"selected": best, "by": by, "f1": scores[best], "lead": lead, "scores": scores}
