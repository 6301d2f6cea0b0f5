"""How alike the names of types are, in English and in the texts' language: the paper's Figure 5.

The types of a language that have a whole translation are compared with one another, once by their
English names and once by their translations: distinct names, every pair once, its cosine by a
sentence encoder. So are those of all languages together, as they meet in a joint training.
``before`` is all pairs, ``after`` those that are left as negatives when Binder's mask of near
duplicates has had its way. What cosines mean differs between encoders; what they rank does not:

- ``shift``: the chance that a pair of translations is more alike than a pair of English names; a
  half where neither set is the denser one;
- ``encoder_auc``: the chance that a translation is more like an English name of its own than like
  any other; a half where the encoder cannot read the language, and its other figures say nothing.
"""

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

import numpy as np
from numpy.typing import NDArray

from finerweb.binder.likeness import Relation, likeness_of
from finerweb.evaluation.renamed import TRANSLATED
from finerweb.normalisation import Embed
from finerweb.tables.io import Row
from finerweb.tables.types import Concepts, Vectors
from finerweb.translation import ENGLISH, TRANSLATORS

log = logging.getLogger(__name__)
ENGLISH_NAMES = "english"
SIDES = (ENGLISH_NAMES, TRANSLATED)
BEFORE, AFTER = "before", "after"
STATES = (BEFORE, AFTER)
CELLS = 2001
"""Cosines are counted by thousandths, from -1 to 1: memory does not grow with the pairs."""
BIN = 10
"""Thousandths in a bin of the plot."""
AT_ONCE = 1024
"""Names whose pairs are in memory at a time."""
COLUMNS = ("cosine", *SIDES, *(f"{side}_masked" for side in SIDES))
Figures = dict[str, Any]
Cells = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Mask:
    """Binder's mask of near duplicates: `mask_likeness`, `mask_concepts`, and what it goes by.

    That is the concepts of types, and the vectors of `types`, (types, width), in English.
    """

    likeness: float | None
    by_concept: bool
    concepts: Concepts
    types: Sequence[str]
    vectors: Vectors

    def masked(self, names: Mapping[str, set[frozenset[str]]]) -> Relation:
        """Return which names are no negatives of one another, (names, names), in their order.

        ``names`` have the concepts of each type that they name. As in a batch of the training.
        """
        meant = {name: sorted(some, key=sorted) for name, some in names.items()}
        likeness = likeness_of(meant, self.concepts, self.types, self.vectors)
        found = likeness.alike(list(names), self.likeness)
        return found | likeness.same_concept(list(names)) if self.by_concept else found


@dataclass(frozen=True, slots=True)
class Spread:
    """Pairs of names by their cosine: ``cells`` (CELLS,) counts them.

    ``nearest`` is the mean over names of the cosine with the most alike of the others, None of
    none.
    """

    cells: Cells
    nearest: float | None

    def figures(self, likeness: float) -> Figures:
        """Return the number of pairs, their mean cosine, the share from ``likeness`` on."""
        n = int(self.cells.sum())
        cosines = np.linspace(-1, 1, CELLS)
        alike = int(self.cells[cosines >= likeness - 1e-9].sum())
        return {
            "pairs": n,
            "mean": float(self.cells @ cosines) / n if n else None,
            "alike_rate": alike / n if n else None,
            "nearest": self.nearest,
        }


@dataclass(frozen=True, slots=True)
class Alike:
    """A language's names: by side the number, and their spread before and after the mask."""

    names: dict[str, int]
    spreads: dict[str, dict[str, Spread]]
    encoder_auc: float | None

    @property
    def has_pairs(self) -> bool:
        """Return whether both sides have two names at least."""
        return min(self.names.values()) > 1

    def figures(self, likeness: float) -> Figures:
        """Return the language's figures."""
        found: Figures = {
            side: {"names": self.names[side]}
            | {state: self.spreads[side][state].figures(likeness) for state in STATES}
            for side in SIDES
        }
        return found | {
            "shift": {state: chance(*(self.spreads[s][state] for s in SIDES)) for state in STATES},
            "encoder_auc": self.encoder_auc,
        }


@dataclass(frozen=True, slots=True)
class Likenesses:
    """The names of each language, and of all together, as a joint training meets them."""

    languages: dict[str, Alike]
    joint: Alike


def spread(vectors: Vectors, masked: Relation | None = None) -> Spread:
    """Return the spread of names' vectors of length one, (names, width); each pair once.

    Without those that are ``masked``, (names, names).
    """
    cells = np.zeros(CELLS, np.int64)
    nearest: list[float] = []
    for begin in range(0, len(vectors), AT_ONCE):
        rows = np.arange(begin, min(begin + AT_ONCE, len(vectors)))
        cosines = vectors[rows] @ vectors.T
        is_pair = rows[:, None] != np.arange(len(vectors))
        if masked is not None:
            is_pair &= ~masked[rows]
        cells += _cells(cosines[is_pair & (rows[:, None] < np.arange(len(vectors)))])
        best = np.where(is_pair, cosines, -np.inf).max(1)
        nearest += best[np.isfinite(best)].tolist()
    return Spread(cells, fmean(nearest) if nearest else None)


