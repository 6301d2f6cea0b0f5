"""A GLiNER as the student of `confidence`."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from finerweb.binder.checkpoints import Progress
from finerweb.binder.examples import Example, NothingToLearn
from finerweb.confidence.folds import Labelled
from finerweb.confidence.students import OUTSIDE, WIDE, Answer, answered, unanswered
from finerweb.gliner.batches import Lesson, words_mask
from finerweb.gliner.loading import SPANS, begun, icu_words, saved
from finerweb.gliner.scoring import probabilities
from finerweb.gliner.training import Course, teach
from finerweb.gliner.words import Words, windows, words_of
from finerweb.params.confidence import GlinerStudentParams
from finerweb.records import Span
from finerweb.tally import Tally

SPLIT = "not on word borders"
"""Why an entity has no probability: it begins or ends inside a word as GLiNER has them."""


class GlinerStudent(NamedTuple):
    """Where the student begins, the folder of a whole GLiNER or of an encoder, and its settings.

    Which of the two it is, ``params`` say.
    """

    folder: Path
    epochs: int
    max_steps: int | None
    params: GlinerStudentParams

    def learn(self, learnt: Sequence[Example], seed: int, checkpoints: Path) -> "TaughtGliner":
        """Return a GLiNER that has learnt the examples.

        Raises:
            ValueError: the model cannot be begun with; none of the entities stands on borders of
                words and is narrow enough; or as `finerweb.gliner.training.teach`.
        """
        model = self._begin(seed)
        lessons, entities = lessons_of(model, learnt)
        if not entities.kept:
            raise NothingToLearn(
                f"none of {len(learnt)} passages has an entity to learn from "
                f"({entities.metrics()}): annotate more, or change confidence.gliner.words or "
                "max_width"
            )
        params = self.params
        course = Course(
            self.epochs,
            self.max_steps,
            params.batch_size,
            params.types_at_once,
            params.learning_rate,
            params.warmup,
            params.freeze_embeddings,
            seed,
        )
        progress = teach(model, lessons, course, checkpoints)
        return TaughtGliner(model, params, progress, len(lessons), entities)

    def _begin(self, seed: int) -> Any:
        """Return the model that is to learn."""
        params = self.params
        if params.model is None:
            model = begun(self.folder, params.max_words, params.max_width, seed)
        else:
            model = saved(self.folder)
            model.config.max_len = params.max_words
        if type(model).__name__ != SPANS:
            raise ValueError(
                f"{self.folder}: a {type(model).__name__}; expected a GLiNER that scores spans and "
                f"reads texts and types together ({SPANS}): name another confidence.gliner.model"
            )
        processor = model.data_processor
        processor.transformer_tokenizer.model_max_length = params.max_length
        processor.prepare_word_mask = words_mask
        if params.words == "icu":
            processor.words_splitter = icu_words
        return model


def lessons_of(model: Any, learnt: Sequence[Example]) -> tuple[list[Lesson], Tally]:
    """Return the windows of examples with their entities, and how many entities can be learnt."""
    tally = Tally()
    lessons: list[Lesson] = []
    for one in learnt:
        words = words_of(one.text, model.data_processor.words_splitter)
        placed = []
        for span in one.spans:
            place = _place(words, span, model.config.max_width)
            if isinstance(place, str):
                tally.drop(place)
                continue
            tally.keep()
            placed.append((*place, span.type))
        for begin, end in windows(len(words.words), model.config.max_len, model.config.max_width):
            here = [[a - begin, b - begin, t] for a, b, t in placed if begin <= a and b < end]
            lessons.append({"tokenized_text": list(words.words[begin:end]), "ner": here})
    return lessons, tally


@dataclass(frozen=True, slots=True)
class TaughtGliner:
    """A GLiNER that has learnt so many windows, and how that went."""

    model: Any
    params: GlinerStudentParams
    progress: Progress
    windows: int
    entities: Tally

    def figures(self) -> dict[str, object]:
        """Return the counts of its training, and by epoch the means over its steps.

        `unread` are entities of a step that the encoder's ``max_length`` cuts off.
        """
        sums = zip(self.progress.sums, self.progress.steps, strict=True)
        return {
            "entities": self.entities.metrics(),
            "windows": self.windows,
            "steps": self.progress.step,
            "epochs": [{k: v / steps for k, v in sorted(some.items())} for some, steps in sums],
        }

    def answers(self, held: Sequence[Labelled]) -> Iterator[Answer]:
        """Yield what it says of each entity of some passages: `finerweb.gliner.scoring`."""
        splitter = self.model.data_processor.words_splitter
        texts, spans = [words_of(one.text, splitter) for one in held], [one.spans() for one in held]
        asked = (self.params.types_at_once, self.params.batch_size)
        every = probabilities(self.model, texts, spans, *asked)
        for one, words, mine, found in zip(held, texts, spans, every, strict=True):
            answers = zip(mine, found, strict=True)
            for _, _, labels in one.entities:
                pairs = [next(answers) for _ in labels]
                known = [value for _, value in pairs if value is not None]
                if len(known) == len(pairs):
                    yield answered(known)
                else:
                    place = _place(words, pairs[0][0], self.model.config.max_width)
                    yield unanswered(place if isinstance(place, str) else OUTSIDE)


def _place(words: Words, span: Span, width: int) -> tuple[int, int] | str:
    """Return the first and the last word of a span, or why no window of its text can have it."""
    place = words.place(span)
    if place is None:
        return SPLIT
    return WIDE if place[1] - place[0] >= width else place
