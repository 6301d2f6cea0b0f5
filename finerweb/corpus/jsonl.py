"""Reading own documents: one JSON object a line, one file a language, packed or not."""

import io
import json
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import IO, Annotated, Literal

import pyarrow as pa
from pydantic import (
    AliasChoices,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
)

from finerweb.records import MAX_CHARACTERS, Document, Provenance, Span, check_text

COMPRESSIONS = {".jsonl": None, ".jsonl.gz": "gzip", ".jsonl.zst": "zstd"}
MAX_LINE_BYTES = 64 * 2**20
"""The longest text with every character escaped, twice over; a line is read whole."""

TEXTS = ("id", "text", "url", "source", "dump", "date")
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
    url: str | None = Field(None, validation_alias=AliasChoices("url", "source"))
    dump: str | None = None
    date: str | None = None
    language_score: float | None = Field(None, allow_inf_nan=False)
    useful: bool | None = None
    part: Literal["rating", "corpus"] | None = None
    gold: list[Gold] | None = None


def find(folder: Path, language: str) -> Path:
    """Return the language's file in a folder: `.jsonl`, `.jsonl.gz` or `.jsonl.zst`.

    Raises:
        FileNotFoundError: there is none.
        ValueError: there is more than one.
    """
    names = [f"{language}{suffix}" for suffix in COMPRESSIONS]
    found = [folder / name for name in names if (folder / name).is_file()]
    if not found:
        raise FileNotFoundError(
            f"{folder / names[0]}: no documents for {language}: expected a JSON-lines file with "
            f"`id` and `text` (or {', '.join(names[1:])}); add it, or take the language out of "
            "documents.languages in params.yaml"
        )
    if len(found) > 1:
        raise ValueError(
            f"{folder}: expected one file for {language}, got "
            f"{', '.join(path.name for path in found)}; which of them is it? Remove the others"
        )
    return found[0]


def read_jsonl(path: Path, language: str) -> Iterator[Document]:
    """Yield the documents of a file, in its order; a bad line is an error, never skipped.

    A line is an object with ``id`` and ``text``; ``url`` (or ``source``), ``dump``, ``date``,
    ``language_score``, ``useful``, ``part`` and ``gold`` are optional, other keys are ignored.
    ``gold`` lists ``{"start", "end", "mention", "type"}`` in code points of ``text``.

    Raises:
        ValueError: a line is not such an object, its text is unusable or too long, its gold is
            not where it says, or the file is empty or not packed as its name says; the message
            names file and line.
    """
    empty = True
    with path.open("rb") as packed, _unpacked(packed, path) as file:
        for number in count(1):
            try:
                line = file.readline(MAX_LINE_BYTES + 1)
                document = _document(line, language) if line.strip() else None
            except (ValueError, OSError) as error:
                raise ValueError(f"{path}, line {number}: {error}") from error
            if document is not None:
                empty = False
                yield document
            elif not line:
                break
    if empty:
        raise ValueError(f"{path}: no documents for {language}: the file is empty")


def _unpacked(packed: IO[bytes], path: Path) -> IO[bytes]:
    compression = COMPRESSIONS[path.name[path.name.index(".jsonl") :]]
    if compression is None:
        return packed
    # The stream of pyarrow has no readline of its own.
    return io.BufferedReader(pa.CompressedInputStream(packed, compression))


def _document(line: bytes, language: str) -> Document:
    if len(line) > MAX_LINE_BYTES:
        raise ValueError(f"expected at most {MAX_LINE_BYTES:,} bytes; is it JSON lines?")
    try:
        values = json.loads(line.decode("utf-8"))
        for key in TEXTS if isinstance(values, dict) else ():
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
        provenance=Provenance(row.url, row.dump, row.date, row.language_score),
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
