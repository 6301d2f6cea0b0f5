"""Which types are too alike to be held against each other.

With an open set of types most of a batch's candidates are no negatives at all: `town` is true where
an annotator wrote `city`, and translated types are one word for several (sections 8, 9 and 12 of
the paper's facts).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from finerweb.tables.types import Concepts, Vectors

Relation = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Likeness:
    """What types mean: their concepts, and vectors of length one of those that have one."""

    concepts: Concepts
    vectors: Mapping[str, NDArray[np.float32]]

    def same_concept(self, types: Sequence[str]) -> Relation:
        """Return which types share a concept, shape (types, types); each with itself."""
        places: dict[str, list[int]] = {}
        for i, name in enumerate(types):
            for concept in self.concepts.get(name, ()):
                places.setdefault(concept, []).append(i)
        same = np.eye(len(types), dtype=np.bool_)
        for members in places.values():
            same[np.ix_(members, members)] = True
        return same

    def alike(self, types: Sequence[str], likeness: float | None) -> Relation:
        """Return which types' vectors have at least that cosine, shape (types, types).

        A type without a vector is like itself alone, and all are where ``likeness`` is None.
        """
        alike = np.eye(len(types), dtype=np.bool_)
        known = [i for i, name in enumerate(types) if name in self.vectors]
        if likeness is not None and known:
            vectors = np.stack([self.vectors[types[i]] for i in known])
            alike[np.ix_(known, known)] |= vectors @ vectors.T >= likeness
        return alike


def likeness_of(
    types: Mapping[str, Sequence[frozenset[str]]],
    concepts: Concepts,
    known: Sequence[str],
    vectors: Vectors,
) -> Likeness:
    """Return what the types of a variant mean.

    ``types`` has the concepts of each entity of each type. A type as annotators wrote it has the
    concepts that ``concepts`` says, and a vector; a translated or joined one those that all its
    entities share, and the mean of their vectors (``known`` names the rows of ``vectors``).
    """
    rows = {name: i for i, name in enumerate(known)}
    meant = {
        name: concepts[name] if name in concepts else tuple(sorted(frozenset.intersection(*seen)))
        for name, seen in types.items()
    }
    found: dict[str, Any] = {}
    for name, some in meant.items():
        wanted = [rows[n] for n in ((name,) if name in rows else some) if n in rows]
        mean = vectors[wanted].mean(axis=0) if wanted else np.zeros(1, np.float32)
        length = float(np.linalg.norm(mean))
        if length > 0:
            found[name] = mean / length
    return Likeness(meant, found)
