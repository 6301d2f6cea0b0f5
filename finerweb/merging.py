"""One entity set from several annotators' (sections 4.5 and 13 of the paper's facts)."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from finerweb.evaluation.scoring import SpanScores, score
from finerweb.labels import Similarities
from finerweb.params.merge import MergeParams
from finerweb.records import Entity, Passage, Span
from finerweb.tables.io import Row
from finerweb.tally import Tally

Similarity = Callable[[str, str], float]


def overlap(a: Entity | Span, b: Entity | Span, overlap_of: str) -> float:
    """Return the shared code points over those of the longer or shorter span, or of both."""
    shared = min(a.end, b.end) - max(a.start, b.start)
    if shared <= 0:
        return 0.0
    lengths = (a.end - a.start, b.end - b.start)
    whole = {"longer": max(lengths), "shorter": min(lengths), "union": sum(lengths) - shared}
    return shared / whole[overlap_of]


def merge(
    annotations: Sequence[Sequence[Entity]], params: MergeParams, similarity: Similarity
) -> list[Entity]:
    """Return one entity set, sorted, from each annotator's (as `single` makes them), in order.

    Two annotators at a time, the third against the result of the first two. Entities that overlap
    by at least ``params.overlap`` are paired, the largest overlaps first, each in one pair at most,
    and become one entity: the longer span (the first annotator's where both are as long) with both
    types in the annotators' order. Where the types' similarity is not above
    ``params.similarity``, ``params.below`` says what happens: ``concat`` keeps both types (what the
    released data shows), ``longer`` the longer span's alone. Of what still overlaps, the longer
    stays and the shorter goes (the printed rule 2); what does not overlap stays.
    """
    merged: list[Entity] = list(annotations[0]) if annotations else []
    for other in annotations[1:]:
        merged = _two(merged, other, params, similarity)
    return sorted(merged, key=_place)


def meeting_types(
    annotations: Sequence[Sequence[Entity]], params: MergeParams
) -> set[tuple[str, str]]:
    """Return every pair of differing type strings whose similarity `merge` may ask for."""
    pairs = set()
    for i, first in enumerate(annotations):
        for second in annotations[i + 1 :]:
            for _, a, b in _candidates(first, second, params):
                if set(a.labels) != set(b.labels):
                    pairs.add((a.labels[-1], b.labels[-1]))
    return pairs


def _place(entity: Entity) -> tuple[int, int]:
    return entity.start, entity.end


def _longer(a: Entity, b: Entity) -> Entity:
    """Return the longer of two; the first one where both are as long."""
    return b if b.end - b.start > a.end - a.start else a


def _candidates(
    first: Sequence[Entity], second: Sequence[Entity], params: MergeParams
) -> list[tuple[float, Entity, Entity]]:
    """Return the pairs that overlap enough, the largest overlap first, ties in text order."""
    pairs = [
        (share, a, b)
        for a, b in _overlapping(first, second)
        if (share := overlap(a, b, params.overlap_of)) >= params.overlap
    ]
    return sorted(pairs, key=lambda pair: (-pair[0], _place(pair[1]), _place(pair[2])))


def _overlapping(first: Sequence[Entity], second: Sequence[Entity]) -> list[tuple[Entity, Entity]]:
    """Return all pairs that share a code point, by a sweep over both in text order."""
    pairs = []
    second = sorted(second, key=_place)
    low = 0
    longest = max((e.end - e.start for e in second), default=0)
    for a in sorted(first, key=_place):
        while low < len(second) and second[low].start + longest <= a.start:
            low += 1
        for b in second[low:]:
            if b.start >= a.end:
                break
            if b.end > a.start:
                pairs.append((a, b))
    return pairs


def _two(
    first: Sequence[Entity], second: Sequence[Entity], params: MergeParams, similarity: Similarity
) -> list[Entity]:
    pairs = _pairs(first, second, params)
    paired = {id(entity) for pair in pairs for entity in pair}
    return _longest(
        [_pair(a, b, params, similarity) for a, b in pairs],
        [entity for entity in first if id(entity) not in paired],
        [entity for entity in second if id(entity) not in paired],
    )


def _pairs(
    first: Sequence[Entity], second: Sequence[Entity], params: MergeParams
) -> list[tuple[Entity, Entity]]:
    """Return who becomes one with whom: the largest overlaps first, each in one pair at most."""
    paired: set[int] = set()
    pairs = []
    for _, a, b in _candidates(first, second, params):
        if id(a) not in paired and id(b) not in paired:
            paired |= {id(a), id(b)}
            pairs.append((a, b))
    return pairs


def _longest(
    merged: Sequence[Entity], first: Sequence[Entity], second: Sequence[Entity]
) -> list[Entity]:
    """Return the entities of the three groups that no longer one of another group overlaps.

    The longest is kept first, so one that is dropped drops nothing itself; as long ones stay in
    the order merged, first, second. Spans that overlap inside one annotator's own set and that the
    other agrees to stay.
    """
    rivals: dict[int, list[Entity]] = {}
    agreed = {id(entity) for entity in merged}
    for one, other in ((merged, first), (merged, second), (first, second), (merged, merged)):
        for a, b in _overlapping(one, other):
            both_agreed = id(a) in agreed and id(b) in agreed
            if a is not b and not (both_agreed and _one_annotator_overlaps(a, b)):
                rivals.setdefault(id(a), []).append(b)
                rivals.setdefault(id(b), []).append(a)
    groups = [*merged, *first, *second]
    dropped: set[int] = set()
    for entity in sorted(groups, key=lambda e: e.start - e.end):
        if id(entity) not in dropped:
            dropped.update(id(rival) for rival in rivals.get(id(entity), ()))
    return [entity for entity in groups if id(entity) not in dropped]


def _one_annotator_overlaps(a: Entity, b: Entity) -> bool:
    """Return whether some annotator's own spans behind the two overlap already."""
    return any(
        x.annotator == y.annotator and x.start < y.end and y.start < x.end
        for x in a.sources
        for y in b.sources
    )


def _pair(a: Entity, b: Entity, params: MergeParams, similarity: Similarity) -> Entity:
    longer = _longer(a, b)
    value = None if set(a.labels) == set(b.labels) else similarity(a.labels[-1], b.labels[-1])
    keep_both = value is None or value > params.similarity or params.below == "concat"
    return Entity(
        longer.start,
        longer.end,
        labels=tuple(dict.fromkeys(a.labels + b.labels)) if keep_both else longer.labels,
        sources=a.sources + b.sources,
        similarity=value,
    )


@dataclass(slots=True)
class MergeReport:
    """Counts of merging, by annotator and together, and the scores against gold."""

    spans: dict[str, Tally] = field(default_factory=dict)
    entities: int = 0
    compared: int = 0
    exact: int = 0
    overlapping: int = 0
    same_types: int = 0
    scores: SpanScores = field(default_factory=SpanScores)

    def __add__(self, other: "MergeReport") -> "MergeReport":
        """Return the report over both."""
        names = dict.fromkeys([*self.spans, *other.spans])
        return MergeReport(
            {n: self.spans.get(n, Tally()) + other.spans.get(n, Tally()) for n in names},
            self.entities + other.entities,
            self.compared + other.compared,
            self.exact + other.exact,
            self.overlapping + other.overlapping,
            self.same_types + other.same_types,
            self.scores + other.scores,
        )

    def metrics(self) -> dict[str, object]:
        """Return the report for a metrics file.

        ``agreement`` is the Dice share of two annotators' entities (of every two, where there are
        more) that have a partner: at the same place, with enough overlap, and with enough overlap
        and the same types.
        """
        counts = {"exact": self.exact, "overlap": self.overlapping, "typed": self.same_types}
        shares = {name: 2 * n / max(self.compared, 1) for name, n in counts.items()}
        return {
            "spans": {name: tally.metrics() for name, tally in self.spans.items()},
            "entities": self.entities,
            "agreement": shares if self.compared else None,
            "gold": self.scores.metrics(),
        }


def merge_language(
    passages: Iterable[Passage],
    sets: Mapping[str, Mapping[str, Sequence[Entity]]],
    params: MergeParams,
    similarities: Similarities,
) -> tuple[list[Row], MergeReport]:
    """Return the rows of the `entities` table for a language, and their report.

    ``sets`` is annotator -> passage -> its entities; all types that meet are embedded at once.
    """
    annotated = [(p, [found.get(p.passage_id, []) for found in sets.values()]) for p in passages]
    similarities.embed(pair for _, met in annotated for pair in meeting_types(met, params))
    report = MergeReport()
    rows = []
    for passage, annotations in annotated:
        rows += merge_passage(passage, annotations, params, similarities, report)
    return rows, report


def merge_passage(
    passage: Passage,
    annotations: Sequence[Sequence[Entity]],
    params: MergeParams,
    similarity: Similarity,
    report: MergeReport,
) -> list[Row]:
    """Return the rows of the `entities` table for a passage, and count them in the report."""
    merged = merge(annotations, params, similarity)
    survived = {source for entity in merged for source in entity.sources}
    for source in (s for entities in annotations for e in entities for s in e.sources):
        tally = report.spans.setdefault(source.annotator, Tally())
        tally.keep() if source in survived else tally.drop("shorter of two")
    report.entities += len(merged)
    for first, second in combinations(annotations, 2):
        _count_agreement(first, second, params, report)
    if passage.gold is not None:
        report.scores += score(passage.gold, [(e.start, e.end, e.labels) for e in merged])
    return [_row(passage, entity) for entity in merged]


def _count_agreement(
    first: Sequence[Entity], second: Sequence[Entity], params: MergeParams, report: MergeReport
) -> None:
    report.compared += len(first) + len(second)
    report.exact += len({_place(e) for e in first} & {_place(e) for e in second})
    for a, b in _pairs(first, second, params):
        report.overlapping += 1
        report.same_types += set(a.labels) == set(b.labels)


def _row(passage: Passage, entity: Entity) -> Row:
    return {
        "passage_id": passage.passage_id,
        "start": entity.start,
        "end": entity.end,
        "surface": passage.text[entity.start : entity.end],
        "labels": list(entity.labels),
        "similarity": entity.similarity,
        "sources": [
            {"annotator": s.annotator, "start": s.start, "end": s.end, "type": s.type}
            for s in entity.sources
        ],
    }
