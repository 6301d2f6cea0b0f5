"""The label inventory as the site shows it: a row a label, over all languages."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from finerweb.tables.io import Row, languages_in, stream
from finerweb.tables.labels import LABELS


def read_inventory(folder: Path, variants: Sequence[str]) -> list[list[Any]]:
    """Return the inventory of a folder of the `labels` table, as `inventory` does."""
    rows = (
        row for code in languages_in(folder) for row in stream(folder / f"{code}.parquet", LABELS)
    )
    return inventory(rows, variants)


def inventory(rows: Iterable[Row], variants: Sequence[str]) -> list[list[Any]]:
    """Return ``[label, concepts, counts, languages]`` a label, the most frequent first.

    ``rows`` are of the `labels` table. The counts are in the order of the variants, of which the
    first decides what is frequent; ties go by the sum over all, then by the label.
    """
    number = {name: n for n, name in enumerate(variants)}
    found: dict[str, list[Any]] = {}
    spoken: dict[str, set[str]] = {}
    for row in rows:
        label = row["label"]
        one = found.setdefault(label, [label, row["concepts"], [0] * len(variants), 0])
        one[2][number[row["variant"]]] += row["count"]
        spoken.setdefault(label, set()).add(row["language"])
    for label, one in found.items():
        one[3] = len(spoken[label])
    return sorted(found.values(), key=lambda one: (-one[2][0], -sum(one[2]), one[0]))
