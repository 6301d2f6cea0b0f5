"""Types in the language of their passages (section 5 of the paper's facts).

A lexicon of the commonest types translates by concept, so a type and its variants ("persons",
"Person") have one translation. A type outside it stays in English, and is counted.
"""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from finerweb.normalisation import is_latin
from finerweb.tables.io import Row
from finerweb.tables.types import Concepts

LEXICON = Path(__file__).parent / "resources" / "type_lexicon.csv"
ENGLISH = "eng_Latn"
COMPOUND = "/"
LEXICAL, PARTLY, KEPT, NONE = "lexicon", "partly", "kept", "none"
EXAMPLES = 10


@cache
def lexicon() -> dict[str, dict[str, str]]:
    """Return the lexicon: language -> concept -> its name there."""
    with LEXICON.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    codes = [name for name in rows[0] if name != "type"]
    return {code: {row["type"]: row[code] for row in rows} for code in codes}


@dataclass(slots=True)
class TranslationReport:
    """How many types and mentions of a language have a translation, and which ones collide."""

    types: dict[str, int] = field(default_factory=dict)
    mentions: dict[str, int] = field(default_factory=dict)
    collisions: list[Row] = field(default_factory=list)

    def __add__(self, other: "TranslationReport") -> "TranslationReport":
        """Return the report over both."""
        return TranslationReport(
            _sum(self.types, other.types),
            _sum(self.mentions, other.mentions),
            self.collisions + other.collisions,
        )

    def metrics(self) -> dict[str, object]:
        """Return the report for a metrics file; ``collisions`` are the most frequent ones."""
        return {
            "types": {**self.types, "coverage": _coverage(self.types)},
            "mentions": {**self.mentions, "coverage": _coverage(self.mentions)},
            "n_collisions": len(self.collisions),
            "collisions": self.collisions[:EXAMPLES],
        }


def translate(
    counts: Mapping[str, int], concepts: Concepts, language: str, by: str
) -> tuple[list[Row], TranslationReport]:
    """Return the rows of `label_translations` for a language's types with their counts.

    What is not in Latin letters, and all types of English passages, are ``kept``. Compounds are
    translated part by part; ``partly`` where a part stays in English, ``none`` where all do. Two
    translations collide where types of different concepts have the same one.
    """
    names = lexicon().get(language, {}) if by == LEXICAL else {}
    report = TranslationReport()
    rows = []
    meanings: dict[str, dict[tuple[str, ...], int]] = {}
    for kind, count in sorted(counts.items()):
        translation, status = _translated(kind, concepts[kind], names, language)
        rows.append({"type": kind, "count": count, "translation": translation, "status": status})
        report.types[status] = report.types.get(status, 0) + 1
        report.mentions[status] = report.mentions.get(status, 0) + count
        of_it = meanings.setdefault(translation, {})
        of_it[concepts[kind]] = of_it.get(concepts[kind], 0) + count
    several = {name: found for name, found in meanings.items() if len(found) > 1}
    for name, found in sorted(several.items(), key=lambda item: (-sum(item[1].values()), item[0])):
        meant = sorted(COMPOUND.join(several_concepts) for several_concepts in found)
        report.collisions.append({"language": language, "translation": name, "concepts": meant})
    return rows, report


def _translated(
    kind: str, concepts: Sequence[str], names: Mapping[str, str], language: str
) -> tuple[str, str]:
    if language == ENGLISH or not is_latin(kind):
        return kind, KEPT
    known = [concept for concept in concepts if concept in names]
    if not known:
        return kind, NONE
    whole = COMPOUND.join(names.get(concept, concept) for concept in concepts)
    return whole, LEXICAL if len(known) == len(concepts) else PARTLY


def _sum(a: Mapping[str, int], b: Mapping[str, int]) -> dict[str, int]:
    return {name: a.get(name, 0) + b.get(name, 0) for name in sorted({*a, *b})}


def _coverage(counts: Mapping[str, int]) -> float | None:
    """Return the share with a translation, of those that want one."""
    wanted = sum(n for status, n in counts.items() if status != KEPT)
    return counts.get(LEXICAL, 0) / wanted if wanted else None
