"""One entity set from several annotators' (sections 4.5 and 13 of the paper's facts)."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from finerweb.evaluation.scoring import SpanScores, score
from finerweb.overlaps import Candidate, Met, candidates, groups, meet, overlapping, pairs, place
from finerweb.params.merge import MergeParams
from finerweb.records import Entity, Passage
from finerweb.similarity import Similarities
from finerweb.tables.io import Row
from finerweb.tally import Tally

Similarity = Callable[[str, str], float]
PAPER = {"agreement": {"exact": 0.315}, "retained": {"gpt4o_mini": 0.663, "gemma3_27b": 0.6}}
"""Of the annotations, in section 2.4 of the paper."""


def merge(
    annotations: Sequence[Sequence[Entity]],
    params: MergeParams,
    similarity: Similarity,
    met: Met | None = None,
) -> list[Entity]:
    """Return one entity set, sorted, from each annotator's (as `single` makes them), in order.

    Two annotators at a time, the third against the result of the first two: what is said below of
    two holds of those, and what the first two dropped does not come back.

    The policies ``printed`` and ``released`` make one entity of those that overlap by at least
    ``params.overlap``: the largest overlaps first, each in one pair at most, or with ``one_to_many:
    all`` of all that hang together. A pair has the span that ``boundaries`` names (of as long ones
    the first annotator's), more than two have all their code points, and all types, in the
    ``order`` of the annotators or of the alphabet. In ``printed`` only types more alike than
    ``params.similarity`` (of several types the two most alike) are joined so; of others the one
    that ``below`` names (the longer span's, or the first annotator's) stays as it is, and the rest
    goes. ``released`` joins all, which is what the released data shows. Of what still overlaps the
    longer stays and the shorter goes (the printed rule 2); what does not overlap stays.

    ``union`` drops nothing: what stands at one place becomes one entity with all types, and all
    else stays as it is. ``met`` is what `meet` returns for the annotations, where that is known.
    """
    merged: Sequence[Entity] = annotations[0] if annotations else []
    for number, other in enumerate(annotations[1:], 1):
        known = met[0, 1] if met and number == 1 else candidates(merged, other, params)
        together = _together(known, params)
        joined = [_join(a, b, params, similarity) for a, b in together]
        done = {id(entity) for both in together for some in both for entity in some}
        mine, others = ([e for e in some if id(e) not in done] for some in (merged, other))
        if params.policy == "union":
            merged = [*joined, *mine, *others]
        else:
            merged = _longest(joined, mine, others)
    if params.order == "alphabet":
        merged = [replace(entity, labels=tuple(sorted(entity.labels))) for entity in merged]
    return sorted(merged, key=place)


def meeting_types(met: Met) -> set[tuple[str, str]]:
    """Return the pairs of differing type strings whose similarity `merge` will ask for.

    Of two annotators' pairs these are all; it asks for a few more of a third, and of groups.
    """
    return {
        (x, y)
        for found in met.values()
        for _, a, b in found
        if not _are_alike(a, b)
        for x in a.labels
        for y in b.labels
        if x != y
    }


def _together(
    found: Sequence[Candidate], params: MergeParams
) -> list[tuple[list[Entity], list[Entity]]]:
    """Return which entities of the two become one."""
    if params.policy == "union":
        found = [one for one in found if place(one[1]) == place(one[2])]
    if params.one_to_many == "all" and params.policy != "union":
        return groups(found)
    return [([a], [b]) for a, b in pairs(found)]


def _join(
    first: Sequence[Entity], second: Sequence[Entity], params: MergeParams, similarity: Similarity
) -> Entity:
    """Return the entity that some of two annotators' become."""
    everyone = [*first, *second]
    values = [_likeness(a, b, similarity) for a in first for b in second if not _are_alike(a, b)]
    value = min(values, default=None)
    before = [entity.similarity for entity in everyone if entity.similarity is not None]
    least = min([*values, *before], default=None)
    if params.policy == "printed" and value is not None and value <= params.similarity:
        return replace(_chosen(everyone, params.below), similarity=least)
    start, end = place(_chosen(everyone, params.boundaries))
    if len(everyone) > 2:
        start, end = min(e.start for e in everyone), max(e.end for e in everyone)
    return Entity(
        start,
        end,
        labels=tuple(dict.fromkeys(label for entity in everyone for label in entity.labels)),
        sources=tuple(source for entity in everyone for source in entity.sources),
        similarity=least,
    )


def _chosen(entities: Sequence[Entity], which: str) -> Entity:
    """Return the longer, shorter or first one; of as long ones the first."""
    if which == "first":
        return entities[0]
    sign = -1 if which == "longer" else 1
    return min(entities, key=lambda entity: sign * (entity.end - entity.start))


def _are_alike(a: Entity, b: Entity) -> bool:
    return a.labels == b.labels or set(a.labels) == set(b.labels)


def _likeness(a: Entity, b: Entity, similarity: Similarity) -> float:
    """Return the cosine of the two types, one of each, that are most alike."""
    return max(1.0 if x == y else similarity(x, y) for x in a.labels for y in b.labels)


def _longest(
    joined: Sequence[Entity], first: Sequence[Entity], second: Sequence[Entity]
) -> list[Entity]:
    """Return the entities of the three groups that no longer one of another group overlaps.

    The longest is kept first, so one that is dropped drops nothing itself; as long ones stay in
    the order joined, first, second. Spans that overlap inside one annotator's own set and that the
    other agrees to stay.
    """
    every = [*joined, *first, *second]
    ends = (len(joined), len(joined) + len(first))
    rivals: dict[int, list[int]] = {}
    for (a, i), (b, j) in overlapping([(entity, i) for i, entity in enumerate(every)]):
        low, high = (i, j) if i < j else (j, i)
        if high < ends[0]:
            apart = not _one_annotator_overlaps(a, b)
        else:
            # Of one annotator's entities that found no partner none drops another.
            apart = low < ends[0] or low < ends[1] <= high
        if apart:
            rivals.setdefault(i, []).append(j)
            rivals.setdefault(j, []).append(i)
    dropped: set[int] = set()
    for i in sorted(rivals, key=lambda i: (every[i].start - every[i].end, i)):
        if i not in dropped:
            dropped.update(rivals[i])
    return [entity for i, entity in enumerate(every) if i not in dropped]


def _one_annotator_overlaps(a: Entity, b: Entity) -> bool:
    """Return whether some annotator's own spans behind the two overlap already."""
    return any(
        x.annotator == y.annotator and x.start < y.end and y.start < x.end
        for x in a.sources
        for y in b.sources
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
        and the same types; ``type_given_span`` is the share of those with enough overlap that have
        the same types.
        """
        counts = {"exact": self.exact, "overlap": self.overlapping, "typed": self.same_types}
        shares = {name: 2 * n / max(self.compared, 1) for name, n in counts.items()}
        shares["type_given_span"] = self.same_types / max(self.overlapping, 1)
        return {
            "spans": {name: tally.metrics() for name, tally in self.spans.items()},
            "retained": {n: t.kept / t.seen if t.seen else None for n, t in self.spans.items()},
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

    ``sets`` is annotator -> passage -> its entities; all types that meet are compared at once.
    """
    annotated = []
    for passage in passages:
        annotations = [found.get(passage.passage_id, []) for found in sets.values()]
        annotated.append((passage, annotations, meet(annotations, params)))
    similarities.compare({pair for _, _, met in annotated for pair in meeting_types(met)})
    report = MergeReport()
    rows = []
    for passage, annotations, met in annotated:
        rows += merge_passage(passage, annotations, met, params, similarities, report)
    return rows, report


def merge_passage(
    passage: Passage,
    annotations: Sequence[Sequence[Entity]],
    met: Met,
    params: MergeParams,
    similarity: Similarity,
    report: MergeReport,
) -> list[Row]:
    """Return the rows of the `entities` table for a passage, and count them in the report."""
    merged = merge(annotations, params, similarity, met)
    kept = Counter(source.annotator for entity in merged for source in entity.sources)
    everyone = (s.annotator for entities in annotations for e in entities for s in e.sources)
    for name, seen in Counter(everyone).items():
        tally = report.spans.setdefault(name, Tally())
        tally.keep(kept[name])
        tally.drop("overruled", seen - kept[name])
    report.entities += len(merged)
    for (i, j), found in met.items():
        _count_agreement(annotations[i], annotations[j], found, report)
    if passage.gold is not None:
        report.scores += score(passage.gold, [(e.start, e.end, e.labels) for e in merged])
    return [_row(passage, entity) for entity in merged]


def _count_agreement(
    first: Sequence[Entity],
    second: Sequence[Entity],
    found: Sequence[Candidate],
    report: MergeReport,
) -> None:
    report.compared += len(first) + len(second)
    report.exact += len(set(map(place, first)) & set(map(place, second)))
    for a, b in pairs(found):
        report.overlapping += 1
        report.same_types += _are_alike(a, b)


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
