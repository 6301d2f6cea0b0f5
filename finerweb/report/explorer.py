"""Passages with every view of their entities, as the explorer takes them.

Spans are in code points, as everywhere; the browser turns them into its own units. Audits are
apart, since few are looked at.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from finerweb.tables.entities import ENTITIES
from finerweb.tables.grounded import GROUNDED
from finerweb.tables.io import Row, stream
from finerweb.tables.passages import SELECTED

Audits = list[list[list[Any]]]
"""Of each annotator, in their order, what became of its mentions: ``[mention, type, status, start,
end]``, without the mention where the span says it, without the span where it was not grounded."""
PROVENANCE = ("document_id", "url", "dump", "date", "language_score", "quality_score", "useful")


def read_shown(
    selected: Path, entities: Path, grounded: Path, annotators: Sequence[str], limit: int | None
) -> tuple[list[dict[str, Any]], list[Audits]]:
    """Return a language's first passages, all if ``limit`` is None, and the audits of each.

    ``grounded`` has a folder an annotator; the other two are files, and name the language.
    """
    passages = list(islice(stream(selected, SELECTED), limit))
    ids = {row["passage_id"] for row in passages}
    merged = _by_passage(stream(entities, ENTITIES), ids)
    audits = [
        _by_passage(stream(grounded / name / selected.name, GROUNDED), ids) for name in annotators
    ]
    told = [_audits(row["passage_id"], audits) for row in passages]
    return list(shown(passages, merged, told, annotators)), told


def shown(
    passages: Sequence[Row],
    merged: Mapping[str, Sequence[Row]],
    audits: Sequence[Audits],
    annotators: Sequence[str],
) -> Iterator[dict[str, Any]]:
    """Yield each passage with its entities, and how many mentions became none.

    An entity is ``[start, end, labels, similarity, sources]``, a source ``[annotator's number,
    start, end, type]``, or the number alone where the rest is the entity's own and its first label.
    """
    number = {name: n for n, name in enumerate(annotators)}
    for row, told in zip(passages, audits, strict=True):
        name = row["passage_id"]
        yield {
            "id": name,
            "text": row["text"],
            "about": {key: _short(row[key]) for key in PROVENANCE if row[key] is not None},
            "gold": row["gold"] and [[g["start"], g["end"], g["type"]] for g in row["gold"]],
            "entities": [_entity(entity, number) for entity in merged.get(name, ())],
            "dropped": sum(one[3] is None for audit in told for one in audit),
        }


def _entity(row: Row, number: Mapping[str, int]) -> list[Any]:
    own = (row["start"], row["end"], row["labels"][0])
    sources: list[Any] = []
    for one in row["sources"]:
        said = (one["start"], one["end"], one["type"])
        who = number[one["annotator"]]
        sources.append(who if said == own else [who, *said])
    return [row["start"], row["end"], row["labels"], _short(row["similarity"]), sources]


def _audits(passage: str, audits: Sequence[Mapping[str, Sequence[Row]]]) -> Audits:
    return [[_mention(one) for one in audit.get(passage, ())] for audit in audits]


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
