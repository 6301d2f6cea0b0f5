"""The inventory of labels: how often each stands in a variant, and which concepts it names."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from finerweb.normalisation import STEPS, Named
from finerweb.records import Entity
from finerweb.tables.io import Row

SEPARATOR = " / "
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
            "is_english": named[kind].is_english,
        }
        for kind, n in sorted(counts.items())
    ]


def inventory(sets: Sets, language: str, named: Mapping[str, Named]) -> list[Row]:
    """Return the rows of the `labels` table for one language."""
    labels = {
        variant: Counter(entity.labels for found in passages.values() for entity in found)
        for variant, passages in sets.items()
    }
    return [
        {
            "label": SEPARATOR.join(kinds),
            "variant": variant,
            "language": language,
            "count": count,
            "concepts": sorted({concept for kind in kinds for concept in named[kind].concepts}),
        }
        for variant, counts in sorted(labels.items())
        for kinds, count in sorted(counts.items())
    ]


def report(
    rows: Iterable[Row], counts: Mapping[str, int], named: Mapping[str, Named]
) -> dict[str, object]:
    """Return what is raw and what normalised, side by side.

    By variant: entities, distinct labels, those that stand once, distinct concepts. Of the types as
    they were written: how many are left in concepts, how many each step changed, and how many are
    not in English.
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
            "not_english": sum(not one.is_english for one in named.values()),
            "mentions_not_english": sum(n for k, n in counts.items() if not named[k].is_english),
        },
    }
