"""The points of plots, as CSV in git: what `dvc plots` draws, and compares between commits."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from finerweb.tables.io import replacing


def write_plot(path: Path, columns: Sequence[str], points: Iterable[Mapping[str, object]]) -> None:
    """Write points, the columns alone where there are none; floats are rounded to 4 decimals.

    Raises:
        ValueError: a point has other columns.
    """
    rows = [
        {name: round(v, 4) if isinstance(v, float) else v for name, v in point.items()}
        for point in points
    ]
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
