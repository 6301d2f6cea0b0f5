"""Which entities of different annotators may be one: how much of them they share."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from operator import attrgetter

from finerweb.params.merge import MergeParams
from finerweb.records import Entity, Span

Candidate = tuple[float, Entity, Entity]
"""The share of two entities that overlap enough to become one, and the two."""
Met = Mapping[tuple[int, int], Sequence[Candidate]]
"""Two annotators by their places -> their candidates; what `meet` returns."""
Numbered = tuple[Entity, int]
place = attrgetter("start", "end")


def overlap(a: Entity | Span, b: Entity | Span, overlap_of: str) -> float:
    """Return the shared code points over those of the longer or shorter span, or of both."""
    shared = min(a.end, b.end) - max(a.start, b.start)
    if shared <= 0:
        return 0.0
    one, other = a.end - a.start, b.end - b.start
    if overlap_of == "longer":
        return shared / max(one, other)
    return shared / (min(one, other) if overlap_of == "shorter" else one + other - shared)


def meet(annotations: Sequence[Sequence[Entity]], params: MergeParams) -> Met:
    """Return the candidates of every two annotators."""
    return {
        (i, j): candidates(annotations[i], annotations[j], params)
        for i, j in combinations(range(len(annotations)), 2)
    }


def candidates(
    first: Sequence[Entity], second: Sequence[Entity], params: MergeParams
) -> list[Candidate]:
    """Return the pairs that overlap enough, the largest overlap first, ties in text order."""
    found = []
    for a, b in overlapping([(a, 0) for a in first] + [(b, 1) for b in second]):
        if a[1] != b[1]:
            one, other = (a[0], b[0]) if b[1] else (b[0], a[0])
            share = overlap(one, other, params.overlap_of)
            if share >= params.overlap:
                found.append((share, one, other))
    if len(found) > 1:
        found.sort(key=lambda c: (-c[0], c[1].start, c[1].end, c[2].start, c[2].end))
    return found


def overlapping(items: list[Numbered]) -> Iterator[tuple[Numbered, Numbered]]:
    """Yield all pairs of items whose entities share a code point, by one sweep in text order."""
    items.sort(key=_numbered_place)
    for i, one in enumerate(items):
        end = one[0].end
        for j in range(i + 1, len(items)):
            if items[j][0].start >= end:
                break
            yield one, items[j]


def pairs(found: Iterable[Candidate]) -> list[tuple[Entity, Entity]]:
    """Return who becomes one with whom: the first candidates first, each in one pair at most."""
    paired: set[int] = set()
    chosen = []
    for _, a, b in found:
        if id(a) not in paired and id(b) not in paired:
            paired.add(id(a))
            paired.add(id(b))
            chosen.append((a, b))
    return chosen


def groups(found: Iterable[Candidate]) -> list[tuple[list[Entity], list[Entity]]]:
    """Return who becomes one with whom where one may with many: all that hang together.

    Each annotator's in text order; the groups in the order of their first candidate.
    """
    group_of: dict[int, tuple[list[Entity], list[Entity]]] = {}
    for _, a, b in found:
        mine, others = group_of.get(id(a)), group_of.get(id(b))
        group = mine or others or ([], [])
        if mine and others and mine is not others:
            for side, more in zip(mine, others, strict=True):
                side += more
                group_of.update((id(entity), mine) for entity in more)
        for side, entity in zip(group, (a, b), strict=True):
            if id(entity) not in group_of:
                side.append(entity)
                group_of[id(entity)] = group
    whole = {id(group): group for group in group_of.values()}.values()
    return [(sorted(first, key=place), sorted(second, key=place)) for first, second in whole]


def _numbered_place(item: Numbered) -> tuple[int, int, int]:
    entity, number = item
    return entity.start, entity.end, number
