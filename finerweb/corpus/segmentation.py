"""Words and sentences from ICU, with offsets in code points.

ICU counts UTF-16 units, so `icu4py`'s own offsets are wrong beyond the BMP; the pieces it yields
are right, and their lengths add up to code points.
"""

import unicodedata
from dataclasses import dataclass

import numpy as np
from icu4py.breakers import SentenceBreaker, WordBreaker
from numpy.typing import NDArray
from xxhash import xxh3_64_intdigest

# Dictionaries for Thai, Lao, Khmer, Burmese, Chinese and Japanese go by script, whatever the
# locale; the root locale keeps every language's words comparable.
LOCALE = "root"
KNOWN_PIECES = 1 << 18
SARA_AM = "\u0e33\u0eb3"
"""Vowels of Thai and Lao, the only ones that ICU may start a word with inside a grapheme."""


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
    found = pieces(text)
    hashes = np.fromiter(map(_HASHES.__getitem__, found), np.uint64, len(found))
    is_word = hashes != 0
    return Words(_starts(found)[is_word], hashes[is_word])


def pieces(text: str) -> list[str]:
    """Return a text cut before and after every word: words, and what is between them.

    >>> pieces("Anna, 3 Hunde!")
    ['Anna', ',', ' ', '3', ' ', 'Hunde', '!']
    """
    found = list(WordBreaker(text, LOCALE))
    return _whole(found) if any(vowel in text for vowel in SARA_AM) else found


def _whole(pieces: list[str]) -> list[str]:
    """Return the pieces with those that start inside a grapheme joined to what they belong to."""
    whole: list[str] = []
    for piece in pieces:
        if whole and piece[0] in SARA_AM:
            whole[-1] += piece
        else:
            whole.append(piece)
    return whole


def sentence_starts(text: str) -> NDArray[np.int64]:
    """Return the code points (n,) that sentences start at."""
    return _starts(list(SentenceBreaker(text, LOCALE)))


def _starts(pieces: list[str]) -> NDArray[np.int64]:
    lengths = np.fromiter(map(len, pieces), np.int64, len(pieces))
    return np.cumsum(lengths) - lengths


class _Hashes(dict[str, int]):
    """The hashes of words, and 0 of what is none; a text has the same pieces many times."""

    def __missing__(self, piece: str) -> int:
        if len(self) == KNOWN_PIECES:
            self.clear()
        word = piece.casefold().encode() if _is_word(piece) else b""
        self[piece] = (xxh3_64_intdigest(word) or 1) if word else 0
        return self[piece]


_HASHES = _Hashes()


def _is_word(piece: str) -> bool:
    if piece.isascii():
        return any(map(str.isalnum, piece))
    return any(unicodedata.category(character)[0] in "LN" for character in piece)
