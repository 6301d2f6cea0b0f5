"""Annotated passages to look at: whose entities, and the pieces of a text that they make."""

import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from finerweb.languages import language
from finerweb.records import Entity, Source, single
from finerweb.tables.entities import ENTITIES, MERGED
from finerweb.tables.grounded import GROUNDED, spans_by_passage
from finerweb.tables.io import Row, read, stream
from finerweb.tables.passages import SELECTED
from finerweb.tables.rows import passage

GOLD = "gold"
"""Not an annotator: what people said of the passages that they were asked about."""
LAYOUT = "\n\t"
"""Control characters that a terminal may have from a text."""
HIDDEN = ("Cc", "Zl", "Zp")


@dataclass(frozen=True, slots=True)
class Viewed:
    """A passage with somebody's entities, in text order, of spans alike the longest first."""

    passage_id: str
    text: str
    url: str | None
    quality_score: float
    entities: tuple[Entity, ...]


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a text: an entity's, or none's."""

    text: str
    entity: Entity | None = None


def viewed(data: Path, code: str, annotator: str, passage_id: str | None) -> Iterator[Viewed]:
    """Yield the passages of a language, or the one with this id, with an annotator's entities.

    ``annotator`` is one of the graph's, `MERGED`, or `GOLD`, which only passages with gold have.

    Raises:
        FileNotFoundError: a table is not there yet.
        ValueError: there is no such language, annotator or passage.
    """
    known = language(code).code
    path = data / "selected" / f"{known}.parquet"
    entities_of = _entities(data, known, annotator)
    found = False
    for row in stream(path, SELECTED):
        if passage_id not in (None, row["passage_id"]):
            continue
        if (entities := entities_of(row)) is not None:
            found = True
            ordered = sorted(entities, key=lambda e: (e.start, -e.end))
            one = passage(row)
            yield Viewed(one.passage_id, one.text, row["url"], row["quality_score"], tuple(ordered))
    if not found:
        what = f"passage {passage_id!r}" if passage_id else "passage"
        raise ValueError(
            f"{path}: no {what} with entities of {annotator}; `finerweb show {code}` prints what "
            "there is, with the ids"
        )


def _entities(data: Path, code: str, annotator: str) -> Callable[[Row], Sequence[Entity] | None]:
    """Return what gives the entities of a row of `selected`; None where nobody was asked."""
    if annotator == GOLD:
        return lambda row: None if row["gold"] is None else _gold(row)
    by_passage: Mapping[str, Sequence[Entity]]
    if annotator == MERGED:
        by_passage = _merged(data / "entities" / f"{code}.parquet")
    else:
        known = annotators(data)
        if annotator not in known:
            raise ValueError(
                f"no annotator {annotator!r}; {data / 'grounded'} has "
                f"{', '.join(known) or 'none yet'}, beside them there are {MERGED} and {GOLD}"
            )
        spans = spans_by_passage(read(data / "grounded" / annotator / f"{code}.parquet", GROUNDED))
        by_passage = {name: single(annotator, found) for name, found in spans.items()}
    return lambda row: by_passage.get(row["passage_id"], ())


def annotators(data: Path) -> list[str]:
    """Return the annotators whose spans are there, sorted."""
    return sorted(path.name for path in (data / "grounded").glob("*") if path.is_dir())


def _merged(path: Path) -> dict[str, list[Entity]]:
    found: dict[str, list[Entity]] = {}
    for row in stream(path, ENTITIES):
        sources = tuple(Source(**source) for source in row["sources"])
        entity = Entity(row["start"], row["end"], tuple(row["labels"]), sources)
        found.setdefault(row["passage_id"], []).append(entity)
    return found


def _gold(row: Row) -> list[Entity]:
    return [Entity(span["start"], span["end"], (span["type"],)) for span in row["gold"]]


def pieces(text: str, entities: Sequence[Entity]) -> tuple[list[Piece], list[Entity]]:
    """Return a text cut at its entities, and those left over since they overlap one before.

    The pieces make up the text. Of entities that overlap, the first is cut out; of those that
    begin alike, the longest.

    >>> [p.text for p in pieces("a bc d", [Entity(2, 4, ("x",)), Entity(3, 6, ("y",))])[0]]
    ['a ', 'bc', ' d']
    """
    cut: list[Piece] = []
    left: list[Entity] = []
    at = 0
    for entity in sorted(entities, key=lambda e: (e.start, -e.end)):
        if entity.start < at:
            left.append(entity)
            continue
        if entity.start > at:
            cut.append(Piece(text[at : entity.start]))
        cut.append(Piece(text[entity.start : entity.end], entity))
        at = entity.end
    if at < len(text):
        cut.append(Piece(text[at:]))
    return cut, left


def harmless(text: str) -> str:
    """Return a text with control characters in their pictures: no passage steers a terminal.

    It has as many code points as before.
    """
    return "".join(_picture(c) if unicodedata.category(c) in HIDDEN else c for c in text)


def _picture(character: str) -> str:
    if character in LAYOUT:
        return character
    return chr(0x2400 + ord(character)) if ord(character) < 0x20 else "\N{REPLACEMENT CHARACTER}"
