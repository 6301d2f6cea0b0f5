"""How alike two type strings are, by a sentence encoder."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

BATCH = 256
Vectors = NDArray[np.float32]


class Encoder:
    """A sentence encoder, loaded when there is something to embed."""

    def __init__(self, folder: Path) -> None:
        """Name the encoder's folder."""
        self._folder = folder
        self._model: Any = None

    def __call__(self, texts: Sequence[str]) -> Vectors:
        """Return vectors of length one, shape (texts, width)."""
        if self._model is None:
            from sentence_transformers import SentenceTransformer

            self._model = SentenceTransformer(str(self._folder), device=None)
        vectors: Vectors = self._model.encode(
            list(texts), batch_size=BATCH, normalize_embeddings=True, show_progress_bar=False
        )
        return vectors


class Similarities:
    """Cosines of type strings; each distinct string is embedded once."""

    def __init__(self, encoder: Encoder) -> None:
        """Name the encoder."""
        self._encoder = encoder
        self._vectors: dict[str, Vectors] = {}

    def embed(self, pairs: Iterable[tuple[str, str]]) -> None:
        """Embed the types of these pairs that have not been yet."""
        types = sorted({kind for pair in pairs for kind in pair} - self._vectors.keys())
        if types:
            self._vectors.update(zip(types, self._encoder(types), strict=True))

    def __call__(self, a: str, b: str) -> float:
        """Return the cosine of two types."""
        self.embed([(a, b)])
        # Rounded: the last digits depend on the batch and on the processor.
        return round(float(self._vectors[a] @ self._vectors[b]), 4)


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
