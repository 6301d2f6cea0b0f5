"""A regressor as a folder: what `from_pretrained` loads, and how it was trained."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

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


def load(folder: Path) -> tuple[Any, Any, Trained]:
    """Return (model, tokenizer, how it was trained) of a folder that `save` wrote.

    Raises:
        FileNotFoundError: a file of it is missing; the message names it.
    """
    for needed in ("config.json", "model.safetensors", "tokenizer.json", TRAINED):
        if not (folder / needed).is_file():
            raise FileNotFoundError(f"{folder}: no {needed}: expected a trained regressor")
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    trained = Trained(**json.loads((folder / TRAINED).read_text(encoding="utf-8")))
    model = AutoModelForSequenceClassification.from_pretrained(folder, use_safetensors=True)
    return model.eval(), AutoTokenizer.from_pretrained(folder), trained
