"""Type strings: how alike two are, and which concepts they name."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from finerweb.records import Entity
from finerweb.tables.io import Row

SEPARATOR = " / "
BATCH = 256


class Similarities:
    """Cosines of type strings by all-MiniLM-L6-v2; each distinct string is embedded once."""

    def __init__(self, encoder: Path) -> None:
        """Name the encoder's folder; it is loaded when there is something to embed."""
        self._folder = encoder
        self._encoder: Any = None
        self._vectors: dict[str, np.ndarray[Any, np.dtype[np.float32]]] = {}

    def embed(self, pairs: Iterable[tuple[str, str]]) -> None:
        """Embed the types of these pairs that have not been yet."""
        types = sorted({kind for pair in pairs for kind in pair} - self._vectors.keys())
        if not types:
            return
        if self._encoder is None:
            from sentence_transformers import SentenceTransformer

            self._encoder = SentenceTransformer(str(self._folder), device=None)
        vectors = self._encoder.encode(
            types, batch_size=BATCH, normalize_embeddings=True, show_progress_bar=False
        )
        self._vectors.update(zip(types, vectors, strict=True))

    def __call__(self, a: str, b: str) -> float:
        """Return the cosine of two types."""
        self.embed([(a, b)])
        # Rounded: the last digits depend on the batch and on the processor.
        return round(float(self._vectors[a] @ self._vectors[b]), 4)


def concepts(label: str, split_compounds: bool) -> list[str]:
    """Return the ids of the concepts a label names, sorted.

    >>> concepts("Human / person", True)
    ['human', 'person']
    """
    folded = " ".join(label.casefold().split())
    parts = folded.split(SEPARATOR) if split_compounds else [folded]
    return sorted({part.strip() for part in parts if part.strip()})


def inventory(
    sets: Mapping[str, Mapping[str, Sequence[Entity]]], language: str, split_compounds: bool
) -> list[Row]:
    """Return the rows of the `labels` table for one language: variant -> passage -> entities."""
    labels = {
        variant: Counter(entity.label for found in passages.values() for entity in found)
        for variant, passages in sets.items()
    }
    return [
        {
            "label": label,
            "variant": variant,
            "language": language,
            "count": count,
            "concepts": concepts(label, split_compounds),
        }
        for variant, counts in sorted(labels.items())
        for label, count in sorted(counts.items())
    ]


def report(rows: Iterable[Row]) -> dict[str, dict[str, int]]:
    """Return by variant how many entities, distinct labels and distinct concepts there are."""
    entities: Counter[str] = Counter()
    labels: dict[str, set[str]] = {}
    named: dict[str, set[str]] = {}
    for row in rows:
        entities[row["variant"]] += row["count"]
        labels.setdefault(row["variant"], set()).add(row["label"])
        named.setdefault(row["variant"], set()).update(row["concepts"])
    return {
        variant: {
            "entities": entities[variant],
            "labels": len(labels[variant]),
            "concepts": len(named[variant]),
        }
        for variant in sorted(labels)
    }
