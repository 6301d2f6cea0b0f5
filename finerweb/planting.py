"""Faults planted in annotations, so that whoever judges them is judged: does it find them?

What is planted depends on the passage, its annotations and the seed alone, by hash: the same in
every run and order. A surface is one thing, wherever and however often it is annotated.
"""

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from finerweb.evaluation.types import coarse, coarse_types
from finerweb.params.judge import PlantedShares
from finerweb.records import SEPARATOR, Mention

MISSING, EXTRA, WRONG = "missing", "extra", "wrong"
WRONG_TYPES = ("person", "organization", "city", "date", "money", "animal species")
"""Of different coarse types, so that one of them is plainly wrong of anything."""


@dataclass(frozen=True, slots=True)
class Plant:
    """A planted fault: what was taken away, given a wrong ``type``, or invented with its type."""

    kind: str
    mention: Mention


@dataclass(frozen=True, slots=True)
class Planted:
    """Annotations with faults planted in them, and the faults."""

    annotations: tuple[Mention, ...]
    plants: tuple[Plant, ...]


def plant(
    passage_id: str,
    text: str,
    annotations: Sequence[Mention],
    donors: Iterable[Mention],
    shares: PlantedShares,
    seed: int,
) -> Planted:
    """Return a passage's annotations with faults planted.

    Of each kind there is its share of the distinct surfaces, rounded, and one at least where the
    share is not 0; but one surface always stays as it is, so of a single one none is taken away,
    and only what has a type that is known can get a wrong one. What is invented are ``donors``
    that do not stand in the text: annotations of other passages of its language.
    """

    def order(kind: str, mention: Mention) -> bytes:
        named = "\0".join((str(seed), passage_id, kind, mention.text, mention.type))
        return hashlib.sha256(named.encode()).digest()

    surfaces = list({one.text: one for one in reversed(annotations)}.values())
    left = sorted(surfaces, key=lambda one: order(MISSING, one))
    removed = left[: _number(shares.missing, surfaces, len(left) - 1)]
    left = [one for one in left if one not in removed]
    own: dict[str, set[str]] = {one.text: set() for one in surfaces}
    for one in annotations:
        own[one.text] |= set(one.type.split(SEPARATOR))
    known = [one for one in left if wrong_type(own[one.text], b"")]
    changed = known[: _number(shares.wrong, surfaces, len(left) - 1)]
    types = {one.text: wrong_type(own[one.text], order(WRONG, one)) for one in changed}
    known_here = "\n".join((text, *(one.text for one in surfaces))).casefold()
    strange = {
        one.text: one for one in sorted(donors, key=_key) if one.text.casefold() not in known_here
    }
    chosen = sorted(strange.values(), key=lambda one: order(EXTRA, one))
    invented = chosen[: _number(shares.extra, surfaces, len(chosen))]

    gone = {one.text for one in removed}
    shown = [one for one in annotations if one.text not in gone]
    shown = [Mention(one.text, types.get(one.text, one.type)) for one in shown]
    for one in invented:
        shown.insert(int.from_bytes(order(EXTRA, one)) % (len(shown) + 1), one)
    plants = [Plant(MISSING, one) for one in removed]
    plants += [Plant(EXTRA, one) for one in invented]
    plants += [Plant(WRONG, Mention(one.text, types[one.text])) for one in changed]
    return Planted(tuple(dict.fromkeys(shown)), tuple(plants))


def wrong_type(types: Iterable[str], by: bytes) -> str:
    """Return a type that does not fit where a surface has these, chosen by a hash.

    Nothing where one is not known, or may be too much alike: then nothing is plainly wrong.
    """
    own = {coarse(one) for one in types}
    if not own <= set(coarse_types()):
        return ""
    others = [kind for kind in WRONG_TYPES if coarse(kind) not in own]
    return others[int.from_bytes(by[:8]) % len(others)]


def _number(share: float, of: Collection[Mention], most: int) -> int:
    if not share or not of:
        return 0
    return max(min(max(round(share * len(of)), 1), most), 0)


def _key(mention: Mention) -> tuple[str, str]:
    return mention.text, mention.type
