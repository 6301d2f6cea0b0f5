"""What the tests of Binder share: its params made small."""

from pathlib import Path
from typing import Any

import yaml
from reach import ROOT

from finerweb.binder.folder import save
from finerweb.binder.likeness import Likeness
from finerweb.binder.manifest import Origin
from finerweb.binder.model import new_binder
from finerweb.params.train_binder import TrainBinderParams

SECTION = yaml.safe_load((ROOT / "params.yaml").read_text("utf-8"))["train_binder"]
SMALL = {"max_length": 48, "stride": 8, "projection": 16, "max_width": 12, "dropout": 0.1}


def params(model: dict[str, Any] | None = None, **changes: Any) -> TrainBinderParams:
    """Return the section as params.yaml has it, made small."""
    small = {"tokens": 256, "epochs": 2, "precision": "float32", "freeze_embeddings": False}
    whole = SECTION | small | changes
    return TrainBinderParams.model_validate(
        whole | {"model": SECTION["model"] | SMALL | (model or {})}
    )


NOTHING = Likeness({}, {})


def write_untaught(encoder: Path, folder: Path, *languages: str) -> Path:
    """Write a Binder that has learnt nothing, of these languages; return its folder."""
    binder = new_binder(encoder, None, params().model, 0)
    save(binder, Origin("merged-multi", languages, folder.name, 0, "mirror:x", None), folder)
    return folder
