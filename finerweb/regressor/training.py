"""Fine-tuning an encoder with one real-valued output on the ratings, with the HF Trainer."""

import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from finerweb.params.train_regressor import TrainRegressorParams
from finerweb.regressor.tasks import target
from finerweb.tables.io import Row


@dataclass(frozen=True, slots=True)
class Rated:
    """A passage to train on: the rater's score, what is to be predicted, and a human's word."""

    text: str
    language: str
    score: int
    target: float
    useful: bool | None = None


def examples(
    ratings: Iterable[tuple[str, Row]], task: str, params: TrainRegressorParams
) -> tuple[list[Rated], int]:
    """Return what to learn from (language, row of `ratings`) pairs; and how many are unrated."""
    rated = []
    unrated = 0
    for code, row in ratings:
        if row["score"] is None:
            unrated += 1
        else:
            wanted = target(row["score"], task, params)
            rated.append(Rated(row["text"], code, row["score"], wanted, row["useful"]))
    return rated, unrated


def train(
    examples: Sequence[Rated], backbone: Path, params: TrainRegressorParams, seed: int
) -> Any:
    """Return (model, tokenizer) fine-tuned on the examples, by mean squared error.

    Raises:
        ValueError: there are fewer than two different targets, or the loss became NaN.
    """
    from transformers import DataCollatorWithPadding, Trainer, set_seed

    _check_targets(examples)
    set_seed(seed)
    model, tokenizer = _load(backbone, params, fmean(example.target for example in examples))
    rows = [
        tokenizer(example.text, truncation=True, max_length=params.max_length)
        | {"labels": example.target}
        for example in examples
    ]
    with tempfile.TemporaryDirectory() as folder:
        arguments = _arguments(folder, params, seed)
        trainer = Trainer(model, arguments, DataCollatorWithPadding(tokenizer), train_dataset=rows)
        loss = trainer.train().training_loss
        # Without it the model would go on predicting in the training's precision.
        model = trainer.accelerator.unwrap_model(trainer.model, keep_fp32_wrapper=False)
    if loss != loss:
        raise ValueError("the training loss became NaN: lower train_regressor.learning_rate")
    return model.eval(), tokenizer


def _check_targets(examples: Sequence[Rated]) -> None:
    targets = {example.target for example in examples}
    if len(targets) < 2:
        raise ValueError(
            f"all {len(examples)} ratings give the target {targets}: expected at least two "
            "different ones; rate more passages, or change the read-out or "
            "train_regressor.useful_from in params.yaml"
        )


def _load(backbone: Path, params: TrainRegressorParams, mean: float) -> tuple[Any, Any]:
    """Return the encoder with one output that starts at the mean of the targets."""
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    model = AutoModelForSequenceClassification.from_pretrained(
        backbone, num_labels=1, problem_type="regression", dtype=torch.float32
    )
    # From the mean on there is only the difference to learn, in the few steps of a small grid.
    head = [m for m in model.modules() if isinstance(m, torch.nn.Linear) and m.out_features == 1]
    torch.nn.init.constant_(head[-1].bias, mean)
    if params.freeze_embeddings:
        model.get_input_embeddings().requires_grad_(False)
    return model, AutoTokenizer.from_pretrained(backbone)


def _arguments(folder: str, params: TrainRegressorParams, seed: int) -> Any:
    import torch
    from transformers import TrainingArguments

    return TrainingArguments(
        output_dir=folder,
        learning_rate=params.learning_rate,
        per_device_train_batch_size=params.batch_size,
        num_train_epochs=params.epochs,
        seed=seed,
        bf16=True,
        use_cpu=not torch.cuda.is_available(),
        dataloader_pin_memory=torch.cuda.is_available(),
        train_sampling_strategy="group_by_length",
        logging_nan_inf_filter=False,
        save_strategy="no",
        report_to=[],
        disable_tqdm=True,
    )
