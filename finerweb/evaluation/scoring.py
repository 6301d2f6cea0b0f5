"""Micro-averaged precision, recall and F1 of spans against gold."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from finerweb.evaluation.types import coarse
from finerweb.records import Span


@dataclass(frozen=True, slots=True)
class Score:
    """Counts of gold, predicted, and of both; precision, recall and F1 are 0.0 of nothing."""

    gold: int = 0
    predicted: int = 0
    correct: int = 0

    def __add__(self, other: "Score") -> "Score":
        """Return the counts of both."""
        return Score(
            self.gold + other.gold,
            self.predicted + other.predicted,
            self.correct + other.correct,
        )

    @property
    def precision(self) -> float:
        """Return the share of predicted items that are in the gold."""
        return self.correct / self.predicted if self.predicted else 0.0

    @property
    def recall(self) -> float:
        """Return the share of gold items that were predicted."""
        return self.correct / self.gold if self.gold else 0.0

    @property
    def f1(self) -> float:
        """Return the harmonic mean of precision and recall."""
        total = self.gold + self.predicted
        return 2 * self.correct / total if total else 0.0

    def metrics(self) -> dict[str, float]:
        """Return the scores and the counts for a metrics file."""
        return {
            "precision": self.precision,
            "recall": self.recall,
            "f1": self.f1,
            "gold": self.gold,
            "predicted": self.predicted,
        }


def count(gold: Iterable[tuple[object, ...]], predicted: Iterable[tuple[object, ...]]) -> Score:
    """Return the score of two collections of items; an item counts as often as it stands there."""
    gold_items, predicted_items = Counter(gold), Counter(predicted)
    correct = (gold_items & predicted_items).total()
    return Score(gold_items.total(), predicted_items.total(), correct)


@dataclass(frozen=True, slots=True)
class SpanScores:
    """Three looks at the same spans, from lenient to strict.

    ``mention`` compares places only, ``coarse`` place and coarse type, ``typed`` place and the
    type string itself, over so many ``passages`` with gold.
    """

    passages: int = 0
    mention: Score = Score()
    coarse: Score = Score()
    typed: Score = Score()

    def __add__(self, other: "SpanScores") -> "SpanScores":
        """Return the scores over both."""
        return SpanScores(
            self.passages + other.passages,
            self.mention + other.mention,
            self.coarse + other.coarse,
            self.typed + other.typed,
        )

    def metrics(self) -> dict[str, object] | None:
        """Return the scores for a metrics file; None where no passage had gold."""
        if not self.passages:
            return None
        return {
            "passages": self.passages,
            "mention": self.mention.metrics(),
            "coarse": self.coarse.metrics(),
            "typed": self.typed.metrics(),
        }


def score(
    gold: Iterable[Span], predicted: Iterable[tuple[int, int, tuple[str, ...]]]
) -> SpanScores:
    """Return the scores of one passage's predicted (start, end, labels) against its gold spans.

    An entity with several labels is right if one of them is.
    """
    gold = list(gold)
    types = {(g.start, g.end): g.type for g in gold}
    typed, coarse_typed = [], []
    for start, end, labels in predicted:
        want = types.get((start, end), "")
        typed.append((start, end, want if want in labels else labels[0]))
        kinds = [coarse(label) for label in labels]
        coarse_typed.append((start, end, coarse(want) if coarse(want) in kinds else kinds[0]))
    return SpanScores(
        passages=1,
        mention=count([(g.start, g.end) for g in gold], [(p[0], p[1]) for p in typed]),
        coarse=count([(g.start, g.end, coarse(g.type)) for g in gold], coarse_typed),
        typed=count([(g.start, g.end, g.type) for g in gold], typed),
    )
