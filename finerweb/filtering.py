"""Which scored passages are kept: the paper's first acceptable one of each document."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from finerweb.corpus.identification import Identifier, accept
from finerweb.params.filter import FilterParams
from finerweb.records import Passage
from finerweb.tables.io import Row
from finerweb.tables.rows import passage_row
from finerweb.tally import Tally


@dataclass(frozen=True, slots=True)
class Decision:
    """A scored passage, and why it was dropped; ``reason`` is None of one that is kept."""

    passage: Passage
    score: float
    reason: str | None


@dataclass(frozen=True, slots=True)
class Judged:
    """What is remembered of a passage that a human called useful or useless."""

    useful: bool
    score: float
    n_words: int


@dataclass(slots=True)
class Outcome:
    """What became of a language's passages; of all but the kept ones only counts stay."""

    kept: list[Row] = field(default_factory=list)
    tally: Tally = field(default_factory=Tally)
    judged: list[Judged] = field(default_factory=list)

    def add(self, decision: Decision) -> None:
        """Count a decision; keep the row of the `selected` table of a passage that is kept."""
        passage = decision.passage
        if decision.reason is None:
            self.tally.keep()
            self.kept.append(passage_row(passage) | {"quality_score": decision.score})
        else:
            self.tally.drop(decision.reason)
        if passage.useful is not None:
            self.judged.append(Judged(passage.useful, decision.score, passage.n_words))


def select(
    scored: Iterable[tuple[Passage, float]], params: FilterParams, identify: Identifier
) -> Iterator[Decision]:
    """Yield a decision for each passage, in their order.

    Section 3 of the paper's facts: passages come document by document in the order of the sample,
    inside a document in text order. One is accepted if its score is above the threshold and it is
    not identified as English (unless the language is); the first accepted passage of a document is
    kept, and the language ends when the quota is full. There is no ranking by score.
    """
    done: set[str] = set()
    for passage, score in scored:
        if passage.document_id in done:
            reason: str | None = "document has one"
        elif not score > params.threshold:
            reason = "below threshold"
        elif params.reject_english and _english(passage, identify):
            reason = "English"
        elif len(done) >= params.quota:
            reason = "over quota"
        else:
            reason = None
            done.add(passage.document_id)
        yield Decision(passage, score, reason)


def _english(passage: Passage, identify: Identifier) -> bool:
    return not accept(passage.text, passage.language, "reject_english", identify)


def outcome(
    scored: Iterable[tuple[Passage, float]], params: FilterParams, identify: Identifier
) -> Outcome:
    """Return what `select` makes of a language's passages, which are read once."""
    found = Outcome()
    for decision in select(scored, params, identify):
        found.add(decision)
    return found


def report(outcomes: Mapping[str, Outcome], threshold: float) -> dict[str, object]:
    """Return the counts by language, and how well the score tells useful from useless.

    Precision, recall and F1 of ``score > threshold`` against ``useful``, of all passages that say,
    beside what accepting everything and accepting the longer half would get; None where no passage
    says.
    """
    overall = Outcome()
    for found in outcomes.values():
        overall.tally += found.tally
        overall.judged += found.judged
    return {
        "overall": _figures(overall, threshold),
        "languages": {code: _figures(found, threshold) for code, found in outcomes.items()},
    }


def _figures(found: Outcome, threshold: float) -> dict[str, object]:
    return found.tally.metrics() | {"useful": _against_useful(found.judged, threshold)}


def _against_useful(judged: Sequence[Judged], threshold: float) -> dict[str, object] | None:
    if not judged:
        return None
    lengths = sorted(one.n_words for one in judged)
    median = lengths[len(lengths) // 2]
    return {
        "filter": _binary(judged, lambda one: one.score > threshold),
        "accept_all": _binary(judged, lambda one: True),
        "by_length": _binary(judged, lambda one: one.n_words >= median),
    }


def _binary(judged: Sequence[Judged], keep: Callable[[Judged], bool]) -> dict[str, float]:
    useful = sum(one.useful for one in judged)
    kept = [one for one in judged if keep(one)]
    right = sum(one.useful for one in kept)
    precision = right / len(kept) if kept else 0.0
    recall = right / useful if useful else 0.0
    f1 = 2 * right / (len(kept) + useful) if kept or useful else 0.0
    return {"precision": precision, "recall": recall, "f1": f1}
