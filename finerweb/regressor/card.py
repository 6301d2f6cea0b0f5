"""The model card of a regressor, made from its metrics, so that its numbers cannot drift."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from finerweb.cards import render
from finerweb.languages import language
from finerweb.params.train_regressor import TrainRegressorParams

TEMPLATE = Path(__file__).parents[1] / "resources" / "regressor_card.jinja"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a regressor comes from: names of params.yaml, and the models behind them."""

    rater: str
    rater_model: str
    backbone: str
    backbone_model: str
    licence: str | None
    task: str
    seed: int
    languages: Sequence[str]


def card(origin: Origin, params: TrainRegressorParams, metrics: dict[str, Any]) -> str:
    """Return README.md: the front matter that the hub reads, then the text for people.

    ``metrics`` is what `finerweb.regressor.validation.report` returns. The licence of a backbone
    that is not known is left to who publishes, and says so.
    """
    name = f"usefulness for NER, {origin.task}"
    scores = metrics["pooled"]["classes"]
    front: dict[str, object] = {
        "license": (origin.licence or "other").lower(),
        "language": sorted({language(code).iso639_3 for code in origin.languages}),
        "pipeline_tag": "text-classification",
        "library_name": "transformers",
        "tags": ["named-entity-recognition", "data-filtering", "regression"],
        "model-index": [
            {
                "name": name,
                "results": [
                    {
                        "task": {"type": "text-classification"},
                        "dataset": {"name": f"ratings by {origin.rater}", "type": "finerweb"},
                        "metrics": [
                            {"type": kind, "name": f"{kind}, class macro", "value": round(value, 4)}
                            for kind, value in scores.items()
                        ],
                    }
                ],
            }
        ],
    }
    if origin.backbone_model.startswith("hub:"):
        front["base_model"] = origin.backbone_model.removeprefix("hub:").partition("@")[0]
    return render(TEMPLATE, front, name=name, origin=origin, params=params, metrics=metrics)
