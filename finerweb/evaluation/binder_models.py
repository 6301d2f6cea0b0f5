"""The project's own students as predictors."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from finerweb.evaluation.predictors import Predicted
from finerweb.params.evaluate import BinderParams


class BinderPredictor:
    """A trained Binder; a span's score is its probability against the threshold of its type."""

    def __init__(self, model: Any, params: BinderParams) -> None:
        self._model = model
        self._params = params

    def predict(self, texts: Sequence[str], types: Sequence[str]) -> list[list[Predicted]]:
        """Return each text's entities, of which no two overlap."""
        from finerweb.binder.decoding import entities

        found = entities(
            self._model,
            texts,
            types,
            self._params.tokens,
            self._params.precision,
            self._params.margin,
        )
        return [
            [Predicted(f.span.start, f.span.end, f.span.type, f.probability) for f in some]
            for some in found
        ]


def load_binder(instance: Path, params: BinderParams, code: str) -> BinderPredictor:
    """Return the student of an instance that reads a language: its own, or the joint one.

    Raises:
        FileNotFoundError: there is no such student.
        ValueError: its files do not fit one another.
    """
    from finerweb.binder.folder import folder_for

    return BinderPredictor(_model(folder_for(instance, code).resolve()), params)


@lru_cache(maxsize=1)
def _model(folder: Path) -> Any:
    """Return the student of a folder; the joint one, asked for language after language, once."""
    from finerweb.binder.folder import load

    return load(folder)
