"""Students of all folds and seeds: taught, asked, and forgotten; what is finished is kept."""

import json
import logging
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa

from finerweb.binder.examples import Example, NothingToLearn
from finerweb.compute.batches import from_bytes, to_bytes
from finerweb.compute.checkpoints import Checkpoints
from finerweb.confidence.folds import Corpus, Labelled, examples, held_out

WIDE, OUTSIDE, UNTAUGHT = "wider than max_width", "in no window", "nothing to learn from"
"""Why an entity has no probability. The last: no other fold has an entity without gold."""
ANSWERS = pa.schema([("probabilities", pa.list_(pa.float32())), ("reason", pa.string())])
TOLD = "training"

Answer = dict[str, object]
"""What is said of an entity: `answered` or `unanswered`."""

log = logging.getLogger(__name__)


class Taught(Protocol):
    """A student that has learnt."""

    def figures(self) -> dict[str, object]:
        """Return how its training went, for the metrics."""

    def answers(self, held: Sequence[Labelled]) -> Iterator[Answer]:
        """Yield what it says of each entity of some passages, in their order."""


class Student(Protocol):
    """A kind of student: a tuple of all that it is begun with and taught by."""

    def learn(self, learnt: Sequence[Example], seed: int, checkpoints: Path) -> Taught:
        """Return one that has learnt the examples; a training that was killed goes on.

        Raises:
            ValueError: none of the entities can be learnt.
        """


@dataclass(frozen=True, slots=True)
class Work:
    """All that the probabilities depend on; what is finished is kept under its digest.

    ``at_once`` passages are scored at a time.
    """

    entities: Path
    selected: Path
    passages: Path
    folds: int
    seeds: tuple[int, ...]
    at_once: int
    student: Student

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
        ValueError: as `Student.learn`.
    """
    answers = Answers(kept)
    for fold, seed in work.students():
        names = [_name(fold, seed, code) for code in corpus]
        if all(kept.get(name) is not None for name in names):
            log.info("fold %d, seed %d: finished earlier", fold, seed)
            continue
        training = kept.folder / f"fold {fold}, seed {seed}"
        taught, learnt = None, examples(corpus, fold)
        if any(one.spans for one in learnt) and any(held_out(corpus, c, fold) for c in corpus):
            try:
                taught = work.student.learn(learnt, seed, training)
            except NothingToLearn as error:
                log.warning("fold %d, seed %d has no student: %s", fold, seed, error)
            else:
                kept.put(_name(fold, seed, TOLD), json.dumps(taught.figures()).encode())
        for code, name in zip(corpus, names, strict=True):
            held = held_out(corpus, code, fold)
            kept.put(name, to_bytes(_answers(taught, held, work.at_once)))
        shutil.rmtree(training, ignore_errors=True)
    return answers


def _name(fold: int, seed: int, what: str) -> str:
    return f"{fold}-{seed}-{what}"


def _answers(taught: Taught | None, held: Sequence[Labelled], at_once: int) -> pa.Table:
    """Return `Answers.of` of passages."""
    rows: list[Answer] = []
    for begin in range(0, len(held), at_once):
        some = held[begin : begin + at_once]
        if taught is None:
            rows += [unanswered(UNTAUGHT) for one in some for _ in one.entities]
        else:
            rows += taught.answers(some)
    return pa.Table.from_pylist(rows, schema=ANSWERS)


def answered(probabilities: list[float]) -> Answer:
    """Return the answer to an entity, of one probability for each of its labels."""
    return {"probabilities": probabilities, "reason": None}


def unanswered(reason: str) -> Answer:
    """Return the answer to an entity that a student cannot score."""
    return {"probabilities": None, "reason": reason}
