"""A regressor as a folder: what `from_pretrained` loads, and the task it was trained for."""

import json
from pathlib import Path
from typing import Any

TASK_FILE = "regressor.json"


def save(model: Any, tokenizer: Any, task: str, out: Path) -> None:
    """Write a regressor to a folder, safetensors only."""
    model.save_pretrained(out)
    tokenizer.save_pretrained(out)
    (out / TASK_FILE).write_text(json.dumps({"task": task}) + "\n", encoding="utf-8")


def load(folder: Path) -> tuple[Any, Any, str]:
    """Return (model, tokenizer, task) of a folder that `save` wrote.

    Raises:
        FileNotFoundError: a file of it is missing; the message names it.
    """
    for needed in ("config.json", "model.safetensors", "tokenizer.json", TASK_FILE):
        if not (folder / needed).is_file():
            raise FileNotFoundError(f"{folder}: no {needed}: expected a trained regressor")
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    task: str = json.loads((folder / TASK_FILE).read_text(encoding="utf-8"))["task"]
    model = AutoModelForSequenceClassification.from_pretrained(folder, use_safetensors=True)
    return model.eval(), AutoTokenizer.from_pretrained(folder), task
