"""Runs of words of a gold text: what a text of the web is held against."""

from collections.abc import Sequence

import numpy as np

from finerweb.corpus.ngrams import Hashes, ngrams
from finerweb.corpus.segmentation import words
from finerweb.gold.records import Place


def runs_of(text: str, tokens: Sequence[Place] | None, n: int) -> Hashes:
    """Return the runs (any,) of ``n`` words, as the text has them and as its tokens do.

    Where the blanks of a text are not known it may be joined otherwise than it stands in the web,
    and ICU takes ``ที่London`` for one word: so the words of the tokens by themselves are looked for
    as well.
    """
    wordings = [text]
    if tokens is not None:
        wordings.append(" ".join(text[start:end] for start, end in tokens))
    return np.concatenate([ngrams(words(one).hashes, n) for one in dict.fromkeys(wordings)])
