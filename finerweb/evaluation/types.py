"""Coarse types, so that `town` and `city` can agree."""

import csv
from functools import cache
from pathlib import Path

TABLE = Path(__file__).parents[1] / "resources" / "types.csv"


@cache
def _coarse() -> dict[str, str]:
    with TABLE.open(encoding="utf-8", newline="") as file:
        return {row["type"]: row["coarse"] for row in csv.DictReader(file)}


def coarse(label: str) -> str:
    """Return the coarse type of a type string; of one that is not in the table, itself."""
    return _coarse().get(label, label)


@cache
def coarse_types() -> tuple[str, ...]:
    """Return the coarse types, in the order of their names."""
    return tuple(sorted(set(_coarse().values())))
