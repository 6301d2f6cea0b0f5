"""A Binder as a folder: safetensors alone, and a manifest that says what made it."""

import json
from dataclasses import asdict
from pathlib import Path

from finerweb.binder.manifest import MANIFEST, Origin, manifest
from finerweb.binder.model import Binder, load_encoder, new_heads
from finerweb.params.train_binder import ModelParams

HEADS = "heads.safetensors"
TEXT, TYPE = "text", "type"


def save(binder: Binder, origin: Origin, out: Path) -> None:
    """Write a Binder to a folder: its encoders, its projections, its manifest."""
    from safetensors.torch import save_file

    parts = {TEXT: binder.text}
    if binder.type.model is not binder.text.model:
        parts[TYPE] = binder.type
    for name, encoder in parts.items():
        encoder.model.save_pretrained(out / name)
        encoder.tokenizer.save_pretrained(out / name)
    weights = {name: tensor.contiguous() for name, tensor in binder.heads.state_dict().items()}
    save_file(weights, out / HEADS)
    said = {
        "origin": asdict(origin),
        "encoders": list(parts),
        "params": binder.params.model_dump(),
    }
    (out / MANIFEST).write_text(json.dumps(said, indent=2) + "\n", encoding="utf-8")


def load(folder: Path) -> Binder:
    """Return the Binder of a folder that `save` wrote, ready to find entities: on a GPU if any.

    Raises:
        FileNotFoundError: a file of it is missing; the message names it.
        ValueError: the projections do not fit the manifest; or as
            `finerweb.binder.model.load_encoder`.
    """
    from safetensors.torch import load_file

    _need(folder, MANIFEST)
    said = manifest(folder)
    for name in said["encoders"]:
        _need(folder, f"{name}/config.json")
        _need(folder, f"{name}/model.safetensors")
    _need(folder, HEADS)
    params = ModelParams.model_validate(said["params"])
    text = load_encoder(folder / TEXT)
    kind = load_encoder(folder / TYPE) if TYPE in said["encoders"] else text
    heads = new_heads(text.model.config.hidden_size, kind.model.config.hidden_size, params)
    try:
        heads.load_state_dict(load_file(folder / HEADS))
    except RuntimeError as error:
        raise ValueError(
            f"{folder / HEADS}: does not fit {MANIFEST} and the encoders beside it: {error}"
        ) from error
    binder = Binder(text, kind, heads, params)
    binder.to_accelerator()
    binder.modules.eval()
    return binder


def _need(folder: Path, name: str) -> None:
    if not (folder / name).is_file():
        raise FileNotFoundError(f"{folder}: no {name}: expected a trained Binder")
