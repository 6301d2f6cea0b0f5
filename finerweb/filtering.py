"""Which scored passages are kept: the paper's first acceptable one of each document."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

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


def select(
    scored: Iterable[tuple[Passage, float]], params: FilterParams, identify: Identifier
) -> list[Decision]:
    """Return a decision for each passage, in their order.

    Section 3 of the paper's facts: passages come document by document in the order of the sample,
    inside a document in text order. One is accepted if its score is above the threshold and it is
    not identified as English (unless the language is); the first accepted passage of a document is
    kept, and the language ends when the quota is full. There is no ranking by score.
    """
    decisions: list[Decision] = []
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
        decisions.append(Decision(passage, score, reason))
    return decisions


def _english(passage: Passage, identify: Identifier) -> bool:
    return not accept(passage.text, passage.language, "reject_english", identify)


def kept_rows(decisions: Iterable[Decision]) -> list[Row]:
    """Return the rows of the `selected` table for the passages that are kept."""
    return [
        passage_row(decision.passage) | {"quality_score": decision.score}
        for decision in decisions
        if decision.reason is None
    ]


def report(decisions: Mapping[str, Sequence[Decision]], threshold: float) -> dict[str, object]:
    """Return the counts by language, and how well the score tells useful from useless.

    Precision, recall and F1 of ``score > threshold`` against ``useful``, of all passages that say,
    beside what accepting everything and accepting the longer half would get; None where no passage
    says.
    """
    everything = [decision for rows in decisions.values() for decision in rows]
    return {
        "overall": _counts(everything) | {"useful": _against_useful(everything, threshold)},
        "languages": {
            code: _counts(rows) | {"useful": _against_useful(rows, threshold)}
            for code, rows in decisions.items()
        },
    }


def _counts(decisions: Sequence[Decision]) -> dict[str, object]:
    tally = Tally()
    for decision in decisions:
        tally.drop(decision.reason) if decision.reason else tally.keep()
    return tally.metrics()


def _against_useful(decisions: Sequence[Decision], threshold: float) -> dict[str, object] | None:
    known = [decision for decision in decisions if decision.passage.useful is not None]
    if not known:
        return None
    lengths = sorted(decision.passage.n_words for decision in known)
    median = lengths[len(lengths) // 2] if lengths else 0
    return {
        "filter": _binary(known, lambda d: d.score > threshold),
        "accept_all": _binary(known, lambda d: True),
        "by_length": _binary(known, lambda d: d.passage.n_words >= median),
    }


def _binary(decisions: Sequence[Decision], keep: Callable[[Decision], bool]) -> dict[str, float]:
    useful = sum(bool(d.passage.useful) for d in decisions)
    kept = [d for d in decisions if keep(d)]
    right = sum(bool(d.passage.useful) for d in kept)
    precision = right / len(kept) if kept else 0.0
    recall = right / useful if useful else 0.0
    f1 = 2 * right / (len(kept) + useful) if kept or useful else 0.0
    return {"precision": precision, "recall": recall, "f1": f1}
