"""Fine-tuning an encoder with one real-valued output on the ratings, with the HF Trainer."""

import json
import logging
import math
import time
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import fmean
from typing import Any

from finerweb.params.train_regressor import TrainRegressorParams
from finerweb.progress import bar
from finerweb.regressor.encoders import has_bfloat16, load_encoder
from finerweb.regressor.scores import macro
from finerweb.regressor.tasks import classes, target
from finerweb.tables.io import Row
from finerweb.tally import Tally

SAVE_SECONDS = 60.0
"""A checkpoint is written at the end of the first epoch after so long."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Rated:
    """A passage to train on: the rater's score, what is to be predicted, and a human's word."""

    text: str
    language: str
    score: int
    target: float
    useful: bool | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """All that a regressor depends on; its checkpoints are kept under its digest."""

    ratings: Path
    backbone: Path
    task: str
    seed: int
    params: TrainRegressorParams


def examples(
    ratings: Iterable[tuple[str, Iterable[Row]]], task: str, params: TrainRegressorParams
) -> tuple[list[Rated], dict[str, Tally]]:
    """Return what to learn from the rows of `ratings` of each language; and what was counted.

    Raises:
        ValueError: none of the languages that params list has ratings.
    """
    rated = []
    tallies: dict[str, Tally] = {}
    for code, rows in ratings:
        tally = tallies[code] = Tally()
        is_left_out = params.languages is not None and code not in params.languages
        for row in rows:
            if is_left_out or row["score"] is None:
                tally.drop("language not listed" if is_left_out else "unrated")
                continue
            tally.keep()
            wanted = target(row["score"], task, params)
            rated.append(Rated(row["text"], code, row["score"], wanted, row["useful"]))
        if not tally.kept:
            why = "not in train_regressor.languages" if is_left_out else "no rated passage"
            log.warning("%s: %s; nothing is learnt about this language", code, why)
    if params.languages is not None and not set(params.languages) & set(tallies):
        raise ValueError(
            f"train_regressor.languages: none of {', '.join(params.languages)} has ratings, only "
            f"{', '.join(tallies) or 'no language'}; list those, or null for all"
        )
    return rated, tallies


def train(
    examples: Sequence[Rated],
    run: Run,
    checkpoints: Path,
    validation: Sequence[Rated] = (),
    save_seconds: float = SAVE_SECONDS,
) -> tuple[Any, Any]:
    """Return (model, tokenizer) fine-tuned on the examples, by mean squared error.

    With ``validation`` the epoch with the best macro F1 on it is returned, and training ends once
    ``patience`` epochs brought no better one (section 2 of the paper's facts). A training that was
    killed goes on from what it left in the folder ``checkpoints``, to the same weights.

    Raises:
        ValueError: there are fewer than two different targets; the loss of a step is no number; or
            as `load_encoder`.
    """
    from transformers import DataCollatorWithPadding, EarlyStoppingCallback, set_seed

    _check_targets(examples)
    set_seed(run.seed)
    mean = fmean(example.target for example in examples)
    model, tokenizer = load_encoder(run.backbone, mean, run.params.freeze_embeddings)
    last = _last_whole(checkpoints)
    if last and (best := _best_of_ended(last)):
        return type(model).from_pretrained(best, dtype=model.dtype).eval(), tokenizer
    length, patience = run.params.max_length, run.params.patience
    stopping = [EarlyStoppingCallback(patience)] if validation and patience else []
    trainer = _checked()(
        model,
        _arguments(checkpoints, run, bool(validation)),
        DataCollatorWithPadding(tokenizer),
        train_dataset=_rows(examples, tokenizer, length),
        eval_dataset=_rows(validation, tokenizer, length) if validation else None,
        compute_metrics=partial(_scores, run.task),
        callbacks=[_callback(f"train_regressor, {checkpoints.name}", save_seconds), *stopping],
    )
    trainer.train(resume_from_checkpoint=last and str(last))
    # Without it the model would go on predicting in the training's precision.
    model = trainer.accelerator.unwrap_model(trainer.model, keep_fp32_wrapper=False)
    return model.eval(), tokenizer


def _check_targets(examples: Sequence[Rated]) -> None:
    targets = sorted({example.target for example in examples})
    if len(targets) < 2:
        raise ValueError(
            f"all {len(examples)} ratings to learn from give the target {targets}: expected at "
            "least two different ones; rate more passages, or change the read-out or "
            "train_regressor.useful_from in params.yaml"
        )


def _last_whole(checkpoints: Path) -> Path | None:
    """Return the newest checkpoint that was written to its end; its state is written last."""
    whole = []
    for path in checkpoints.glob("checkpoint-*/trainer_state.json"):
        try:
            whole.append((json.loads(path.read_text("utf-8"))["global_step"], path.parent))
        except (json.JSONDecodeError, KeyError):
            log.warning("%s: not whole; training goes on from an earlier one", path)
    if not whole:
        return None
    log.info("training goes on after step %d, from %s", *max(whole))
    return max(whole)[1]


def _best_of_ended(checkpoint: Path) -> str | None:
    """Return the best checkpoint where this one ended its training early; the Trainer would go on.

    A training that ran all its epochs needs no such look: the Trainer takes no further step.
    """
    state = json.loads((checkpoint / "trainer_state.json").read_text("utf-8"))
    stopping = state["stateful_callbacks"].get("EarlyStoppingCallback")
    if stopping is None:
        return None
    patience = stopping["args"]["early_stopping_patience"]
    ended = stopping["attributes"]["early_stopping_patience_counter"] >= patience
    return str(state["best_model_checkpoint"]) if ended else None


def _checked() -> Any:
    """Return a class of Trainers that stop where the loss of a step is no number."""
    from transformers import Trainer

    # transformers is not typed to mypy, nor is the other subclass below.
    class Checked(Trainer):  # type: ignore[misc]
        def training_step(self, *inputs: Any, **more: Any) -> Any:
            loss = super().training_step(*inputs, **more)
            if not math.isfinite(loss):
                raise ValueError(
                    f"step {self.state.global_step + 1}: the training loss is {float(loss)}; lower "
                    "train_regressor.learning_rate, or set train_regressor.precision to float32"
                )
            return loss

    return Checked


def _rows(some: Sequence[Rated], tokenizer: Any, max_length: int) -> list[dict[str, Any]]:
    limit = {"truncation": True, "max_length": max_length}
    return [tokenizer(one.text, **limit) | {"labels": one.target} for one in some]


def _scores(task: str, output: Any) -> dict[str, float]:
    predicted = [classes(float(value), task) for value in output.predictions.reshape(-1)]
    return macro([classes(float(value), task) for value in output.label_ids], predicted)


def _callback(what: str, save_seconds: float) -> Any:
    from transformers import TrainerCallback

    # As above.
    class Shown(TrainerCallback):  # type: ignore[misc]
        """Shows how far a training is, and has it saved from time to time."""

        def __init__(self) -> None:
            self.shown = ExitStack()
            self.saved = time.monotonic()

        def on_train_begin(self, arguments: Any, state: Any, control: Any, **_: Any) -> None:
            self.advance = self.shown.enter_context(bar(what, state.max_steps))
            if state.global_step:
                self.advance(state.global_step)

        def on_step_end(self, arguments: Any, state: Any, control: Any, **_: Any) -> None:
            self.advance()

        def on_epoch_end(self, arguments: Any, state: Any, control: Any, **_: Any) -> None:
            ends = state.global_step >= state.max_steps
            if ends or time.monotonic() - self.saved >= save_seconds:
                control.should_save = True
                self.saved = time.monotonic()

        def on_train_end(self, arguments: Any, state: Any, control: Any, **_: Any) -> None:
            self.shown.close()

    return Shown()


def _arguments(checkpoints: Path, run: Run, validated: bool) -> Any:
    import torch
    from transformers import TrainingArguments

    params = run.params
    when = "epoch" if validated else "no"
    return TrainingArguments(
        output_dir=str(checkpoints),
        learning_rate=params.learning_rate,
        per_device_train_batch_size=params.batch_size,
        per_device_eval_batch_size=2 * params.batch_size,
        num_train_epochs=params.epochs,
        seed=run.seed,
        bf16=params.precision == "bfloat16" and has_bfloat16(),
        use_cpu=not torch.cuda.is_available(),
        dataloader_pin_memory=torch.cuda.is_available(),
        train_sampling_strategy="group_by_length",
        logging_strategy="no",
        eval_strategy=when,
        save_strategy=when,
        save_total_limit=2,  # with 1 the Trainer removes the last one at the end, if not the best
        load_best_model_at_end=validated,
        metric_for_best_model="f1" if validated else None,
        greater_is_better=True if validated else None,
        restore_callback_states_from_checkpoint=True,
        report_to=[],
        disable_tqdm=True,
    )
