"""The inventory of labels: how often each stands in a variant, and which concepts it names."""

from collections import Counter
from collections.abc import Iterable

import numpy as np

from finerweb.columns import EntityColumns
from finerweb.records import SEPARATOR
from finerweb.tables.io import Row
from finerweb.tables.types import Concepts


def inventory(
    variant: str, language: str, entities: EntityColumns, concepts: Concepts
) -> list[Row]:
    """Return the rows of the `labels` table for a variant in a language."""
    of_entities, lists = entities.kinds
    counts: Counter[str] = Counter()
    named: dict[str, set[str]] = {}
    for labels, n in zip(lists, np.bincount(of_entities, minlength=len(lists)), strict=True):
        label = SEPARATOR.join(labels)
        counts[label] += int(n)
        # An annotator may have written " / " itself, so one label may come of several lists.
        named.setdefault(label, set()).update(name for kind in labels for name in concepts[kind])
    where = {"variant": variant, "language": language}
    return [
        {"label": label, **where, "count": count, "concepts": sorted(named[label])}
        for label, count in sorted(counts.items())
    ]


class InventoryReport:
    """What is raw and what normalised in the inventory, by variant, over languages."""

    def __init__(self) -> None:
        """Start with nothing."""
        self._variants: dict[str, tuple[Counter[str], set[str]]] = {}

    def add(self, rows: Iterable[Row]) -> None:
        """Count rows of the `labels` table."""
        for row in rows:
            labels, concepts = self._variants.setdefault(row["variant"], (Counter(), set()))
            labels[row["label"]] += row["count"]
            concepts.update(row["concepts"])

    def metrics(self) -> dict[str, object]:
        """Return entities, distinct labels, those that stand once, and distinct concepts."""
        return {
            variant: {
                "entities": labels.total(),
                "labels": len(labels),
                "labels_once": sum(n == 1 for n in labels.values()),
                "concepts": len(concepts),
            }
            for variant, (labels, concepts) in sorted(self._variants.items())
        }
