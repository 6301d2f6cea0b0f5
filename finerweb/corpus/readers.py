"""Reading documents from a source: one JSON object a line, one file a language."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from finerweb.records import Document, Span, check_text

MAX_CHARACTERS = 2_000_000
Filled = Annotated[str, StringConstraints(pattern=r"\S")]


class Gold(BaseModel):
    """A human-labelled entity of a line."""

    model_config = ConfigDict(strict=True)
    start: int = Field(ge=0)
    end: int
    mention: str
    type: Filled


class Line(BaseModel):
    """A line of the source; keys not named here are ignored."""

    model_config = ConfigDict(strict=True)
    id: Filled
    text: Filled
    source: str | None = None
    useful: bool | None = None
    part: Literal["rating", "corpus"] | None = None
    gold: list[Gold] | None = None


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
        values = json.loads(line.decode("utf-8"))
        for key in ("id", "text", "source") if isinstance(values, dict) else ():
            check_text(str(values.get(key)), repr(key))
        row = Line.model_validate(values)
    except UnicodeDecodeError as error:
        raise ValueError(f"not UTF-8 at byte {error.start}; expected UTF-8 JSON") from error
    except (json.JSONDecodeError, RecursionError) as error:
        raise ValueError(f"not a JSON object: {error}") from error
    except ValidationError as error:
        raise ValueError(_explain(error)) from error
    if len(row.text) > MAX_CHARACTERS:
        raise ValueError(
            f"document {row.id!r} has {len(row.text):,} characters, expected at most "
            f"{MAX_CHARACTERS:,}; is it a whole dump on one line?"
        )
    return Document(
        document_id=row.id,
        language=language,
        text=row.text,
        part=row.part,
        source=row.source,
        useful=row.useful,
        gold=None if row.gold is None else tuple(_span(gold, row.text) for gold in row.gold),
    )


def _explain(error: ValidationError) -> str:
    problems = []
    for problem in error.errors():
        key = ".".join(map(str, problem["loc"])) or "the line"
        problems.append(f"{key}: {problem['msg']}, got {str(problem['input'])[:40]!r}")
    return "expected an object with `id` and `text`; " + "; ".join(problems)


def _span(gold: Gold, text: str) -> Span:
    span = Span(gold.start, gold.end, gold.type)
    if text[span.start : span.end] != gold.mention:
        raise ValueError(
            f"gold mention {gold.mention!r} is not at [{span.start}, {span.end}): there stands "
            f"{text[span.start : span.end]!r}; offsets are code points of `text`"
        )
    return span
