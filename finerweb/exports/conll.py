"""CoNLL columns, IOB2: a token, a tab, its tag; a blank line ends a passage.

A comment ``# id = ...`` begins each passage. A tag names the labels of an entity, joined with
``|``. Readers split lines at white space, so white space, ``%`` and ``|`` in labels and ids are
percent-encoded as in URLs: ``B-historical%20event|battle``; `unquoted` undoes it. Tags hold
no entity inside another: of two that overlap the longer stays.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar
from urllib.parse import quote, unquote

from finerweb.exports.loss import Ledger
from finerweb.exports.source import entities
from finerweb.exports.tokens import SPLITTERS, Token, apart, placed
from finerweb.records import Entity
from finerweb.tables.io import Row

BESIDE = "|"
_RESERVED = re.compile(r"[\s%|]")


@dataclass(frozen=True, slots=True)
class Conll:
    """Tokens with one column of tags; ``words`` is one of `SPLITTERS`, icu or graphemes."""

    words: str
    suffix: ClassVar[str] = ".conll"

    def write(self, rows: Iterable[Row], path: Path, ledger: Ledger) -> None:
        """Write the rows of a language and split."""
        with path.open("w", encoding="utf-8", newline="\n") as file:
            for row in rows:
                file.writelines(_lines(row, SPLITTERS[self.words](row["text"]), ledger))

    def beside(self) -> dict[str, str]:
        """Return no further files."""
        return {}


def _lines(row: Row, tokens: Sequence[Token], ledger: Ledger) -> Iterator[str]:
    inside, outside = placed(entities(row), tokens)
    kept, others = apart(inside)
    for entity in outside:
        ledger.lose(row, entity, entity.labels, "not on token borders")
    for _, _, entity in others:
        ledger.lose(row, entity, entity.labels, "overlaps another")
    ledger.keep(row, sum(len(entity.labels) for _, _, entity in kept))
    tags = ["O"] * len(tokens)
    for first, after, entity in kept:
        tag = _tag(entity)
        tags[first:after] = [f"B-{tag}", *[f"I-{tag}"] * (after - first - 1)]
    yield f"# id = {_quoted(row['id'])}\n"
    for (start, end), tag in zip(tokens, tags, strict=True):
        yield f"{row['text'][start:end]}\t{tag}\n"
    yield "\n"


def _tag(entity: Entity) -> str:
    return BESIDE.join(map(_quoted, entity.labels))


def _quoted(text: str) -> str:
    return _RESERVED.sub(lambda found: quote(found[0], safe=""), text)


def unquoted(tag: str) -> list[str]:
    """Return the labels of a tag without its ``B-`` or ``I-``.

    >>> unquoted("historical%20event|battle")
    ['historical event', 'battle']
    """
    return [unquote(label) for label in tag.split(BESIDE)]
