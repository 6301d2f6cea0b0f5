"""Gold that is in the training data measures memory: such a set is refused.

The rule is that of `finerweb.corpus.contamination`, the other way round: there the passages that an
evaluation text shares a run of words with are dropped; here it is checked that none was left.
"""

from collections.abc import Iterable, Sequence

import numpy as np

from finerweb.corpus.ngrams import Hashes, ngrams
from finerweb.corpus.segmentation import words
from finerweb.gold.records import GoldText
from finerweb.gold.runs import runs_of
from finerweb.gold.sets import GoldSet


class GoldRuns:
    """The runs of ``n`` words of gold texts, and whose they are; shorter texts have none."""

    def __init__(self, texts: Sequence[GoldText], n: int) -> None:
        """Read the texts' words."""
        self._n = n
        self._texts = texts
        runs = [runs_of(one.text, one.tokens, n) for one in texts]
        every: Hashes = np.concatenate([*runs, np.zeros(0, np.uint64)])
        order = np.argsort(every, kind="stable")
        self._known = every[order]
        self._owner = np.repeat(np.arange(len(texts)), [len(run) for run in runs])[order]
        self.too_short = sum(not len(run) for run in runs)
        self._shared: set[int] = set()

    def meet(self, text: str) -> None:
        """Take note of the gold texts that share a run with a text."""
        if not len(self._known):
            return
        runs = ngrams(words(text).hashes, self._n)
        low = np.searchsorted(self._known, runs, "left")
        high = np.searchsorted(self._known, runs, "right")
        for begin, end in zip(low[high > low], high[high > low], strict=True):
            self._shared.update(self._owner[begin:end].tolist())

    @property
    def shared(self) -> list[GoldText]:
        """Return the gold texts that share a run with a text that was met, in their order."""
        return [self._texts[i] for i in sorted(self._shared)]


def refuse_shared(sets: Sequence[GoldSet], training: Iterable[str], n: int) -> dict[str, int]:
    """Check that no gold text shares ``n`` words in a row with a training text.

    Returns how many texts of each set are too short to be checked.

    Raises:
        ValueError: some do, naming the sets, how many, and the first of each.
    """
    runs = {one.name: GoldRuns(one.texts, n) for one in sets}
    for text in training:
        for one in runs.values():
            one.meet(text)
    faults = [
        f"set {name}: {len(one.shared)} texts share {n} words in a row with the training data, as "
        f"{one.shared[0].gold_id} does ({one.shared[0].text[:60]!r})"
        for name, one in runs.items()
        if one.shared
    ]
    if faults:
        raise ValueError(
            "; ".join(faults) + ". What was learnt from would be scored: name the set in "
            "passages.evaluation_texts, with its kind, path and split, so that such passages are "
            "dropped, or leave the set out"
        )
    return {name: one.too_short for name, one in runs.items()}
