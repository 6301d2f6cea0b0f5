"""Teaching a GLiNER with AdamW; what was killed goes on from its last checkpoint.

The package's own loop does not run with transformers 5.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

from finerweb.binder.checkpoints import Progress, restore, save
from finerweb.binder.training import LARGEST_NORM, SAVE_SECONDS, STEPS, Checkpointed, pace
from finerweb.gliner.batches import Lesson, lesson_batch
from finerweb.progress import bar


@dataclass(frozen=True, slots=True)
class Course:
    """How a model is taught: ``batch_size`` lessons a step, with ``types_at_once`` candidates.

    ``warmup`` is the share of the steps in which the learning rate rises; then it falls to 0.
    """

    epochs: int
    max_steps: int | None
    batch_size: int
    types_at_once: int
    learning_rate: float
    warmup: float
    freeze_embeddings: bool
    seed: int


def teach(
    model: Any,
    lessons: Sequence[Lesson],
    course: Course,
    checkpoints: Path,
    save_seconds: float = SAVE_SECONDS,
) -> Progress:
    """Teach a model, in place; return how that went. Checkpoints are kept in a folder.

    One that was killed goes on from there if it is given the same model, on CPUs to the same
    weights: what a step draws by chance depends on the seed and the step alone.

    Raises:
        ValueError: the loss of a step is no number.
    """
    import torch

    if course.freeze_embeddings:
        encoder = model.model.token_rep_layer.bert_layer.model
        encoder.get_input_embeddings().requires_grad_(False)
    learnt = [(n, p) for n, p in model.named_parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW([p for _, p in learnt], course.learning_rate, weight_decay=0.0)
    progress = restore(checkpoints, learnt, optimizer)
    checkpointed = Checkpointed(checkpoints, save_seconds)
    plan = list(_plan(lessons, course))
    model.train()
    with bar(f"gliner, {checkpoints.name}", len(plan)) as advance:
        if progress.step:
            advance(progress.step)
        for epoch, members in plan[progress.step :]:
            number = course.seed * STEPS + progress.step
            torch.manual_seed(number)
            for group in optimizer.param_groups:
                rate = pace(progress.step, len(plan), course.warmup)
                group["lr"] = course.learning_rate * rate
            some = [lessons[i] for i in members]
            batch = lesson_batch(model, some, course.types_at_once, Random(number))
            progress.add(epoch, _step(model, batch, optimizer, progress.step + 1))
            advance()
            is_finished = progress.step == len(plan)
            if is_finished or checkpointed.is_due():
                save(checkpoints, progress, learnt, optimizer, is_finished)
    model.eval().requires_grad_(True)
    return progress


def _plan(lessons: Sequence[Lesson], course: Course) -> Iterator[tuple[int, list[int]]]:
    """Yield (epoch, lessons) of each step; a batch without any entity has no candidate, no step.

    Each epoch has an order of its own, by the seed.
    """
    steps = (
        (epoch, members)
        for epoch in range(course.epochs)
        for members in _orders(len(lessons), course, epoch)
        if any(lessons[i]["ner"] for i in members)
    )
    return islice(steps, course.max_steps)


def _orders(lessons: int, course: Course, epoch: int) -> Iterator[list[int]]:
    order = Random(f"{course.seed} {epoch}").sample(range(lessons), lessons)
    for begin in range(0, lessons, course.batch_size):
        yield order[begin : begin + course.batch_size]


def _step(model: Any, batch: dict[str, Any], optimizer: Any, number: int) -> dict[str, float]:
    """Take a step; return its loss, summed over spans and candidates, and entities not read."""
    import torch

    loss = model(**batch).loss
    value = float(loss.detach())
    if not math.isfinite(value):
        raise ValueError(
            f"step {number}: the training loss is {value}; lower the learning rate "
            "(confidence.gliner.learning_rate)"
        )
    optimizer.zero_grad()
    loss.backward()
    learnt = [p for group in optimizer.param_groups for p in group["params"]]
    torch.nn.utils.clip_grad_norm_(learnt, LARGEST_NORM)
    optimizer.step()
    return {"loss": value, "unread": float(batch["labels"][~batch["span_mask"]].sum())}
