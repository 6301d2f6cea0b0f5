"""Exact and near duplicates, found by sorting on disk: memory does not grow with the corpus.

Near duplicates are told by MinHash over runs of words: the signature is cut into bands, and two
passages that agree in a whole band are taken for copies (Broder 1997; the banding of Leskovec,
Rajaraman and Ullman, *Mining of Massive Datasets*, section 3.4).
"""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from finerweb.corpus.ngrams import Hashes, combined, ngrams

PARTS = 256
"""Files that keys are dealt out to; one of them at a time is sorted in memory."""
_RECORD = np.dtype([("key", "<u8"), ("number", "<u8")])


class Signatures:
    """MinHash band keys of passages."""

    def __init__(self, bands: int, rows: int, n: int) -> None:
        """Make a signature of ``bands`` bands of ``rows`` values, over runs of ``n`` words.

        Two texts whose sets of runs have the Jaccard similarity s agree in a band with the
        probability 1 - (1 - s ** rows) ** bands.
        """
        from datasketch import MinHash

        self._blank = MinHash(bands * rows, seed=1, hashfunc=int, scheme="affine64")
        self._shape = (bands, rows)
        self._n = n
        # A band's number is part of its key: bands do not match each other.
        self._first = np.arange(1, bands + 1, dtype=np.uint64)

    def keys(self, words: Hashes) -> Hashes:
        """Return the keys (bands,) uint64 of a passage's words; fewer words than a run: none."""
        runs = np.unique(ngrams(words, self._n))
        if not len(runs):
            return runs
        signature = self._blank.copy()
        signature.update_batch(runs.tolist())
        return combined([self._first, *signature.hashvalues.reshape(self._shape).T])


class Repeats:
    """Finds which of many numbered things have a key that an earlier one has; keys lie on disk."""

    def __init__(self, folder: Path) -> None:
        """Keep the keys in files of an empty folder."""
        folder.mkdir(parents=True)
        self._files = ExitStack()
        self._paths = [folder / f"{part:03}" for part in range(PARTS)]
        self._parts = [self._files.enter_context(path.open("wb")) for path in self._paths]

    def close(self) -> None:
        """Let go of the files."""
        self._files.close()

    def add(self, keys: Hashes, numbers: NDArray[np.int64]) -> None:
        """Note the keys (n,) of the things of these numbers (n,), several for one if it has."""
        records = np.empty(len(keys), _RECORD)
        records["key"], records["number"] = keys, numbers
        part = (keys >> np.uint64(56)).astype(np.int64)
        order = np.argsort(part, kind="stable")
        ends = np.cumsum(np.bincount(part, minlength=PARTS))
        for file, some in zip(self._parts, np.split(records[order], ends[:-1]), strict=True):
            file.write(some.tobytes())

    def found(self, n: int) -> NDArray[np.bool_]:
        """Return for each of the ``n`` numbers whether one of its keys came with a smaller one."""
        repeated = np.zeros(n, np.bool_)
        for records in self._sorted():
            again = records["key"][1:] == records["key"][:-1]
            later = records["number"][1:] != records["number"][:-1]
            repeated[records["number"][1:][again & later]] = True
        return repeated

    def _sorted(self) -> Iterator[NDArray[np.void]]:
        for file, path in zip(self._parts, self._paths, strict=True):
            file.flush()
            if path.stat().st_size:
                yield np.sort(np.fromfile(path, _RECORD), order=("key", "number"))
