"""The encoder that a regressor is fine-tuned from: weights that run no code, one output."""

import json
import logging
from pathlib import Path
from typing import Any

log = logging.getLogger(__name__)
NEW_LAYERS = ("classifier", "pooler", "score")
"""Layers that a regressor has and its encoder may lack."""


def has_bfloat16() -> bool:
    """Return whether this machine computes in bfloat16: the other half precision is never taken."""
    import torch

    if torch.cuda.is_available() and not torch.cuda.is_bf16_supported(including_emulation=False):
        log.warning("this GPU has no bfloat16: float32 is used")
        return False
    return True


def load_encoder(folder: Path, mean: float, freeze_embeddings: bool) -> tuple[Any, Any]:
    """Return (model, tokenizer): the encoder with one output that starts at ``mean``.

    Raises:
        ValueError: as `check`; or the weights are of another kind of encoder than config.json says.
    """
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    check(folder)
    model, loaded = AutoModelForSequenceClassification.from_pretrained(
        folder,
        num_labels=1,
        problem_type="regression",
        dtype=torch.float32,
        use_safetensors=True,
        output_loading_info=True,
    )
    missing = [k for k in sorted(loaded["missing_keys"]) if not any(n in k for n in NEW_LAYERS)]
    if missing:
        raise ValueError(
            f"{folder}: its weights have no {missing[0]} and {len(missing) - 1} more that its "
            f"config.json ({type(model).__name__}) names: expected the weights of that encoder"
        )
    # From the mean on there is only the difference to learn, in the few steps of a small grid.
    head = [m for m in model.modules() if isinstance(m, torch.nn.Linear) and m.out_features == 1]
    torch.nn.init.constant_(head[-1].bias, mean)
    if freeze_embeddings:
        model.get_input_embeddings().requires_grad_(False)
    return model, AutoTokenizer.from_pretrained(folder)


def check(folder: Path) -> None:
    """Refuse a folder whose loading could run code that came with it.

    Raises:
        ValueError: there are no safetensors, or the folder wants Python of its own.
    """
    if not any(folder.glob("*.safetensors")):
        found = ", ".join(sorted(path.name for path in folder.iterdir())) or "nothing"
        raise ValueError(
            f"{folder}: expected weights in *.safetensors, found {found}; a pickle (*.bin, *.pt) "
            "can run code when it is loaded and never is: convert it with a library you trust, or "
            "name a revision that has safetensors"
        )
    for name in ("config.json", "tokenizer_config.json"):
        path = folder / name
        wanted = json.loads(path.read_text("utf-8")).get("auto_map") if path.is_file() else None
        if wanted:
            raise ValueError(
                f"{path}: wants code of its own (auto_map: {wanted}), which is never run: name an "
                "encoder whose architecture transformers has"
            )
