"""What the tags of human-labelled sets are called in words: PER is a person."""

import csv
from collections.abc import Mapping
from functools import cache
from pathlib import Path

TABLE = Path(__file__).parents[1] / "resources" / "gold_labels.csv"


@cache
def tables() -> dict[str, dict[str, str]]:
    """Return the label of each tag of each set; an empty one is not evaluated."""
    found: dict[str, dict[str, str]] = {}
    with TABLE.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            found.setdefault(row["set"], {})[row["tag"]] = row["label"]
    return found


def label_of(tag: str, labels: Mapping[str, str] | None, where: str) -> str:
    """Return the label of a tag, empty where it is not evaluated; the tag itself without a table.

    Raises:
        ValueError: the table has no such tag, naming the place, the tag and those it has.
    """
    if labels is None:
        return tag
    if tag not in labels:
        raise ValueError(
            f"{where}: unknown tag {tag!r}; expected one of {', '.join(sorted(labels))} (the "
            f"set's rows of {TABLE.name}, or its `labels` in params.yaml)"
        )
    return labels[tag]
