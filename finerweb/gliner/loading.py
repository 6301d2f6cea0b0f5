"""GLiNER models: loaded from a folder, or begun anew on an encoder."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from finerweb.corpus.segmentation import pieces
from finerweb.regressor.encoders import check

SPANS = "UniEncoderSpanGLiNER"
"""Models that score spans; others score words, or read texts and types apart."""


def icu_words(text: str) -> Iterator[tuple[str, int, int]]:
    """Yield the words of a text and what stands between them as GLiNER takes them.

    Its own are runs of letters, so that a clause of Thai or Chinese is one.
    """
    at = 0
    for piece in pieces(text):
        for part in piece.split():
            start = text.index(part, at)
            at = start + len(part)
            yield part, start, at


def saved(folder: Path) -> Any:
    """Return the model of a folder.

    Raises:
        ValueError: the package `gliner` is not there, or the folder lacks weights in safetensors or
            its tokenizer.
    """
    kind = _package()
    for needed in ("model.safetensors", "tokenizer_config.json"):
        if not (folder / needed).is_file():
            raise ValueError(
                f"{folder}: no {needed}; expected what GLiNER's "
                "save_pretrained(folder, safe_serialization=True) writes: a pickle may run code, "
                "and another model's tokenizer would be fetched (docs/gold.md says how)"
            )
    return kind.from_pretrained(str(folder), local_files_only=True, map_location=_device())


def begun(encoder: Path, max_words: int, max_width: int, seed: int) -> Any:
    """Return a model that knows no type yet, on an encoder: its other weights are by the seed.

    It reads ``max_words`` words at once and has spans of up to ``max_width`` of them.

    Raises:
        ValueError: the package `gliner` is not there, or as `finerweb.regressor.encoders.check`.
    """
    kind = _package()
    check(encoder)
    import torch
    from transformers import AutoConfig

    torch.manual_seed(seed)
    shape = {
        "hidden_size": AutoConfig.from_pretrained(encoder).hidden_size,
        "max_len": max_words,
        "max_width": max_width,
    }
    return kind.from_config({"model_name": str(encoder)} | shape, map_location=_device())


def _package() -> Any:
    try:
        from gliner import GLiNER
    except ImportError as error:
        raise ValueError(
            "GLiNER models need the package gliner: pip install -e '.[gliner]' in a checkout; or "
            "do without: take the predictor out of evaluate.predictors, set confidence.student to "
            "binder"
        ) from error
    return GLiNER


def _device() -> str:
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"
