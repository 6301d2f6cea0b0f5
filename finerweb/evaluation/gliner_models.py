"""GLiNER models as predictors, through the package `gliner` (the extra of that name)."""

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from finerweb.evaluation.predictors import Predicted
from finerweb.flat import flat
from finerweb.gliner.batches import words_mask
from finerweb.gliner.loading import SPANS, icu_words, saved
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
        if type(model).__name__ == SPANS:
            model.data_processor.prepare_word_mask = words_mask

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
    return flat(sorted(spans, key=lambda s: (-s.score, s.start - s.end, s.start, s.type)))


def load_gliner(params: GlinerParams) -> Gliner:
    """Return the model that params name.

    Raises:
        ValueError: as `finerweb.gliner.loading.saved`.
        OSError: the model cannot be had.
    """
    return Gliner(_model(resolve(params.model), params.words), params)


@cache
def _model(folder: Path, words: str) -> Any:
    """Return a model that no other splits words for."""
    return saved(folder)
