"""The project's own students as predictors."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from finerweb.binder.manifest import folder_for
from finerweb.evaluation.predictors import Predicted
from finerweb.params.evaluate import BinderParams
from finerweb.params.train_binder import JOINT


class BinderPredictor:
    """A trained Binder; a span's score is its probability against the threshold of its type."""

    def __init__(self, model: Any, params: BinderParams) -> None:
        self._model = model
        self._params = params

    def predict(self, texts: Sequence[str], types: Sequence[str]) -> list[list[Predicted]]:
        """Return each text's entities, of which no two overlap."""
        from finerweb.binder.decoding import entities

        if not types:
            return [[] for _ in texts]
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
        FileNotFoundError: a file of it is missing.
        ValueError: there is no such student, or its files do not fit one another.
    """
    folder = folder_for(instance, code)
    if folder is None:
        raise ValueError(
            f"{instance}: expected a student in {code}/ or {JOINT}/, found none; add {code} to "
            "train_binder.languages, or name an instance that reads it in evaluate.predictors"
        )
    return BinderPredictor(_model(folder.resolve()), params)


@lru_cache(maxsize=1)
def _model(folder: Path) -> Any:
    """Return the student of a folder; the joint one, asked for language after language, once."""
    from finerweb.binder.folder import load

    return load(folder)
