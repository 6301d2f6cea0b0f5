"""Words and sentences from ICU, with offsets in code points.

ICU counts UTF-16 units, so `icu4py`'s own offsets are wrong beyond the BMP; the pieces it yields
are right, and their lengths add up to code points.
"""

import unicodedata
from collections.abc import Iterator
from itertools import accumulate

from icu4py.breakers import SentenceBreaker, WordBreaker

# Dictionaries for Thai, Lao, Khmer, Burmese, Chinese and Japanese go by script, whatever the
# locale; the root locale keeps every language's words comparable.
LOCALE = "root"


def word_starts(text: str) -> list[int]:
    """Return where each word starts; punctuation and spaces are no words.

    >>> word_starts("Anna, 3 Hunde!")
    [0, 6, 8]
    """
    return [start for start, piece in _pieces(WordBreaker(text, LOCALE)) if _is_word(piece)]


def sentence_starts(text: str) -> list[int]:
    """Return where each sentence starts."""
    return [start for start, _ in _pieces(SentenceBreaker(text, LOCALE))]


def _pieces(breaker: WordBreaker | SentenceBreaker) -> Iterator[tuple[int, str]]:
    pieces = list(breaker)
    yield from zip(accumulate(map(len, pieces), initial=0), pieces, strict=False)


def _is_word(piece: str) -> bool:
    if piece.isascii():
        return any(map(str.isalnum, piece))
    return any(unicodedata.category(character)[0] in "LN" for character in piece)
