"""Words and sentences from ICU, with offsets in code points.

ICU counts UTF-16 units, so `icu4py`'s own offsets are wrong beyond the BMP; the pieces it yields
are right, and their lengths add up to code points.
"""

import unicodedata
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from icu4py.breakers import SentenceBreaker, WordBreaker
from numpy.typing import NDArray
from xxhash import xxh3_64_intdigest

# Dictionaries for Thai, Lao, Khmer, Burmese, Chinese and Japanese go by script, whatever the
# locale; the root locale keeps every language's words comparable.
LOCALE = "root"
KNOWN_PIECES = 1 << 18


@dataclass(frozen=True, slots=True)
class Words:
    """The words of a text; punctuation and spaces are no words.

    ``starts`` (n,) int64 are the code points they start at, ``hashes`` (n,) uint64 tell them apart
    whatever their case.
    """

    starts: NDArray[np.int64]
    hashes: NDArray[np.uint64]


def words(text: str) -> Words:
    """Return the words of a text.

    >>> words("Anna, 3 Hunde!").starts.tolist()
    [0, 6, 8]
    """
    pieces = list(WordBreaker(text, LOCALE))
    hashes = np.fromiter(map(_hash, pieces), np.uint64, len(pieces))
    is_word = hashes != 0
    return Words(_starts(pieces)[is_word], hashes[is_word])


def sentence_starts(text: str) -> NDArray[np.int64]:
    """Return the code points (n,) that sentences start at."""
    return _starts(list(SentenceBreaker(text, LOCALE)))


def _starts(pieces: list[str]) -> NDArray[np.int64]:
    lengths = np.fromiter(map(len, pieces), np.int64, len(pieces))
    return np.cumsum(lengths) - lengths


@lru_cache(maxsize=KNOWN_PIECES)
def _hash(piece: str) -> int:
    """Return the hash of a word, and 0 of what is none; a text has the same pieces many times."""
    if not _is_word(piece):
        return 0
    return xxh3_64_intdigest(piece.casefold().encode()) or 1


def _is_word(piece: str) -> bool:
    if piece.isascii():
        return any(map(str.isalnum, piece))
    return any(unicodedata.category(character)[0] in "LN" for character in piece)
