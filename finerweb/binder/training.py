"""Training with AdamW; what was killed goes on from its last checkpoint, to the same weights."""

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from finerweb.binder.batches import Batch, Placed, collate, orders
from finerweb.binder.checkpoints import Progress, restore, save
from finerweb.binder.examples import Example, NothingToLearn
from finerweb.binder.likeness import Likeness
from finerweb.binder.losses import losses, negatives, total
from finerweb.binder.model import Binder, new_binder
from finerweb.binder.placing import Prepared, prepare
from finerweb.params.train_binder import TrainBinderParams
from finerweb.progress import bar

SAVE_SECONDS = 60.0
"""A checkpoint is written after so long, and at the end."""
LARGEST_NORM = 1.0
"""Of a step's gradient, as in transformers' Trainer; larger ones are scaled down to it."""

STEPS = 1_000_003
"""More than a training has: the seeds of two trainings' steps are not the same."""


class Checkpointed:
    """Where checkpoints go, and when the next is due."""

    def __init__(self, folder: Path, seconds: float) -> None:
        """Start the clock."""
        self.folder = folder
        self._seconds = seconds
        self._last = time.monotonic()

    def is_due(self) -> bool:
        """Return whether the last one is long ago; then the next is due as long from now."""
        now = time.monotonic()
        due = now - self._last >= self._seconds
        self._last = now if due else self._last
        return due


@dataclass(frozen=True, slots=True)
class Run:
    """What a training depends on but for its examples."""

    encoder: Path
    type_encoder: Path | None
    seed: int
    params: TrainBinderParams


@dataclass(frozen=True, slots=True)
class Trained:
    """A trained Binder, and how its training went."""

    binder: Binder
    progress: Progress
    prepared: Prepared


def train(
    examples: Sequence[Example],
    likeness: Likeness,
    run: Run,
    checkpoints: Path,
    save_seconds: float = SAVE_SECONDS,
) -> Trained:
    """Return a Binder that has learnt the examples; checkpoints are kept in a folder.

    A training that was killed goes on from there, on CPUs to the same weights: the dropout of a
    step depends on the seed and the step alone.

    Raises:
        NothingToLearn: no example has an entity that can be learnt.
        ValueError: the loss of a step is no number; or as `new_binder`.
    """
    params = run.params
    binder = new_binder(run.encoder, run.type_encoder, params.model, run.seed)
    prepared = prepare(binder.text.tokenizer, examples, params.model)
    if not prepared.entities.kept:
        raise NothingToLearn(
            f"none of {len(examples)} passages without gold has an entity to learn from "
            f"({prepared.entities.metrics()}): annotate more, or choose another "
            "train_binder.variant"
        )
    binder.to_accelerator()
    if params.freeze_embeddings:
        for encoder in (binder.text, binder.type):
            encoder.model.get_input_embeddings().requires_grad_(False)
    checkpointed = Checkpointed(checkpoints, save_seconds)
    progress = _learn(binder, prepared.placed, likeness, run, checkpointed)
    binder.modules.eval().requires_grad_(True)
    return Trained(binder, progress, prepared)


def _learn(
    binder: Binder,
    placed: Sequence[Placed],
    likeness: Likeness,
    run: Run,
    checkpointed: Checkpointed,
) -> Progress:
    """Take all steps that are still to take; return how they went."""
    import torch

    params = run.params
    learnt = [(n, p) for n, p in binder.modules.named_parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW([p for _, p in learnt], params.learning_rate, weight_decay=0.0)
    progress = restore(checkpointed.folder, learnt, optimizer)
    plan = list(_plan(placed, params, run.seed))
    binder.modules.train()
    with bar(f"train_binder, {checkpointed.folder.name}", len(plan)) as advance:
        if progress.step:
            advance(progress.step)
        for epoch, members in plan[progress.step :]:
            torch.manual_seed(run.seed * STEPS + progress.step)
            for group in optimizer.param_groups:
                group["lr"] = params.learning_rate * pace(progress.step, len(plan), params.warmup)
            batch = collate([placed[i] for i in members], likeness, params)
            progress.add(epoch, _step(binder, batch, params, optimizer, progress.step + 1))
            advance()
            is_finished = progress.step == len(plan)
            if is_finished or checkpointed.is_due():
                save(checkpointed.folder, progress, learnt, optimizer, is_finished)
    return progress


def _plan(
    placed: Sequence[Placed], params: TrainBinderParams, seed: int
) -> Iterator[tuple[int, list[int]]]:
    """Yield (epoch, windows) of each step; a batch without any entity has no candidate, no step."""
    found = [one.window for one in placed]
    steps = (
        (epoch, members)
        for epoch in range(params.epochs)
        for members in orders(found, params.tokens, seed, epoch)
        if any(placed[i].entities for i in members)
    )
    return islice(steps, params.max_steps)


def pace(step: int, steps: int, warmup: float) -> float:
    """Return which share of the learning rate a step has: linearly up, then linearly down."""
    rising = warmup * steps
    if step < rising:
        return (step + 1) / (math.floor(rising) + 1)
    return (steps - step) / (steps - rising)


def _step(
    binder: Binder, batch: Batch, params: TrainBinderParams, optimizer: Any, number: int
) -> dict[str, float]:
    """Take a step; return the parts of its loss, how many candidates it had, how much masked."""
    import torch

    device = binder.device
    arrays = (batch.ids, batch.mask, batch.starts, batch.ends, batch.positives, batch.ignored)
    tensors = [torch.from_numpy(array).to(device, non_blocking=True) for array in arrays]
    ids, mask, starts, ends, positives, ignored = tensors
    halved = torch.autocast(device.type, torch.bfloat16, enabled=params.precision == "bfloat16")
    with halved:
        scores = binder.scores(ids, mask, batch.types)
    taken = torch.cat([positives, ignored])
    negative = negatives(starts, ends, taken, len(batch.types), params.model.max_width)
    parts = losses(scores, negative, positives)
    loss = total(parts, params.weights)
    told = {name: float(value.detach()) for name, value in (parts | {"loss": loss}).items()}
    if not math.isfinite(told["loss"]):
        raise ValueError(
            f"step {number}: the training loss is {told['loss']}; lower train_binder.learning_rate "
            "or set train_binder.precision to float32"
        )
    optimizer.zero_grad()
    loss.backward()
    learnt = [p for group in optimizer.param_groups for p in group["params"]]
    torch.nn.utils.clip_grad_norm_(learnt, LARGEST_NORM)
    optimizer.step()
    return told | {"candidates": float(len(batch.types)), "masked": float(len(batch.ignored))}
