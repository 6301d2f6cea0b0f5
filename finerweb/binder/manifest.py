"""What a folder of a Binder says of it, read without its weights; and which students there are."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from finerweb.params.train_binder import JOINT

MANIFEST = "binder.json"


@dataclass(frozen=True, slots=True)
class Origin:
    """What a Binder was trained on and from: names of params.yaml, and the models behind them."""

    variant: str
    languages: tuple[str, ...]
    setup: str
    seed: int
    encoder: str
    type_encoder: str | None


def manifest(folder: Path) -> dict[str, Any]:
    """Return what `finerweb.binder.folder.save` noted: ``origin``, ``encoders`` and ``params``."""
    said: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    return said


def folder_for(instance: Path, language: str) -> Path | None:
    """Return the Binder of an instance's folder that reads a language: its own, or the joint one.

    None where the instance has neither, as one with a student for each of some languages may.
    """
    folders = (instance / name for name in (language, JOINT))
    return next((one for one in folders if (one / MANIFEST).is_file()), None)


def learnt(instance: Path) -> set[str]:
    """Return the languages that the students of an instance's folder have learnt from."""
    told = (manifest(path.parent)["origin"] for path in instance.glob(f"*/{MANIFEST}"))
    return {code for origin in told for code in origin["languages"]}
