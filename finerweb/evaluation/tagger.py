"""A plain token classifier: the student by which sets of annotations are compared.

It learns coarse types (resources/types.csv) in the BIO scheme; a type outside the table is no
entity to it. So sets with different labels teach the same task.
"""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from finerweb.evaluation.types import coarse, coarse_types
from finerweb.params.filter_ablation import StudentParams
from finerweb.records import Span
from finerweb.regressor.encoders import check, has_bfloat16

Example = tuple[str, Sequence[Span]]
"""A text and its spans; of spans that overlap the first, of those the longest, is learnt."""
OUTSIDE = 0
IGNORED = -100


@dataclass(frozen=True, slots=True)
class Tagger:
    """A trained token classifier: class ``2 i + 1`` begins the i-th type, ``2 i + 2`` goes on."""

    model: Any
    tokenizer: Any
    types: tuple[str, ...]
    max_length: int

    def spans(self, texts: Sequence[str], batch_size: int) -> list[list[Span]]:
        """Return the entities of each text, with coarse types, in text order.

        What lies beyond ``max_length`` subword tokens is not looked at.
        """
        import torch

        found = []
        with torch.inference_mode():
            for begin in range(0, len(texts), batch_size):
                some = list(texts[begin : begin + batch_size])
                batch = _tokenized(self.tokenizer, some, self.max_length, return_tensors="pt")
                places = batch.pop("offset_mapping").tolist()
                classes = self.model(**batch.to(self.model.device)).logits.argmax(-1).tolist()
                found += [
                    decode(text, row, offsets, self.types)
                    for text, row, offsets in zip(some, classes, places, strict=True)
                ]
        return found


def train(examples: Sequence[Example], encoder: Path, params: StudentParams, seed: int) -> Tagger:
    """Return a tagger that has learnt the examples.

    Raises:
        ValueError: no example has an entity; or the encoder is none that can be loaded safely.
    """
    import torch
    from transformers import (
        AutoModelForTokenClassification,
        AutoTokenizer,
        DataCollatorForTokenClassification,
        Trainer,
        TrainingArguments,
        set_seed,
    )

    check(encoder)
    set_seed(seed)
    types = coarse_types()
    tokenizer = AutoTokenizer.from_pretrained(encoder)
    rows = [_row(tokenizer, text, spans, types, params.max_length) for text, spans in examples]
    if not any(label > OUTSIDE for row in rows for label in row["labels"]):
        raise ValueError(f"none of {len(examples)} passages has an entity of a known type to learn")
    model = AutoModelForTokenClassification.from_pretrained(
        encoder, num_labels=2 * len(types) + 1, dtype=torch.float32, use_safetensors=True
    )
    if params.freeze_embeddings:
        model.get_input_embeddings().requires_grad_(False)
    with tempfile.TemporaryDirectory() as folder:
        arguments = TrainingArguments(
            output_dir=folder,
            learning_rate=params.learning_rate,
            per_device_train_batch_size=params.batch_size,
            num_train_epochs=params.epochs,
            seed=seed,
            bf16=has_bfloat16(),
            use_cpu=not torch.cuda.is_available(),
            dataloader_pin_memory=torch.cuda.is_available(),
            logging_strategy="no",
            save_strategy="no",
            report_to=[],
            disable_tqdm=True,
        )
        collator = DataCollatorForTokenClassification(tokenizer)
        trainer = Trainer(model, arguments, collator, train_dataset=rows)
        trainer.train()
        model = trainer.accelerator.unwrap_model(trainer.model, keep_fp32_wrapper=False)
    return Tagger(model.eval(), tokenizer, types, params.max_length)


def _tokenized(tokenizer: Any, text: str | list[str], max_length: int, **options: Any) -> Any:
    options |= {"padding": not isinstance(text, str), "return_offsets_mapping": True}
    return tokenizer(text, truncation=True, max_length=max_length, **options)


def _row(
    tokenizer: Any, text: str, spans: Sequence[Span], types: tuple[str, ...], max_length: int
) -> dict[str, list[int]]:
    row: dict[str, Any] = dict(_tokenized(tokenizer, text, max_length))
    row["labels"] = encode(text, spans, row.pop("offset_mapping"), types)
    return row


def encode(
    text: str, spans: Sequence[Span], places: Sequence[Sequence[int]], types: tuple[str, ...]
) -> list[int]:
    """Return the class of each token, whose code points [start, end) are in ``places``."""
    learnt: list[Span] = []
    for span in sorted(spans, key=lambda s: (s.start, -s.end)):
        if coarse(span.type) in types and (not learnt or span.start >= learnt[-1].end):
            learnt.append(span)
    labels = []
    last = None
    for start, end in _trimmed(text, places):
        over = next((s for s in learnt if start < s.end and s.start < end), None)
        if start == end:
            labels.append(IGNORED)
        elif over is None:
            labels.append(OUTSIDE)
        else:
            labels.append(2 * types.index(coarse(over.type)) + (2 if over is last else 1))
        last = over
    return labels


def decode(
    text: str, classes: Sequence[int], places: Sequence[Sequence[int]], types: tuple[str, ...]
) -> list[Span]:
    """Return the spans of the tokens' classes; one that goes on from nothing begins a span."""
    spans: list[Span] = []
    open_type = -1
    for (start, end), label in zip(_trimmed(text, places), classes, strict=True):
        if start == end:
            continue
        kind = (label - 1) // 2 if label > OUTSIDE else -1
        goes_on = kind >= 0 and label % 2 == 0 and kind == open_type
        if goes_on:
            spans[-1] = Span(spans[-1].start, end, types[kind])
        elif kind >= 0:
            spans.append(Span(start, end, types[kind]))
        open_type = kind
    assert all(a.end <= b.start for a, b in pairwise(spans))
    return spans


def _trimmed(text: str, places: Sequence[Sequence[int]]) -> list[tuple[int, int]]:
    """Return tokens' code points without the blanks that some tokenizers count to them."""
    trimmed = []
    for start, end in places:
        while start < end and text[start].isspace():
            start += 1
        trimmed.append((start, end))
    return trimmed
