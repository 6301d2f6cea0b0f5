"""A regressor as a folder: what `from_pretrained` loads, and how it was trained."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from finerweb.regressor.scoring import predict
from finerweb.regressor.tasks import quality

TRAINED = "regressor.json"


@dataclass(frozen=True, slots=True)
class Trained:
    """How a regressor was trained, as far as its predictions' readers must know."""

    task: str
    useful_from: float
    max_length: int


def save(model: Any, tokenizer: Any, trained: Trained, out: Path) -> None:
    """Write a regressor to a folder, safetensors only."""
    model.save_pretrained(out)
    tokenizer.save_pretrained(out)
    (out / TRAINED).write_text(json.dumps(asdict(trained), indent=2) + "\n", encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Regressor:
    """A trained regressor with its tokenizer."""

    model: Any
    tokenizer: Any
    trained: Trained
    precision: str = "float32"

    def qualities(self, texts: Sequence[str], tokens: int) -> list[float]:
        """Return the quality score of each text: above 0.5 where it is useful.

        ``tokens`` is how many a batch has, as in `finerweb.regressor.scoring.predict`.
        """
        trained = self.trained
        raw = predict(self.model, self.tokenizer, texts, trained.max_length, tokens, self.precision)
        return [quality(float(value), trained.task, trained.useful_from) for value in raw]


def load(folder: Path, precision: str = "float32") -> Regressor:
    """Return the regressor of a folder that `save` wrote, to predict in a precision (`predict`).

    Raises:
        FileNotFoundError: a file of it is missing; the message names it.
    """
    for needed in ("config.json", "model.safetensors", "tokenizer.json", TRAINED):
        if not (folder / needed).is_file():
            raise FileNotFoundError(f"{folder}: no {needed}: expected a trained regressor")
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    trained = Trained(**json.loads((folder / TRAINED).read_text(encoding="utf-8")))
    model = AutoModelForSequenceClassification.from_pretrained(
        folder, dtype="float32", use_safetensors=True
    )
    return Regressor(model.eval(), AutoTokenizer.from_pretrained(folder), trained, precision)
