"""Reading documents from a source: one JSON object a line, one file a language."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from finerweb.records import Document, Span

MAX_CHARACTERS = 2_000_000


def read_jsonl(path: Path, language: str) -> Iterator[Document]:
    """Yield the documents of ``<language>.jsonl``, in the order of the file.

    A line is an object with ``id`` and ``text``; ``source``, ``useful``, ``part`` and ``gold``
    are optional, other keys are ignored. ``gold`` lists ``{"start", "end", "mention", "type"}``
    in code points of ``text``.

    Raises:
        FileNotFoundError: there is no file for the language.
        ValueError: a line is not such an object, its text is unusable or too long, its gold is
            not where it says, or an id comes twice; the message names file and line.
    """
    if not path.is_file():
        raise FileNotFoundError(
            f"{path}: no documents for {language}: expected a JSON-lines file with `id` and "
            "`text`; add it, or take the language out of documents.languages in params.yaml"
        )
    seen: set[str] = set()
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            if not line.strip():
                continue
            try:
                document = _document(line, language)
                if document.document_id in seen:
                    raise ValueError(f"id {document.document_id!r} comes twice")
            except ValueError as error:
                raise ValueError(f"{path}, line {number}: {error}") from error
            seen.add(document.document_id)
            yield document
    if not seen:
        raise ValueError(f"{path}: no documents for {language}: the file is empty")


def _document(line: bytes, language: str) -> Document:
    try:
        row = json.loads(line.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise ValueError(f"not UTF-8 at byte {error.start}; expected UTF-8 JSON") from error
    except json.JSONDecodeError as error:
        raise ValueError(f"not a JSON object: {error}") from error
    if not isinstance(row, dict):
        raise ValueError(f"expected an object with `id` and `text`, got {type(row).__name__}")
    for key in ("id", "text"):
        if not isinstance(row.get(key), str) or not row[key].strip():
            raise ValueError(f"expected a non-empty string {key!r}, got {str(row.get(key))[:40]!r}")
    text = row["text"]
    if len(text) > MAX_CHARACTERS:
        raise ValueError(
            f"document {row['id']!r} has {len(text):,} characters, expected at most "
            f"{MAX_CHARACTERS:,}; is it a whole dump on one line?"
        )
    return Document(
        document_id=row["id"],
        language=language,
        text=text,
        part=row.get("part"),
        source=row.get("source"),
        useful=row.get("useful"),
        gold=_gold(row["gold"], text) if row.get("gold") is not None else None,
    )


def _gold(rows: list[dict[str, Any]], text: str) -> tuple[Span, ...]:
    spans = []
    for row in rows:
        span = Span(row["start"], row["end"], row["type"])
        if text[span.start : span.end] != row["mention"]:
            raise ValueError(
                f"gold mention {row['mention']!r} is not at [{span.start}, {span.end}): "
                f"there stands {text[span.start : span.end]!r}; offsets are code points of `text`"
            )
        spans.append(span)
    return tuple(spans)
