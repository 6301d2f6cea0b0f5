"""Binder as the student of `confidence`."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from finerweb.binder.decoding import Found, margins
from finerweb.binder.examples import Example
from finerweb.binder.likeness import Likeness, likeness_of
from finerweb.binder.model import Binder
from finerweb.binder.setups import figures
from finerweb.binder.training import Run, Trained, train
from finerweb.binder.windows import windows
from finerweb.confidence.folds import Labelled
from finerweb.confidence.students import OUTSIDE, WIDE, Answer, answered, unanswered
from finerweb.params.train_binder import TrainBinderParams
from finerweb.records import Span
from finerweb.tables.types import read_concepts, read_vectors


class BinderStudent(NamedTuple):
    """Encoders and settings of a training; scores batches of ``tokens`` tokens with padding.

    ``types`` is the folder that the stage `types` wrote: which types are no negatives of others.
    """

    encoder: Path
    type_encoder: Path | None
    types: Path
    tokens: int
    params: TrainBinderParams

    def learn(self, learnt: Sequence[Example], seed: int, checkpoints: Path) -> "TaughtBinder":
        """Return a Binder that has learnt the examples.

        Raises:
            ValueError: as `finerweb.binder.training.train`.
        """
        run = Run(self.encoder, self.type_encoder, seed, self.params)
        return TaughtBinder(train(learnt, likeness(learnt, self.types), run, checkpoints), self)


def likeness(learnt: Sequence[Example], types: Path) -> Likeness:
    """Return what the types of examples mean."""
    concepts = read_concepts(types)
    named = sorted({span.type for one in learnt for span in one.spans})
    meant = {name: [frozenset(concepts[name])] for name in named}
    return likeness_of(meant, concepts, *read_vectors(types))


@dataclass(frozen=True, slots=True)
class TaughtBinder:
    """A Binder that has learnt, and how it is asked."""

    trained: Trained
    student: BinderStudent

    def figures(self) -> dict[str, object]:
        """Return how its training went."""
        return figures(self.trained)

    def answers(self, held: Sequence[Labelled]) -> Iterator[Answer]:
        """Yield what it says of each entity of some passages.

        Binder scores a span, and the special token before the text, which stands for "no such
        span", by one measure for each type. The probability of a span and a type is the logistic
        function of the first less the second: at a half the student is as sure that it is one as
        that it is none, and from there on it would find it, were no better span in its place.
        """
        binder, precision = self.trained.binder, self.student.params.precision
        texts, spans = [one.text for one in held], [one.spans() for one in held]
        every = margins(binder, texts, spans, self.student.tokens, precision)
        for one, mine, found in zip(held, spans, every, strict=True):
            answers = zip(mine, found, strict=True)
            for _, _, labels in one.entities:
                pairs = [next(answers) for _ in labels]
                known = [
                    Found(span, margin).probability for span, margin in pairs if margin is not None
                ]
                if known:
                    yield answered(known)
                else:
                    yield unanswered(_why_not(binder, one.text, pairs[0][0]))


def _why_not(binder: Binder, text: str, span: Span) -> str:
    params = binder.params
    cut = windows(binder.text.tokenizer, [text], params.max_length, params.stride)
    return WIDE if any(window.place(span) for window in cut) else OUTSIDE
