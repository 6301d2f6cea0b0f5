"""The `scores` table: what the regressor gave each passage of the corpus part."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import pyarrow as pa

from finerweb.records import Passage
from finerweb.tables.io import ROWS_AT_ONCE, Row, Table, column, read, writing
from finerweb.tables.passages import KEY, PASSAGES
from finerweb.tables.rows import read_passages

SCORES = Table(
    "scores",
    pa.schema(
        [
            column("rank", pa.int64(), "The document's place in the sample's order, from 0."),
            column("start", pa.int32(), "Code point of the document at which the passage starts."),
            column("passage_id", pa.string(), "The passage."),
            column("quality_score", pa.float64(), "What the regressor gave it."),
        ]
    ),
    KEY,
)


def recorded(
    scored: Iterable[tuple[Passage, float]], path: Path
) -> Iterator[tuple[Passage, float]]:
    """Yield a language's scored passages as they come, and write their scores on the way.

    The file is there once the last one was taken; some rows are in memory at a time.
    """
    rows: list[Row] = []
    with writing(path, SCORES) as append:
        for passage, score in scored:
            row = {"rank": passage.rank, "start": passage.start, "passage_id": passage.passage_id}
            rows.append(row | {"quality_score": score})
            if len(rows) == ROWS_AT_ONCE:
                append(pa.Table.from_pylist(rows, schema=SCORES.schema))
                rows = []
            yield passage, score
        append(pa.Table.from_pylist(rows, schema=SCORES.schema))


def read_scored(passages: Path, scores: Path) -> Iterator[tuple[str, list[tuple[Passage, float]]]]:
    """Yield each language with its scored passages, in the order of the passages; all in memory.

    Raises:
        FileNotFoundError, ValueError: as `read`.
    """
    for code, found in read_passages(passages, PASSAGES):
        rows = read(scores / f"{code}.parquet", SCORES)
        by_id = {row["passage_id"]: row["quality_score"] for row in rows}
        yield code, [(one, by_id[one.passage_id]) for one in found if one.passage_id in by_id]
