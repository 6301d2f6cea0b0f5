"""The inventory of labels: how often each stands in a variant, and which concepts it names."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from finerweb.normalisation import STEPS, Named
from finerweb.records import Entity
from finerweb.tables.io import Row

Sets = Mapping[str, Mapping[str, Sequence[Entity]]]
"""Variant, or annotator -> passage -> its entities."""


def types(annotators: Sets) -> Counter[str]:
    """Return how many entities have each type, as the annotators wrote it."""
    return Counter(
        label
        for passages in annotators.values()
        for found in passages.values()
        for entity in found
        for label in entity.labels
    )


def type_rows(counts: Mapping[str, int], named: Mapping[str, Named]) -> list[Row]:
    """Return the rows of the `types` table: the map from what was written to concepts."""
    return [
        {
            "type": kind,
            "count": n,
            "concepts": list(named[kind].concepts),
            "steps": list(named[kind].steps),
            "is_latin": named[kind].is_latin,
        }
        for kind, n in sorted(counts.items())
    ]


def inventory(sets: Sets, language: str, named: Mapping[str, Named]) -> list[Row]:
    """Return the rows of the `labels` table for one language."""
    rows = []
    for variant, passages in sorted(sets.items()):
        counts: Counter[str] = Counter()
        concepts: dict[str, set[str]] = {}
        for entity in (entity for found in passages.values() for entity in found):
            counts[entity.label] += 1
            # An annotator may have written " / " itself, so one label may come of several lists.
            names = concepts.setdefault(entity.label, set())
            names.update(name for kind in entity.labels for name in named[kind].concepts)
        for label, count in sorted(counts.items()):
            row = {"label": label, "variant": variant, "language": language, "count": count}
            rows.append(row | {"concepts": sorted(concepts[label])})
    return rows


def report(
    rows: Iterable[Row], counts: Mapping[str, int], named: Mapping[str, Named]
) -> dict[str, object]:
    """Return what is raw and what normalised, side by side.

    By variant: entities, distinct labels, those that stand once, distinct concepts. Of the types as
    they were written: how many are left in concepts, how many each step changed, and how many are
    not in Latin letters, with the entities that have them.
    """
    by_variant: dict[str, tuple[Counter[str], set[str]]] = {}
    for row in rows:
        labels, concepts = by_variant.setdefault(row["variant"], (Counter(), set()))
        labels[row["label"]] += row["count"]
        concepts.update(row["concepts"])
    steps = Counter(step for one in named.values() for step in one.steps)
    return {
        "variants": {
            variant: {
                "entities": labels.total(),
                "labels": len(labels),
                "labels_once": sum(n == 1 for n in labels.values()),
                "concepts": len(concepts),
            }
            for variant, (labels, concepts) in sorted(by_variant.items())
        },
        "types": {
            "written": len(named),
            "concepts": len({concept for one in named.values() for concept in one.concepts}),
            "changed": {step: steps[step] for step in STEPS},
            "not_latin": sum(not one.is_latin for one in named.values()),
            "entities_not_latin": sum(n for k, n in counts.items() if not named[k].is_latin),
        },
    }
