"""Where a mention stands in a text: letter for letter, or under a stated normalisation."""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from icu4py.breakers import CharacterBreaker

from finerweb.corpus.segmentation import LOCALE
from finerweb.params.ground import GroundParams

Place = tuple[int, int]
"""Half-open, in code points of the text."""

QUOTES = str.maketrans("‘’‚‛′ʼ`´“”„‟″«»‹›", "''''''''\"\"\"\"\"\"\"''")
ZERO_WIDTH = dict.fromkeys(
    [0x00AD, 0x061C, 0x180E, *range(0x200B, 0x2010), *range(0x202A, 0x202F),
     *range(0x2060, 0x2065), *range(0x2066, 0x206A), 0xFEFF]
)  # fmt: skip
JOINERS = "\u200c\u200d\u2060\u00ad"
"""Stand inside words and emoji: what they part is one."""
UNSPACED = ((0x0E00, 0x10A0), (0x1780, 0x1800), (0x2E80, 0xA000), (0xF900, 0xFB00),
            (0xFF66, 0xFFA0), (0x20000, 0x40000))  # fmt: skip
"""Thai, Lao, Tibetan, Burmese; Khmer; Han and kana: scripts that do not part words by blanks."""
KNOWN = 1 << 16
"""Characters, and graphemes, that are remembered."""


@dataclass(frozen=True, slots=True)
class Found:
    """The places of a surface that may be taken, in text order.

    ``is_exact`` is False where only the second look found them; ``is_inside`` is True where it
    stands inside words alone, and such places may not be taken.
    """

    places: Sequence[Place]
    is_exact: bool = True
    is_inside: bool = False

    @property
    def most(self) -> int:
        """Return how many of the places can be taken at once, none overlapping another."""
        n = last = 0
        for start, end in self.places:
            if start >= last:
                n, last = n + 1, end
        return n


class Occurrences:
    """The places of surfaces in one text, each surface looked for once."""

    def __init__(self, text: str, params: GroundParams) -> None:
        """Name the text; nothing is looked for yet."""
        self._text = text
        self._words = params.words
        self._second_look = tuple(params.second_look)
        self._found: dict[str, Found] = {}
        self._folded: _Folded | None = None

    def of(self, surface: str) -> Found:
        """Return where a surface stands, places that overlap too."""
        if surface not in self._found:
            self._found[surface] = self._look(surface)
        return self._found[surface]

    def after(self, surface: str, cursor: int) -> Place | None:
        """Return the first place that starts at the cursor or behind it."""
        if self._words == "anywhere":
            start = self._text.find(surface, cursor)
            if start >= 0:
                return start, start + len(surface)
        return next((place for place in self.of(surface).places if place[0] >= cursor), None)

    def _look(self, surface: str) -> Found:
        places = list(_places(self._text, surface))
        is_exact = bool(places)
        if not places and self._second_look:
            if self._folded is None:
                self._folded = _Folded(self._text, self._second_look)
            places = self._folded.places(surface)
        if not places or self._words == "anywhere":
            return Found(places, is_exact)
        free = [place for place in places if is_free(self._text, *place)]
        if free or self._words == "require":
            return Found(free, is_exact, is_inside=not free)
        return Found(places, is_exact)


def is_free(text: str, start: int, end: int) -> bool:
    """Return whether a place neither starts nor ends inside a word.

    Inside is between two letters, digits or marks, and beside a joiner; in scripts that do not
    part words by blanks only before a mark, since there nothing shows where a word ends.

    >>> is_free("Burggraf", 0, 4), is_free("Burg Graf", 0, 4), is_free("東京都", 0, 2)
    (False, True, True)
    """
    return not (start > 0 and _joins(text[start - 1], text[start])) and not (
        end < len(text) and _joins(text[end - 1], text[end])
    )


def _joins(a: str, b: str) -> bool:
    if _kind(b) == "M" or a in JOINERS or b in JOINERS:
        return True
    return all(_kind(character) in "LMN" and not _is_unspaced(character) for character in (a, b))


@lru_cache(maxsize=KNOWN)
def _kind(character: str) -> str:
    return unicodedata.category(character)[0]


def _is_unspaced(character: str) -> bool:
    return any(first <= ord(character) < last for first, last in UNSPACED)


def _places(text: str, surface: str) -> Iterator[Place]:
    start = text.find(surface) if surface else -1
    while start >= 0:
        yield start, start + len(surface)
        start = text.find(surface, start + 1)


class _Folded:
    """A text under a normalisation, grapheme by grapheme, with the way back to its code points."""

    def __init__(self, text: str, how: tuple[str, ...]) -> None:
        graphemes = list(CharacterBreaker(text, LOCALE))
        folded = [_fold(grapheme, how) for grapheme in graphemes]
        self._how = how
        self._text = "".join(folded)
        self._ends = np.cumsum([len(grapheme) for grapheme in graphemes])
        self._folded_ends = np.cumsum([len(part) for part in folded])
        self._lengths = np.array([len(part) for part in folded])

    def places(self, surface: str) -> list[Place]:
        """Return where whole graphemes read as the surface does."""
        wanted = "".join(_fold(g, self._how) for g in CharacterBreaker(surface, LOCALE))
        found = []
        for start, end in _places(self._text, wanted):
            # Of graphemes that fold to nothing neither the first nor the last of a place is one.
            first = int(np.searchsorted(self._folded_ends, start, side="right"))
            last = int(np.searchsorted(self._folded_ends, end, side="left"))
            if self._folded_ends[first] - self._lengths[first] == start and (
                self._folded_ends[last] == end
            ):
                found.append((int(self._ends[first - 1]) if first else 0, int(self._ends[last])))
        return found


@lru_cache(maxsize=KNOWN)
def _fold(grapheme: str, how: tuple[str, ...]) -> str:
    if "nfc" in how:
        grapheme = unicodedata.normalize("NFC", grapheme)
    if "zero_width" in how:
        grapheme = grapheme.translate(ZERO_WIDTH)
    if "quotes" in how:
        grapheme = grapheme.translate(QUOTES)
    return grapheme.casefold() if "case" in how else grapheme
