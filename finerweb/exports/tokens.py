"""Tokens of a text, and which entities stand on their borders.

Tools of token classification want tokens, the dataset has characters. Tokens are ICU's words and
what stands between them, so that Thai, Chinese or Japanese are cut into words too; they never
follow the entities, since a model meets no entity-shaped tokens where it is used. An entity that
begins or ends inside a token is therefore lost to such a format, and counted.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from icu4py.breakers import CharacterBreaker

from finerweb.corpus.segmentation import LOCALE, pieces
from finerweb.records import Entity

Token = tuple[int, int]
"""Half-open, in code points of the text."""
Placed = tuple[int, int, Entity]
"""An entity by the first of its tokens and the one after the last."""
_SOLID = re.compile(r"\S+")
_GLINER = re.compile(r"\w+(?:[-_]\w+)*|\S")


def icu_tokens(text: str) -> list[Token]:
    """Return the tokens of a text: every code point but white space is in exactly one.

    >>> [text[start:end] for text in ["Ana's 2 cats."] for start, end in icu_tokens(text)]
    ["Ana's", '2', 'cats', '.']
    """
    return _solid(pieces(text))


def gliner_tokens(text: str) -> list[Token]:
    """Return what GLiNER's own splitter makes of a text.

    Its words are runs of letters and digits: a clause of Chinese or Thai is one, and a vowel sign
    of Devanagari or Thai parts a word in two.
    """
    return [match.span() for match in _GLINER.finditer(text)]


def grapheme_tokens(text: str) -> list[Token]:
    """Return what a reader calls characters, each a token.

    Particles of Korean and articles of Arabic are written in one word with a name, which then is
    on no border of a word; all that is lost here is inside a character.
    """
    return _solid(CharacterBreaker(text, LOCALE))


def _solid(parts: Iterable[str]) -> list[Token]:
    """Return where the parts of a text stand, without white space."""
    found = []
    begin = 0
    for part in parts:
        found += [(begin + m.start(), begin + m.end()) for m in _SOLID.finditer(part)]
        begin += len(part)
    return found


def splitter(text: str) -> Iterator[tuple[str, int, int]]:
    """Yield `icu_tokens` as GLiNER takes them: token, start, end.

    A model that was trained on an export with ICU's words is to see the same ones later:
    ``model.data_processor.words_splitter = splitter``.
    """
    for start, end in icu_tokens(text):
        yield text[start:end], start, end


SPLITTERS: dict[str, Callable[[str], list[Token]]] = {
    "icu": icu_tokens,
    "graphemes": grapheme_tokens,
    "gliner": gliner_tokens,
}


def placed(
    entities: Iterable[Entity], tokens: Sequence[Token]
) -> tuple[list[Placed], list[Entity]]:
    """Return the entities that stand on borders of tokens, and those that do not, each in order."""
    first = {start: i for i, (start, _) in enumerate(tokens)}
    after = {end: i + 1 for i, (_, end) in enumerate(tokens)}
    inside, outside = [], []
    for entity in entities:
        if entity.start in first and entity.end in after:
            inside.append((first[entity.start], after[entity.end], entity))
        else:
            outside.append(entity)
    return inside, outside


def apart(entities: Iterable[Placed]) -> tuple[list[Placed], list[Placed]]:
    """Return entities that share no token, in text order, and the others.

    Of two that overlap the longer one stays, of equally long ones the first.
    """
    taken: set[int] = set()
    kept, others = [], []
    for one in sorted(entities, key=lambda one: (one[0] - one[1], one[0])):
        tokens = range(one[0], one[1])
        if taken.isdisjoint(tokens):
            taken.update(tokens)
            kept.append(one)
        else:
            others.append(one)
    return sorted(kept, key=lambda one: one[0]), others
