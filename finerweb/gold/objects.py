"""JSON: texts with spans a line, sentences with tags (RONEC), and DynamicNER's lists of surfaces.

DynamicNER could not be had here: unverified, read as its authors' example file has it.
"""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from finerweb.gold.columns import lines, marked
from finerweb.gold.records import Marked
from finerweb.gold.schemes import TaggedLine, scheme_of
from finerweb.records import Span

SPAN_LISTS = ("spans", "entities", "char_spans", "gold")
TOKEN_LISTS = ("tokens", "words")
TAG_LISTS = ("ner_tags", "tags", "ner")


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
                row = json.loads(line)
                spans = next(row[name] for name in SPAN_LISTS if name in row)
                found = tuple(sorted(_span(span) for span in spans))
                name = str(row["id"]) if "id" in row else None
                yield Marked(where, row["text"], found, None, name, row.get("language"))
            except (KeyError, TypeError, StopIteration, ValueError) as error:
                raise ValueError(
                    f"{where}: expected an object with `text` and one of {', '.join(SPAN_LISTS)}, "
                    f"a list of [start, end, type], got {line.strip()[:60]!r} ({error})"
                ) from error


def _span(span: Any) -> Span:
    if isinstance(span, dict):
        kind = next(span[name] for name in ("type", "label", "tag") if name in span)
        return Span(int(span["start"]), int(span["end"]), str(kind))
    start, end, kind = span
    return Span(int(start), int(end), str(kind))


def read_tagged(path: Path) -> Iterator[Marked]:
    """Yield the sentences of a JSON list of objects with tokens, tags and perhaps ``space_after``.

    Raises:
        ValueError: it is no such list, or tokens and tags are not equally many.
    """
    rows = _json(path)
    try:
        found = [(tokens_of(row), tags_of(row)) for row in rows]
    except (KeyError, TypeError, StopIteration) as error:
        raise ValueError(
            f"{path}: expected a list of objects with one of {', '.join(TOKEN_LISTS)} and one of "
            f"{', '.join(TAG_LISTS)}"
        ) from error
    lines = [
        [TaggedLine(tag, f"{path}, object {i}") for tag in t] for i, (_, t) in enumerate(found)
    ]
    scheme = scheme_of(lines)
    for i, (row, (tokens, _), tags) in enumerate(zip(rows, found, lines, strict=True)):
        where = f"{path}, object {i}"
        same_length(where, tokens, tags)
        yield marked(where, tokens, tags, scheme, space_after=row.get("space_after"))


def tokens_of(row: dict[str, Any]) -> list[str]:
    """Return the tokens of an object that has them by one of their names."""
    return list(next(row[name] for name in TOKEN_LISTS if name in row))


def tags_of(row: dict[str, Any]) -> list[Any]:
    """Return the tags of an object that has them by one of their names."""
    return list(next(row[name] for name in TAG_LISTS if name in row))


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
    items = rows.items() if isinstance(rows, dict) else enumerate(rows)
    for name, row in items:
        where = f"{path}, object {name}"
        try:
            text, surfaces, kinds = row["sentence"], row["entity"], row["category"]
        except (KeyError, TypeError) as error:
            raise ValueError(
                f"{where}: expected `sentence`, `entity` and `category`, got {str(row)[:60]!r}"
            ) from error
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
    try:
        return json.loads("\n".join(lines(path)))
    except json.JSONDecodeError as error:
        raise ValueError(f"{path}: expected JSON, {error}") from error
