"""Hashes of runs of words, for telling near-duplicates and what evaluation sets hold."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]
_BASE = 0x9E3779B97F4A7C15
"""An odd number whose bits are spread, so that the order of words matters: the golden ratio's."""


def ngrams(words: Hashes, n: int) -> Hashes:
    """Return the hash of every run of ``n`` words, (len(words) - n + 1,) uint64, in text order.

    Empty where there are fewer words.
    """
    size = max(len(words) - n + 1, 0)
    return combined([words[i : i + size] for i in range(n)])


def combined(columns: Sequence[Hashes]) -> Hashes:
    """Return one hash (m,) for each row of columns (m,), by their order."""
    hashes = np.zeros(len(columns[0]), np.uint64)
    for column in columns:
        # uint64 arithmetic wraps around, which is meant.
        hashes = hashes * np.uint64(_BASE) + column
    return hashes ^ (hashes >> np.uint64(29))
