"""From the types that annotators write to the concepts they name: a map that can be undone.

A type goes through steps, each by a name: ``spelling`` (Unicode, case, blanks for underscores and
hyphens), ``parts`` ("person/role" names two concepts), ``number`` (a plural whose singular somebody
wrote too), ``likeness`` (a rarer type that means nearly the same to a sentence encoder) and
``override`` (a person's word). Nothing is lost: the map keeps every type as it was written.
"""

import csv
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from finerweb.records import SEPARATOR
from finerweb.similarity import leaders
from finerweb.tables.io import Row
from finerweb.tables.types import Vectors

STEPS = ("spelling", "parts", "number", "likeness", "override")
PLURALS = (("ies", "y"), ("es", ""), ("s", ""))
_BLANKS = re.compile(r"[\s_\-‐-―]+")
_EDGES = " .,:;!?*#\"'`“”„‘’«»()[]{}<>"
Embed = Callable[[Sequence[str]], Vectors]


@dataclass(frozen=True, slots=True)
class Named:
    """What a type names: concepts, sorted and distinct, and the steps that changed something.

    ``is_latin`` is True where at least half of its letters are.
    """

    concepts: tuple[str, ...]
    steps: tuple[str, ...]
    is_latin: bool


def spelling(kind: str) -> str:
    """Return a type in one spelling.

    >>> spelling('"Sports_Team" ')
    'sports team'
    """
    folded = _BLANKS.sub(" ", unicodedata.normalize("NFKC", kind).casefold())
    return folded.strip(_EDGES) or folded.strip()


def parts(spelled: str) -> list[str]:
    """Return the types that a compound one names, in its order.

    >>> parts("person/mythological figure")
    ['person', 'mythological figure']
    """
    found = [part.strip(_EDGES) for part in re.split(r"[/|]", spelled)]
    return list(dict.fromkeys(part for part in found if part)) or [spelled]


def singular(part: str, known: Container[str]) -> str:
    """Return the singular of a type whose last word is a plural, where it is a known type."""
    for ending, replaced in PLURALS:
        if part.endswith(ending):
            candidate = part[: len(part) - len(ending)] + replaced
            if candidate in known:
                return candidate
    return part


def is_latin(kind: str) -> bool:
    """Return whether at least half of a type's letters are Latin, as those of English types."""
    letters = [character for character in kind if character.isalpha()]
    latin = sum(unicodedata.name(character, "").startswith("LATIN") for character in letters)
    return 2 * latin >= len(letters)


def read_overrides(path: Path) -> dict[str, tuple[str, ...]]:
    """Return what people said of types, from a CSV file of ``type,concepts,reason``.

    Several concepts are separated as the types of a label are, by " / ".

    Raises:
        ValueError: other columns, a type without concepts, or one that is named twice.
    """
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        if reader.fieldnames != ["type", "concepts", "reason"]:
            raise ValueError(f"{path}: expected type,concepts,reason; got {reader.fieldnames}")
        found: dict[str, tuple[str, ...]] = {}
        for row in reader:
            kind, concepts = spelling(row["type"]), row["concepts"] or ""
            named = tuple(sorted({part.strip() for part in concepts.split(SEPARATOR)} - {""}))
            if not kind or not named or kind in found:
                raise ValueError(
                    f"{path}, line {reader.line_num}: {row['type']!r} names {concepts!r}; expected "
                    "a type that no other line has, and what it is to name"
                )
            found[kind] = named
    return found


def normalise(
    counts: Mapping[str, int],
    overrides: Mapping[str, tuple[str, ...]],
    split_compounds: bool,
    embed: Embed | None = None,
    least: float = 1.0,
) -> dict[str, Named]:
    """Return what each type names, by the types as they were written with their counts.

    With ``embed``, types are led by more frequent ones whose cosine is at least ``least``.
    """
    spelled = {kind: spelling(kind) for kind in counts}
    split = {
        kind: parts(one) if split_compounds and one not in overrides else [one]
        for kind, one in spelled.items()
    }
    often: Counter[str] = Counter()
    for kind, n in counts.items():
        for part in split[kind]:
            often[part] += n
    one_of = {part: singular(part, often) for part in often}
    alike = _alike(often, one_of, embed, least) if embed else {}
    named = {}
    for kind in counts:
        steps = set() if spelled[kind] == kind else {"spelling"}
        steps |= {"parts"} if split[kind] != [spelled[kind]] else set()
        concepts: set[str] = set()
        for part in split[kind]:
            step, found = _concepts(part, overrides, one_of, alike)
            steps |= step
            concepts |= set(found)
        ordered = tuple(step for step in STEPS if step in steps)
        named[kind] = Named(tuple(sorted(concepts)), ordered, is_latin(spelled[kind]))
    return named


def _concepts(
    part: str,
    overrides: Mapping[str, tuple[str, ...]],
    one_of: Mapping[str, str],
    alike: Mapping[str, str],
) -> tuple[set[str], tuple[str, ...]]:
    """Return the steps that changed a part, and its concepts; a person has the last word."""
    steps: set[str] = set()
    for step, of_it in (("number", one_of), ("likeness", alike), ("override", {})):
        if part in overrides:
            return steps | {"override"}, overrides[part]
        if of_it.get(part, part) != part:
            steps.add(step)
            part = of_it[part]
    return steps, (part,)


def _alike(
    often: Mapping[str, int], one_of: Mapping[str, str], embed: Embed, least: float
) -> dict[str, str]:
    """Return the leader of each type in Latin letters; the frequent ones lead, then by name."""
    counts: Counter[str] = Counter()
    for part, n in often.items():
        counts[one_of[part]] += n
    types = sorted(filter(is_latin, counts), key=lambda part: (-counts[part], part))
    if not types:
        return {}
    # Embedded in an order of their own, so that what is rare or frequent changes no vector.
    by_name = sorted(types)
    place = {part: i for i, part in enumerate(by_name)}
    vectors = embed(by_name)[[place[part] for part in types]]
    return {part: types[i] for part, i in zip(types, leaders(vectors, least), strict=True)}


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


def metrics(counts: Mapping[str, int], named: Mapping[str, Named]) -> dict[str, object]:
    """Return how many types were written and how many concepts are left of them.

    With how many each step changed, and how many are not in Latin letters, with the entities that
    have them.
    """
    steps = Counter(step for one in named.values() for step in one.steps)
    return {
        "written": len(named),
        "concepts": len({concept for one in named.values() for concept in one.concepts}),
        "changed": {step: steps[step] for step in STEPS},
        "not_latin": sum(not one.is_latin for one in named.values()),
        "entities_not_latin": sum(n for k, n in counts.items() if not named[k].is_latin),
    }
