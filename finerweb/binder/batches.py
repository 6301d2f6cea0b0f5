"""Windows to batches: as many as a budget of tokens holds, with the types that occur in them."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

import numpy as np
from numpy.typing import NDArray

from finerweb.batching import by_length
from finerweb.binder.likeness import Likeness
from finerweb.binder.windows import NOWHERE, Window
from finerweb.params.train_binder import TrainBinderParams

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
POOL = 50
"""Batches whose windows are sorted by length together: little is padded, the order stays random."""


@dataclass(frozen=True, slots=True, eq=False)
class Placed:
    """A window with its entities: (first token, width in tokens, type), distinct."""

    window: Window
    entities: tuple[tuple[int, int, str], ...]


@dataclass(frozen=True, slots=True)
class Batch:
    """What a step sees.

    ``ids`` and ``mask`` (batch, tokens) are padded at the end; ``starts`` and ``ends`` (batch,
    tokens) say with which tokens a span can start and end. ``types`` are the candidates.
    ``positives`` (entities, 4) are (window, type, first token, width - 1); ``ignored``, of the same
    form, are neither positive nor negative: entities of types that are alike.
    """

    ids: Ints
    mask: Ints
    starts: Bools
    ends: Bools
    types: tuple[str, ...]
    positives: Ints
    ignored: Ints


def orders(windows: Sequence[Window], tokens: int, seed: int, epoch: int) -> list[list[int]]:
    """Return the windows of each batch of an epoch: the same for a seed and an epoch."""
    random = Random(f"{seed} {epoch}")
    order = list(range(len(windows)))
    random.shuffle(order)
    longest = max((len(one.ids) for one in windows), default=1)
    pool = POOL * max(tokens // longest, 1)
    found: list[list[int]] = []
    for begin in range(0, len(order), pool):
        some = order[begin : begin + pool]
        cut = by_length([len(windows[i].ids) for i in some], tokens)
        found += [[some[i] for i in batch] for batch in cut]
    random.shuffle(found)
    return found


def collate(placed: Sequence[Placed], likeness: Likeness, params: TrainBinderParams) -> Batch:
    """Return the batch of some windows; its candidates are the types of their entities, sorted."""
    types = tuple(sorted({kind for one in placed for _, _, kind in one.entities}))
    same = likeness.same_concept(types)
    alike = likeness.alike(types, params.mask_likeness)
    if params.mask_concepts:
        alike = alike | same
    right = same if params.positives == "concept" else np.eye(len(types), dtype=np.bool_)
    place = {name: i for i, name in enumerate(types)}
    positives: set[tuple[int, int, int, int]] = set()
    ignored: set[tuple[int, int, int, int]] = set()
    for row, one in enumerate(placed):
        for first, width, kind in one.entities:
            for related, into in ((right, positives), (alike, ignored)):
                for i in np.flatnonzero(related[place[kind]]).tolist():
                    into.add((row, i, first, width - 1))
    found = [one.window for one in placed]
    return Batch(*padded(found), types, _table(positives), _table(ignored - positives))


def padded(windows: Sequence[Window]) -> tuple[Ints, Ints, Bools, Bools]:
    """Return `Batch.ids`, ``mask``, ``starts`` and ``ends``; padding's token id is 0, masked."""
    shape = (len(windows), max(len(one.ids) for one in windows))
    ids, mask = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
    starts, ends = np.zeros(shape, np.bool_), np.zeros(shape, np.bool_)
    for i, one in enumerate(windows):
        n = len(one.ids)
        ids[i, :n] = one.ids
        mask[i, :n] = 1
        starts[i, :n] = one.starts != NOWHERE
        ends[i, :n] = one.ends != NOWHERE
    return ids, mask, starts, ends


def _table(rows: set[tuple[int, int, int, int]]) -> Ints:
    return np.array(sorted(rows), dtype=np.int64).reshape(-1, 4)
