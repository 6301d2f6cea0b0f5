"""Passages with every view of their entities, as the explorer takes them.

Spans are in code points, as everywhere; the browser turns them into its own units. Audits are
apart, since few are looked at.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from finerweb.report.steps import short
from finerweb.tables.confidence import read_beside
from finerweb.tables.entities import ENTITIES
from finerweb.tables.grounded import GROUNDED
from finerweb.tables.io import ROWS_AT_ONCE, Row, stream
from finerweb.tables.passages import SELECTED

Audits = list[list[list[Any]]]
"""Of each annotator, in their order, what became of its mentions: ``[mention, type, status, start,
end]``, without the mention where the span says it, without the span where it was not grounded."""
PROVENANCE = ("document_id", "url", "dump", "date", "language_score", "quality_score", "useful")


@dataclass(frozen=True, slots=True)
class Folders:
    """Where the tables are: a file a language, in ``grounded`` in a folder an annotator.

    Where ``confidence`` is None, no entity has any.
    """

    selected: Path
    grounded: Path
    entities: Path
    labels: Path
    confidence: Path | None


def read_shown(
    code: str, folders: Folders, annotators: Sequence[str], limit: int | None
) -> tuple[list[dict[str, Any]], list[Audits]]:
    """Return a language's first passages, all if ``limit`` is None, and the audits of each.

    Raises:
        FileNotFoundError, ValueError: a table is not there, or is not what it should be; or the
            confidence is that of other entities.
    """
    name = f"{code}.parquet"
    passages = list(islice(stream(folders.selected / name, SELECTED), limit))
    ids = {row["passage_id"] for row in passages}
    merged = _by_passage(_entities(code, folders), ids)
    audits = [
        _by_passage(stream(folders.grounded / who / name, GROUNDED), ids) for who in annotators
    ]
    told = [_audits(row["passage_id"], audits) for row in passages]
    return list(shown(passages, merged, told, annotators)), told


def confidences(passages: Sequence[Mapping[str, Any]]) -> Iterator[float | str]:
    """Yield of each entity its confidence, or the reason for none; nothing if there is neither.

    ``passages`` are those that `shown` yields.
    """
    return (entity[5] for one in passages for entity in one["entities"] if len(entity) > 5)


def shown(
    passages: Sequence[Row],
    merged: Mapping[str, Sequence[Row]],
    audits: Sequence[Audits],
    annotators: Sequence[str],
) -> Iterator[dict[str, Any]]:
    """Yield each passage with its entities, and how many mentions became none.

    An entity is ``[start, end, labels, similarity, sources, confidence]``, a source ``[annotator's
    number, start, end, type]``, or the number alone where the rest is the entity's own and its
    first label. The confidence is a number, or the reason why there is none; it is left out where
    rows of ``merged`` have no such column.
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
    sure = [] if "confidence" not in row else [_sure(row)]
    return [row["start"], row["end"], row["labels"], _short(row["similarity"]), sources, *sure]


def _sure(row: Row) -> float | str:
    if row["confidence"] is not None:
        return short(row["confidence"])
    reason: str = row["reason"]
    return reason


def _entities(code: str, folders: Folders) -> Iterator[Row]:
    """Yield a language's merged entities, with the columns of their confidence if it has any."""
    if folders.confidence is None:
        yield from stream(folders.entities / f"{code}.parquet", ENTITIES)
        return
    sure, table = read_beside(folders.confidence, folders.entities, code)
    for name in ("confidence", "reason"):
        table = table.append_column(name, sure[name])
    for batch in table.to_batches(ROWS_AT_ONCE):
        yield from batch.to_pylist()


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
