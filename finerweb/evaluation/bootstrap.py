"""Intervals of scores: passages are drawn anew many times, with their counts."""

from collections.abc import Iterator
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
CELLS = 4_000_000
"""Draws that are in memory at a time."""


def resampled(counts: Floats, resamples: int, seed: int, name: str) -> Floats:
    """Return the sums of counts (passages, k) over each resample, (resamples, k).

    Every resample draws as many passages as there are, with replacement. The draws follow from
    seed, ``name`` and the number of passages alone, so that two predictors meet the same ones.
    """
    n = len(counts)
    if not n:
        return np.zeros((resamples, counts.shape[1]))
    random = np.random.default_rng([seed, crc32(name.encode())])
    return np.concatenate(
        [
            _times(random.integers(n, size=(size, n)), n) @ counts
            for size in _blocks(resamples, max(CELLS // n, 1))
        ]
    )


def _blocks(total: int, most: int) -> Iterator[int]:
    for begin in range(0, total, most):
        yield min(most, total - begin)


def _times(drawn: NDArray[np.int64], n: int) -> Floats:
    """Return how often each of n passages was drawn, (resamples, n)."""
    times = np.empty((len(drawn), n))
    for row, some in zip(times, drawn, strict=True):
        row[:] = np.bincount(some, minlength=n)
    return times


def interval(values: Floats, confidence: float) -> tuple[float, float]:
    """Return the quantiles of values (resamples,) between which so large a share of them lies."""
    tail = (1 - confidence) / 2
    low, high = np.quantile(values, [tail, 1 - tail])
    return float(low), float(high)