def _cells(cosines: Vectors) -> Cells:
    numbers = np.rint((cosines + 1) * (CELLS // 2)).astype(np.int64)
    return np.bincount(numbers.clip(0, CELLS - 1), minlength=CELLS).astype(np.int64)


def chance(lower: Spread, higher: Spread) -> float | None:
    """Return the chance that a pair of ``higher`` is more alike than one of ``lower``.

    Equal ones count half (Mann and Whitney's U over the number of pairs); None of none.
    """
    below, above = lower.cells.astype(float), higher.cells.astype(float)
    n = below.sum() * above.sum()
    if not n:
        return None
    under = np.cumsum(below) - below / 2
    return float(above @ under / n)


def compare(
    translations: Mapping[str, Iterable[Row]], mask: Mask, encode: Embed, most: int
) -> Likenesses:
    """Return how alike the names of types are in each language but English, and in all together.

    ``translations`` has the rows of the `label_translations` table by language; of each language,
    and of all together, the ``most`` frequent types are compared. ``encode`` returns vectors of
    length one, (names, width), of names.
    """
    named = {
        code: [row for row in rows if row["status"] in TRANSLATORS]
        for code, rows in translations.items()
        if code != ENGLISH
    }
    languages = {code: _pairs(rows, most) for code, rows in named.items()}
    together = _pairs((row for rows in named.values() for row in rows), most)
    names = sorted({name for some in (*languages.values(), together) for p in some for name in p})
    vectors = dict(zip(names, encode(names), strict=True)) if names else {}
    return Likenesses(
        {code: _alike(some, mask, vectors) for code, some in languages.items()},
        _alike(together, mask, vectors),
    )


def _pairs(rows: Iterable[Row], most: int) -> list[tuple[str, str]]:
    """Return types with their translations, the most frequent first."""
    ranked = sorted(rows, key=lambda row: (-row["count"], row["type"], row["translation"]))
    return [(row["type"], row["translation"]) for row in ranked[:most]]


def _alike(
    pairs: Sequence[tuple[str, str]], mask: Mask, vectors: Mapping[str, NDArray[np.float32]]
) -> Alike:
    sides: list[dict[str, set[frozenset[str]]]] = [{}, {}]
    for kind, translation in sorted(pairs):
        for side, name in zip(sides, (kind, translation), strict=True):
            side.setdefault(name, set()).add(frozenset(mask.concepts[kind]))
    english, translated = (_stacked(list(side), vectors) for side in sides)
    spreads = [
        {BEFORE: spread(found), AFTER: spread(found, mask.masked(side))}
        for side, found in zip(sides, (english, translated), strict=True)
    ]
    rows, columns = ({name: i for i, name in enumerate(side)} for side in sides)
    own = np.zeros((len(rows), len(columns)), np.bool_)
    for kind, translation in pairs:
        own[rows[kind], columns[translation]] = True
    cosines = english @ translated.T
    auc = chance(Spread(_cells(cosines[~own]), None), Spread(_cells(cosines[own]), None))
    names = dict(zip(SIDES, map(len, sides), strict=True))
    return Alike(names, dict(zip(SIDES, spreads, strict=True)), auc)


def _stacked(names: Sequence[str], vectors: Mapping[str, NDArray[np.float32]]) -> Vectors:
    return np.stack([vectors[name] for name in names]) if names else np.zeros((0, 1), np.float32)


def figures(found: Likenesses, likeness: float) -> Figures:
    """Return the figures of all languages together, by language, and their means over languages.

    Languages without a pair are named; where all are, there is no ``joint``.
    """
    languages = {c: one.figures(likeness) for c, one in found.languages.items() if one.has_pairs}
    if not languages:
        log.warning("no language has two types with different translations: none are compared")
    return {
        "joint": found.joint.figures(likeness) if found.joint.has_pairs else None,
        "languages": languages,
        "overall": _means(list(languages.values())),
        "without_pairs": sorted(set(found.languages) - set(languages)),
    }


def _means(languages: Sequence[Figures]) -> Figures:
    """Return the figures over languages: counts are summed, of all else the mean of those known."""
    found: Figures = {}
    for key in languages[0] if languages else ():
        values = [one[key] for one in languages]
        if isinstance(values[0], dict):
            found[key] = _means(values)
        elif key in ("names", "pairs"):
            found[key] = sum(values)
        else:
            known = [value for value in values if value is not None]
            found[key] = fmean(known) if known else None
    return found


def density(alike: Iterable[Alike]) -> Iterator[dict[str, float]]:
    """Yield the densities of pairs' cosines, means over whatever has pairs, for a plot.

    By the middles of bins that are always the same, from the first to the last that has a pair.
    """
    some = [one for one in alike if one.has_pairs]
    if not some:
        return
    ways = [(side, state) for state in STATES for side in SIDES]
    table = np.column_stack([_density([one.spreads[a][b] for one in some]) for a, b in ways])
    there = np.flatnonzero(table.any(1))
    width = BIN / (CELLS // 2)
    for i in range(there[0], there[-1] + 1):
        values = (round(-1 + (i + 0.5) * width, 4), *table[i].tolist())
        yield dict(zip(COLUMNS, values, strict=True))


def _density(spreads: Sequence[Spread]) -> NDArray[np.float64]:
    """Return the share of the pairs in each bin by its width, the mean of those that have pairs."""
    width = BIN / (CELLS // 2)
    found = np.zeros((CELLS - 1) // BIN)
    known = [one.cells for one in spreads if one.cells.any()]
    for cells in known:
        bins = cells[:-1].reshape(-1, BIN).sum(1)
        bins[-1] += cells[-1]  # Of cosine 1: it has no bin of its own.
        found += bins / bins.sum() / width / len(known)
    return found
