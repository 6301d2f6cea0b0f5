"""Passages with every view of their entities, as the explorer takes them.

Spans are in code points, as everywhere; the browser turns them into its own units.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from finerweb.tables.entities import ENTITIES
from finerweb.tables.grounded import GROUNDED
from finerweb.tables.io import Row, stream
from finerweb.tables.passages import SELECTED

PROVENANCE = ("document_id", "url", "dump", "date", "language_score", "quality_score", "useful")


def read_shown(
    selected: Path, entities: Path, grounded: Path, annotators: Sequence[str], limit: int | None
) -> list[dict[str, Any]]:
    """Return a language's first passages, all if ``limit`` is None, from its files.

    ``grounded`` has a folder an annotator; the other two are files, and name the language.
    """
    passages = list(islice(stream(selected, SELECTED), limit))
    ids = {row["passage_id"] for row in passages}
    merged = _by_passage(stream(entities, ENTITIES), ids)
    audits = [
        _by_passage(stream(grounded / name / selected.name, GROUNDED), ids) for name in annotators
    ]
    return list(shown(passages, merged, audits, annotators))


def shown(
    passages: Sequence[Row],
    merged: Mapping[str, Sequence[Row]],
    audits: Sequence[Mapping[str, Sequence[Row]]],
    annotators: Sequence[str],
) -> Iterator[dict[str, Any]]:
    """Yield each passage with its entities, and the audit of each annotator in their order.

    An entity is ``[start, end, labels, similarity, sources]``, a source ``[annotator's number,
    start, end, type]``; a mention of an audit is ``[mention, type, status, start, end]``, without
    the mention where the span says it, and without the span where it was not grounded.
    """
    number = {name: n for n, name in enumerate(annotators)}
    for row in passages:
        name = row["passage_id"]
        yield {
            "id": name,
            "text": row["text"],
            "about": {key: _short(row[key]) for key in PROVENANCE if row[key] is not None},
            "gold": row["gold"] and [[g["start"], g["end"], g["type"]] for g in row["gold"]],
            "entities": [_entity(entity, number) for entity in merged.get(name, ())],
            "audits": [[_mention(one) for one in audit.get(name, ())] for audit in audits],
        }


def _entity(row: Row, number: Mapping[str, int]) -> list[Any]:
    sources = [
        [number[one["annotator"]], one["start"], one["end"], one["type"]] for one in row["sources"]
    ]
    return [row["start"], row["end"], row["labels"], _short(row["similarity"]), sources]


def _mention(row: Row) -> list[Any]:
    is_exact = row["status"] == "grounded"
    mention = None if is_exact else row["mention"]
    return [mention, row["type"], row["status"], row["start"], row["end"]]


def _short(value: Any) -> Any:
    return round(value, 4) if isinstance(value, float) else value


def _by_passage(rows: Iterator[Row], ids: set[str]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        if row["passage_id"] in ids:
            found.setdefault(row["passage_id"], []).append(row)
    return found
