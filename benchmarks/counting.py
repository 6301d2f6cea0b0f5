"""The work of `compute.py`, in a module that a worker can import; as a script it does nothing."""

from collections.abc import Callable
from dataclasses import dataclass

import pyarrow as pa

from finerweb.corpus.segmentation import words


@dataclass(frozen=True, slots=True)
class Counting:
    """The number of words of each text, counted several times over."""

    times: int

    def load(self) -> Callable[[pa.Table], pa.Table]:
        """Return the function."""
        return self.count

    def count(self, table: pa.Table) -> pa.Table:
        """Return the counts."""
        counts = [0] * len(table)
        for _ in range(self.times):
            counts = [len(words(text).starts) for text in table["text"].to_pylist()]
        return pa.table({"n_words": counts})
