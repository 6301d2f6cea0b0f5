"""Timing a piece of work in this process."""

import time
from collections.abc import Callable
from statistics import median

RUNS = 5


def seconds(work: Callable[[], object]) -> float:
    """Return the median time of several runs."""
    times = []
    for _ in range(RUNS):
        begun = time.perf_counter()
        work()
        times.append(time.perf_counter() - begun)
    return median(times)
