"""How alike two type strings are, by a sentence encoder."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from finerweb.progress import bar
from finerweb.tables.types import Vectors

BATCH = 256
AT_ONCE = 8192
"""Types embedded, or pairs compared, between two reports."""


class Encoder:
    """A sentence encoder, loaded when there is something to embed; each string is embedded once."""

    def __init__(self, folder: Path) -> None:
        """Name the encoder's folder."""
        self._folder = folder
        self._model: Any = None
        self._known: dict[str, Vectors] = {}

    def __call__(self, texts: Sequence[str]) -> Vectors:
        """Return vectors of length one, shape (texts, width)."""
        new = sorted(set(texts) - self._known.keys())
        if new and self._model is None:
            from sentence_transformers import SentenceTransformer

            self._model = SentenceTransformer(str(self._folder), device=None)
        with bar("types embedded", len(new)) as advance:
            for begin in range(0, len(new), AT_ONCE):
                some = new[begin : begin + AT_ONCE]
                vectors = self._model.encode(
                    some, batch_size=BATCH, normalize_embeddings=True, show_progress_bar=False
                )
                self._known.update(zip(some, vectors, strict=True))
                advance(len(some))
        return np.array([self._known[text] for text in texts], np.float32)


class Similarities:
    """Cosines of types whose vectors, of length one, shape (types, width), are known."""

    def __init__(self, types: Sequence[str], vectors: Vectors) -> None:
        """Take the vectors."""
        self._vectors = vectors
        self._rows = {kind: row for row, kind in enumerate(types)}
        self._known: dict[tuple[str, str], float] = {}

    def compare(self, pairs: Iterable[tuple[str, str]]) -> None:
        """Work out the cosines of these pairs at once."""
        new = sorted(set(pairs) - self._known.keys())
        for begin in range(0, len(new), AT_ONCE):
            some = new[begin : begin + AT_ONCE]
            first, second = np.array([[self._rows[kind] for kind in pair] for pair in some]).T
            cosines = np.einsum("ij,ij->i", self._vectors[first], self._vectors[second])
            # Rounded: the last digits depend on the processor.
            self._known.update(zip(some, cosines.round(4).astype(float).tolist(), strict=True))

    def __call__(self, a: str, b: str) -> float:
        """Return the cosine of two types."""
        if (a, b) not in self._known:
            self.compare([(a, b)])
        return self._known[a, b]


def leaders(vectors: Vectors, least: float, at_once: int = BATCH) -> list[int]:
    """Return for each vector, most important first, the one that leads it: itself, or an earlier.

    One after the other, each is led by the leader most like it (of as like ones the first), where
    their cosine is at least ``least``, else it leads. ``vectors`` have length one, shape
    (n, width).
    """
    led: list[int] = []
    heads: list[int] = []
    matrix = np.empty_like(vectors)
    for begin in range(0, len(vectors), at_once):
        some = vectors[begin : begin + at_once]
        n_before = len(heads)
        # Rounded, as above, so that like vectors are as like whatever they are multiplied with.
        cosines = np.round(some @ matrix[:n_before].T, 4)
        best = cosines.argmax(1) if n_before else np.zeros(len(some), int)
        among = np.round(some @ some.T, 4)
        new: list[int] = []
        for i, row in enumerate(among):
            value, head = -2.0, -1
            if n_before:
                value, head = float(cosines[i, best[i]]), heads[best[i]]
            if new and float(row[new].max()) > value:
                value = float(row[new].max())
                head = begin + new[int(row[new].argmax())]
            if value < least:
                head = begin + i
                matrix[len(heads)] = some[i]
                heads.append(head)
                new.append(i)
            led.append(head)
    return led
