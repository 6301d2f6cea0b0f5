"""Where sentences start and end, by ICU's rules."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import pairwise

from finerweb.corpus.segmentation import sentence_starts

Borders = tuple[tuple[int, int], ...]
"""A text's sentences, [start, end) in code points, without the white space around them."""
Split = Callable[[Sequence[str]], list[Borders]]
"""The sentences of each text; every code point but white space is in one."""
TEXTS = 4096
"""Texts whose sentences are remembered: every variant of a language has the same."""


def icu(texts: Sequence[str]) -> list[Borders]:
    """Return the sentences of texts by ICU's rules for the root locale."""
    return [_icu(text) for text in texts]


@lru_cache(maxsize=TEXTS)
def _icu(text: str) -> Borders:
    return bare(text, [*sentence_starts(text).tolist(), len(text)])


def bare(text: str, borders: Sequence[int]) -> Borders:
    """Return what stands between borders, without the white space around it."""
    found = []
    for start, end in pairwise(borders):
        piece = text[start:end]
        first = start + len(piece) - len(piece.lstrip())
        last = start + len(piece.rstrip())
        if first < last:
            found.append((first, last))
    return tuple(found)
