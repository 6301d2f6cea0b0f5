"""Decontamination: what evaluation sets hold must not be trained on.

A passage that shares a run of words with an evaluation text is dropped. The texts are read, and
their tokens joined, as the evaluation itself does it (`finerweb.gold`): else a sentence would not
be found again, and nothing would say so.
"""

from collections.abc import Sequence

import numpy as np

from finerweb.corpus.ngrams import Hashes, ngrams
from finerweb.gold.files import read_files
from finerweb.gold.runs import runs_of
from finerweb.params.passages import EvaluationSet

KNOB = "passages.evaluation_texts"


class EvaluationTexts:
    """The runs of ``n`` words that evaluation sets hold."""

    def __init__(self, sets: Sequence[EvaluationSet], n: int) -> None:
        """Read the sets.

        Raises:
            FileNotFoundError: there is no such file.
            ValueError: a file is not as its kind is, or a set has no text with as many words.
        """
        self._n = n
        runs = [self._runs(one) for one in sets]
        self._known = np.unique(np.concatenate([*runs, np.zeros(0, np.uint64)]))

    def _runs(self, one: EvaluationSet) -> Hashes:
        texts = read_files(one.kind, one.path, one.split, KNOB)
        found = [runs_of(text.text, text.tokens, self._n) for text in texts]
        runs: Hashes = np.concatenate([*found, np.zeros(0, np.uint64)])
        if not len(runs):
            raise ValueError(
                f"{one.path}: expected sentences of {self._n} words or more to look for, found "
                f"none in {len(found)} texts; is it of the kind {one.kind}, as {KNOB} says?"
            )
        return runs

    def share_a_run(self, passage: Hashes) -> bool:
        """Return whether words (by hash, in text order) hold a run that an evaluation text has."""
        if not len(self._known):
            return False
        runs = ngrams(passage, self._n)
        places = np.searchsorted(self._known, runs)
        places[places == len(self._known)] = 0
        return bool((self._known[places] == runs).any())
