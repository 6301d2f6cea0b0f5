"""Students of all folds and seeds: trained, asked, and forgotten; what is finished is kept."""

import json
import logging
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import pyarrow as pa

from finerweb.binder.decoding import Found, margins
from finerweb.binder.model import Binder
from finerweb.binder.setups import figures
from finerweb.binder.training import Run, train
from finerweb.binder.windows import windows
from finerweb.compute.batches import from_bytes, to_bytes
from finerweb.compute.checkpoints import Checkpoints
from finerweb.confidence.folds import Corpus, Labelled, examples, held_out, likeness
from finerweb.params.train_binder import TrainBinderParams
from finerweb.records import Span

WIDE, OUTSIDE, UNTAUGHT = "wider than max_width", "in no window", "nothing to learn from"
"""Why an entity has no probability. The last: no other fold has an entity without gold."""
ANSWERS = pa.schema([("probabilities", pa.list_(pa.float32())), ("reason", pa.string())])
TOLD = "training"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Work:
    """All that the probabilities depend on; what is finished is kept under its digest.

    ``at_once`` passages are scored at a time, in batches of ``tokens`` tokens with padding.
    """

    entities: Path
    selected: Path
    passages: Path
    types: Path
    encoder: Path
    type_encoder: Path | None
    folds: int
    seeds: tuple[int, ...]
    at_once: int
    tokens: int
    params: TrainBinderParams

    def students(self) -> list[tuple[int, int]]:
        """Return fold and seed of each student."""
        return list(product(range(self.folds), self.seeds))


@dataclass(frozen=True, slots=True)
class Answers:
    """What the students said, as they were kept: by fold, seed and language."""

    kept: Checkpoints

    def of(self, fold: int, seed: int, code: str) -> pa.Table:
        """Return a row for each entity of a language that is held out, in the order of its key.

        ``probabilities`` has one number for each of its labels; null where ``reason`` says why.
        """
        data = self.kept.get(_name(fold, seed, code))
        if data is None:
            raise OSError(
                f"{self.kept.folder}: fold {fold} of {code}, seed {seed}, was there and is not; "
                "does another run of the stage remove it? Run it again"
            )
        return from_bytes(data)

    def told(self, fold: int, seed: int) -> dict[str, Any] | None:
        """Return the figures of a student's training; None of one that had nothing to learn."""
        data = self.kept.get(_name(fold, seed, TOLD))
        said: dict[str, Any] | None = json.loads(data) if data else None
        return said


def ask_all(corpus: Corpus, work: Work, kept: Checkpoints) -> Answers:
    """Return what the students of all folds and seeds say of the entities that they never saw.

    One is in memory at a time. A run that was killed goes on with the first that is not finished,
    from its last checkpoint. In memory are the passages of all languages, and of scores those of a
    batch.

    Raises:
        ValueError: as `finerweb.binder.training.train`.
    """
    answers = Answers(kept)
    meant = likeness(corpus, work.types)
    for fold, seed in work.students():
        names = [_name(fold, seed, code) for code in corpus]
        if all(kept.get(name) is not None for name in names):
            log.info("fold %d, seed %d: finished earlier", fold, seed)
            continue
        training = kept.folder / f"fold {fold}, seed {seed}"
        binder, learnt = None, examples(corpus, fold)
        if any(one.spans for one in learnt) and any(held_out(corpus, c, fold) for c in corpus):
            run = Run(work.encoder, work.type_encoder, seed, work.params)
            trained = train(learnt, meant, run, training)
            binder = trained.binder
            kept.put(_name(fold, seed, TOLD), json.dumps(figures(trained)).encode())
        for code, name in zip(corpus, names, strict=True):
            held = held_out(corpus, code, fold)
            kept.put(name, to_bytes(_answers(binder, held, work)))
        shutil.rmtree(training, ignore_errors=True)
    return answers


def _name(fold: int, seed: int, what: str) -> str:
    return f"{fold}-{seed}-{what}"


def _answers(binder: Binder | None, held: Sequence[Labelled], work: Work) -> pa.Table:
    """Return `Answers.of` of passages."""
    rows: list[dict[str, object]] = []
    for begin in range(0, len(held), work.at_once):
        some = held[begin : begin + work.at_once]
        if binder is None:
            none: dict[str, object] = {"probabilities": None, "reason": UNTAUGHT}
            rows += [none for one in some for _ in one.entities]
        else:
            rows += _scored(binder, some, work)
    return pa.Table.from_pylist(rows, schema=ANSWERS)


def _scored(binder: Binder, some: Sequence[Labelled], work: Work) -> Iterator[dict[str, object]]:
    """Yield the answers of a student to the entities of some passages.

    Binder scores a span, and the special token before the text, which stands for "no such span",
    by one measure for each type. The probability of a span and a type is the logistic function of
    the first less the second: at a half the student is as sure that it is one as that it is none,
    and from there on it would find it, were no better span in its place.
    """
    texts, spans = [one.text for one in some], [one.spans() for one in some]
    every = margins(binder, texts, spans, work.tokens, work.params.precision)
    for one, mine, found in zip(some, spans, every, strict=True):
        answered = zip(mine, found, strict=True)
        for _, _, labels in one.entities:
            pairs = [next(answered) for _ in labels]
            known = [
                Found(span, margin).probability for span, margin in pairs if margin is not None
            ]
            if known:
                yield {"probabilities": known, "reason": None}
            else:
                yield {"probabilities": None, "reason": _why_not(binder, one.text, pairs[0][0])}


def _why_not(binder: Binder, text: str, span: Span) -> str:
    params = binder.params
    cut = windows(binder.text.tokenizer, [text], params.max_length, params.stride)
    return WIDE if any(window.place(span) for window in cut) else OUTSIDE
