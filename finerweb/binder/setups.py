"""The trainings of an instance, one for all languages or one for each; and their report."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from finerweb.binder.examples import Corpus, Example, NothingToLearn
from finerweb.binder.training import Run, Trained, train
from finerweb.params.train_binder import JOINT, PER_LANGUAGE, TrainBinderParams
from finerweb.tally import Tally

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Work:
    """All that an instance depends on; its checkpoints are kept under its digest."""

    variant: Path
    passages: Path
    types: Path
    encoder: Path
    type_encoder: Path | None
    setup: str
    seed: int
    params: TrainBinderParams

    @property
    def run(self) -> Run:
        """Return what each of its trainings depends on but for the examples."""
        return Run(self.encoder, self.type_encoder, self.seed, self.params)


def trainings(corpus: Corpus, setup: str) -> Iterator[tuple[str, list[Example]]]:
    """Yield the name of each training, `joint` or a language, with its examples.

    A language that has none left has no training of its own.
    """
    if setup != PER_LANGUAGE:
        yield JOINT, corpus.examples
        return
    for code in corpus.passages:
        mine = [one for one in corpus.examples if one.language == code]
        if mine:
            yield code, mine


def fit(corpus: Corpus, work: Work, checkpoints: Path) -> Iterator[tuple[str, Trained]]:
    """Yield each training of an instance, done, with its name; one in memory at a time.

    One of several languages that has no entity to learn from is left out, and told.

    Raises:
        ValueError: as `train`; of one training a language, where none has anything to learn from.
    """
    n_trained = 0
    for name, examples in trainings(corpus, work.setup):
        try:
            trained = train(examples, corpus.likeness, work.run, checkpoints / name)
        except NothingToLearn as error:
            if work.setup != PER_LANGUAGE:
                raise
            log.warning("%s has no student: %s", name, error)
            continue
        n_trained += 1
        yield name, trained
        del trained
    if not n_trained:
        dropped = sum(corpus.passages.values(), Tally()).metrics()
        raise NothingToLearn(f"no language has an entity to learn from; passages: {dropped}")


def report(corpus: Corpus, trained: dict[str, dict[str, object]]) -> dict[str, Any]:
    """Return what an instance's metrics file says: passages by language, and each training."""
    types = corpus.likeness.concepts
    return {
        "passages": sum(corpus.passages.values(), Tally()).metrics(),
        "languages": {code: tally.metrics() for code, tally in corpus.passages.items()},
        "without_passages": sorted(c for c, tally in corpus.passages.items() if not tally.kept),
        "types": len(types),
        "types_without_vector": len(types) - len(corpus.likeness.vectors),
        "trainings": trained,
    }


def figures(trained: Trained) -> dict[str, object]:
    """Return the counts of a training, and by epoch the means over its steps."""
    progress = trained.progress
    means = [
        {name: value / steps for name, value in sorted(sums.items())}
        for steps, sums in zip(progress.steps, progress.sums, strict=True)
    ]
    return trained.prepared.metrics() | {"steps": progress.step, "epochs": means}
