"""JSON: texts with spans a line, sentences with tags (RONEC), and DynamicNER's lists of surfaces.

DynamicNER could not be had here: unverified, read as its authors' example file has it.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from finerweb.gold.columns import lines, marked
from finerweb.gold.records import Marked
from finerweb.gold.schemes import TaggedLine, scheme_of
from finerweb.records import Span

SPAN_LISTS = ("spans", "entities", "char_spans", "gold")
TOKEN_LISTS = ("tokens", "words")
TAG_LISTS = ("ner_tags", "tags", "ner")
SURFACE_KEYS = ("sentence", "entity", "category")

T = TypeVar("T")


def read_spans(path: Path) -> Iterator[Marked]:
    """Yield the texts of JSON lines: ``text`` and spans (`SPAN_LISTS`), ``id`` and ``language``.

    A span is [start, end, type] or an object with ``start``, ``end`` and ``type`` (or ``label``, or
    ``tag``), half-open, in code points.

    Raises:
        ValueError: a line is none of these, naming it.
    """
    for number, line in enumerate(lines(path), 1):
        where = f"{path}, line {number}"
        if line.strip():
            try:
                one = _text_with_spans(json.loads(line), where)
            except (ValueError, RecursionError) as error:
                raise ValueError(
                    f"{where}: expected an object with `text` and one of {', '.join(SPAN_LISTS)}, "
                    f"a list of [start, end, type], got {line.strip()[:60]!r} ({error})"
                ) from error
            yield one


def _text_with_spans(row: Any, where: str) -> Marked:
    name = next((name for name in SPAN_LISTS if isinstance(row, dict) and name in row), None)
    if name is None or not isinstance(row[name], list):
        raise ValueError("no such list")
    code = row.get("language")
    if code is not None and not isinstance(code, str):
        raise ValueError(f"language is {shown(code)}, expected a string, as in swh_Latn")
    spans = tuple(sorted(_span(span) for span in row[name]))
    called = str(row["id"]) if row.get("id") is not None else None
    return Marked(where, text_of(row), spans, None, called, code)


def text_of(row: Any) -> str:
    """Return the ``text`` of an object.

    Raises:
        ValueError: it is no object, or its text no string.
    """
    text = row.get("text") if isinstance(row, dict) else None
    if not isinstance(text, str):
        raise ValueError(f"text is {shown(text)}, expected a string")
    return text


def _span(span: Any) -> Span:
    if isinstance(span, dict):
        kind = next((span[name] for name in ("type", "label", "tag") if name in span), None)
        span = [span.get("start"), span.get("end"), kind]
    # A boolean would pass for an int, 1.5 for 1.
    if not isinstance(span, list) or [type(one) for one in span] != [int, int, str]:
        raise ValueError(f"span {shown(span)}, expected two whole numbers and a string")
    return Span(*span)


@dataclass(frozen=True, slots=True)
class Tagged:
    """A sentence of tokens and as many tags; ``space_after`` each token, where a file says so."""

    where: str
    tokens: list[str]
    tags: list[TaggedLine]
    space_after: list[bool] | None = None


def tagged(where: str, tokens: object, tags: object, space_after: object = None) -> Tagged:
    """Return a sentence of what a file has for its lists.

    Raises:
        ValueError: they are no lists of strings (the last: of booleans), or not equally long.
    """
    some = list_of(str, tokens, "tokens", where)
    kinds = list_of(str, tags, "tags by name, as in B-PER", where)
    same_length(where, some, kinds)
    if "" in kinds:
        raise ValueError(f"{where}: expected a tag (O where there is no entity), got an empty one")
    spaces = None
    if space_after is not None:
        spaces = list_of(bool, space_after, "booleans (space_after)", where)
        if len(spaces) != len(some):
            raise ValueError(
                f"{where}: expected space_after for {len(some)} tokens, got {len(spaces)}"
            )
    return Tagged(where, some, [TaggedLine(kind, where) for kind in kinds], spaces)


def read_tagged(path: Path) -> Iterator[Marked]:
    """Yield the sentences of a JSON list of objects with tokens, tags and perhaps ``space_after``.

    Raises:
        ValueError: it is no such list, or tokens and tags are not equally many, naming the object.
    """
    rows = _json(path)
    if not isinstance(rows, list):
        raise ValueError(f"{path}: expected a list of objects, got {shown(rows)}")
    yield from read_rows([_tagged(row, f"{path}, object {i}") for i, row in enumerate(rows)])


def read_rows(rows: Sequence[Tagged]) -> Iterator[Marked]:
    """Yield the sentences of a file, with the spans that the tags of all of them say.

    Raises:
        ValueError: the tags are of two schemes.
    """
    scheme = scheme_of(row.tags for row in rows)
    for row in rows:
        yield marked(row.where, row.tokens, row.tags, scheme, space_after=row.space_after)


def _tagged(row: Any, where: str) -> Tagged:
    tokens, tags = (
        next((name for name in names if isinstance(row, dict) and name in row), None)
        for names in (TOKEN_LISTS, TAG_LISTS)
    )
    if tokens is None or tags is None:
        raise ValueError(
            f"{where}: expected an object with one of {', '.join(TOKEN_LISTS)} and one of "
            f"{', '.join(TAG_LISTS)}, got {shown(row)}"
        )
    return tagged(where, row[tokens], row[tags], row.get("space_after"))


def list_of(kind: type[T], value: object, what: str, where: str) -> list[T]:
    """Return a list that has nothing but what it is said to have.

    Raises:
        ValueError: it is none, naming the place, and the first item that is something else.
    """
    if not isinstance(value, list):
        raise ValueError(f"{where}: expected a list of {what}, got {shown(value)}")
    for i, item in enumerate(value):
        if not isinstance(item, kind):
            raise ValueError(
                f"{where}: expected a list of {what}, got {shown(item)} among them, at {i}"
            )
    return value


def shown(value: object) -> str:
    """Return the beginning of a value as JSON has it: null, not None."""
    return json.dumps(value, ensure_ascii=False, default=str)[:60]


def same_length(where: str, tokens: Sequence[str], tags: Sequence[object]) -> None:
    """Refuse a sentence whose tokens and tags are not equally many.

    Raises:
        ValueError: naming the place and both numbers.
    """
    if len(tokens) != len(tags):
        raise ValueError(f"{where}: expected a tag a token, got {len(tags)} for {len(tokens)}")


def read_surfaces(path: Path) -> Iterator[Marked]:
    """Yield the sentences of an object of {``sentence``, ``entity``, ``category``}, unverified.

    There are no places in the format: each surface is looked for from the end of the last one on,
    then in the whole sentence; one that stands nowhere is lost, and counted.

    Raises:
        ValueError: the file is no such object, or entities and categories are not equally many.
    """
    rows = _json(path)
    if not isinstance(rows, dict | list):
        raise ValueError(f"{path}: expected an object of sentences, got {shown(rows)}")
    items = rows.items() if isinstance(rows, dict) else enumerate(rows)
    for name, row in items:
        where = f"{path}, object {name}"
        values = [row.get(key) if isinstance(row, dict) else None for key in SURFACE_KEYS]
        text = values[0]
        if not isinstance(text, str) or None in values:
            raise ValueError(
                f"{where}: expected `sentence`, `entity` and `category`, got {shown(row)}"
            )
        surfaces = list_of(str, values[1], "surfaces", where)
        kinds = list_of(str, values[2], "categories", where)
        same_length(where, surfaces, kinds)
        spans, lost = _placed(text, surfaces, kinds)
        yield Marked(where, text, tuple(sorted(spans)), name=str(name), lost=lost)


def _placed(text: str, surfaces: Sequence[str], kinds: Sequence[str]) -> tuple[list[Span], int]:
    spans: list[Span] = []
    at = lost = 0
    for surface, kind in zip(surfaces, kinds, strict=True):
        start = text.find(surface, at) if surface else -1
        start = text.find(surface) if start < 0 and surface else start
        if start < 0:
            lost += 1
        else:
            at = start + len(surface)
            spans.append(Span(start, at, kind))
    return spans, lost


def _json(path: Path) -> Any:
    text = "\n".join(lines(path))
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path}: expected JSON, {error}") from error
