"""GLiNER models as predictors, through the package `gliner` (the extra of that name)."""

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from finerweb.corpus.segmentation import pieces
from finerweb.evaluation.predictors import Predicted
from finerweb.models import resolve
from finerweb.params.evaluate import GlinerParams

Window = tuple[int, int]


class Gliner:
    """A GLiNER model that is asked for some types at a time, in windows of its length.

    Of predictions that overlap the surer one stays.
    """

    def __init__(self, model: Any, params: GlinerParams) -> None:
        self._model = model
        self._params = params
        if params.words == "icu":
            model.data_processor.words_splitter = icu_words

    def predict(self, texts: Sequence[str], types: Sequence[str]) -> list[list[Predicted]]:
        """Return each text's entities; what crosses the border of two windows is not found."""
        windows = [(i, window) for i, text in enumerate(texts) for window in self._windows(text)]
        parts = [texts[i][start:end] for i, (start, end) in windows]
        found: list[list[Predicted]] = [[] for _ in texts]
        size = self._params.types_at_once
        for begin in range(0, len(types) if parts else 0, size):
            some = list(types[begin : begin + size])
            answers = self._model.inference(
                parts,
                some,
                threshold=self._params.threshold,
                batch_size=self._params.batch_size,
            )
            for (i, (start, _)), spans in zip(windows, answers, strict=True):
                found[i] += [
                    Predicted(start + s["start"], start + s["end"], s["label"], float(s["score"]))
                    for s in spans
                ]
        return [surest(spans) for spans in found]

    def _windows(self, text: str) -> Iterator[Window]:
        """Yield the parts of a text that the model reads at once: it drops what is beyond."""
        words = list(self._model.data_processor.words_splitter(text))
        size = self._model.config.max_len
        for begin in range(0, len(words), size):
            some = words[begin : begin + size]
            yield some[0][1], some[-1][2]


def surest(spans: Iterable[Predicted]) -> list[Predicted]:
    """Return spans of which no two overlap, in text order: of two the surer, then the longer."""
    kept: list[Predicted] = []
    for span in sorted(spans, key=lambda s: (-s.score, s.start - s.end, s.start, s.type)):
        if all(span.end <= other.start or other.end <= span.start for other in kept):
            kept.append(span)
    return sorted(kept)


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


def load_gliner(params: GlinerParams) -> Gliner:
    """Return the model that params name.

    Raises:
        ValueError: the package `gliner` is not there, or the folder lacks weights in safetensors or
            its tokenizer.
        OSError: the model cannot be had.
    """
    return Gliner(_model(resolve(params.model), params.words), params)


@cache
def _model(folder: Path, words: str) -> Any:
    try:
        from gliner import GLiNER
    except ImportError as error:
        raise ValueError(
            "GLiNER models need the package gliner: pip install 'finerweb[gliner]', or take the "
            "predictor out of evaluate.predictors"
        ) from error
    for needed in ("model.safetensors", "tokenizer_config.json"):
        if not (folder / needed).is_file():
            raise ValueError(
                f"{folder}: no {needed}; expected what GLiNER's "
                "save_pretrained(folder, safe_serialization=True) writes: a pickle may run code, "
                "and another model's tokenizer would be fetched (docs/gold.md says how)"
            )
    import torch

    device = "cuda" if torch.cuda.is_available() else "cpu"
    return GLiNER.from_pretrained(str(folder), local_files_only=True, map_location=device)
