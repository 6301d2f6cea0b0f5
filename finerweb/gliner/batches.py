"""What GLiNER is given: words, before them the types to look for, and where it learns, entities.

All that is by chance in the package's own batches, or by the order of a set, is said here.
"""

from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

Lesson = Mapping[str, Any]
"""As GLiNER has them: ``tokenized_text`` the words, ``ner`` [first, last, type], last included."""


def lesson_batch(model: Any, lessons: Sequence[Lesson], most: int, order: Random) -> dict[str, Any]:
    """Return the tensors of some lessons, labels among them.

    Candidates of a lesson are its own types, and those of the others of the batch for which it has
    no entity, ``most`` at most: its own go before. Which go, and how they stand, is by chance.
    """
    every = sorted({kind for one in lessons for _, _, kind in one["ner"]})
    candidates = []
    for one in lessons:
        own = {kind for _, _, kind in one["ner"]}
        shuffled = order.sample(every, len(every))
        some = sorted(shuffled, key=lambda kind: kind not in own)[:most]
        candidates.append(order.sample(some, len(some)))
    return batch(model, lessons, candidates, is_lesson=True)


def batch(
    model: Any, lessons: Sequence[Lesson], candidates: Sequence[list[str]], is_lesson: bool
) -> dict[str, Any]:
    """Return the tensors of texts and their candidates.

    A span counts, in `span_mask` (texts, spans), where the encoder reads its first and last word:
    what its tokenizer cuts off, and what has no token, has no vector.
    """
    options = {"data_processor": model.data_processor, "prepare_labels": is_lesson}
    collate = model.data_collator_class(model.config, **options)
    tensors = collate(list(lessons), entity_types=list(candidates))
    tensors["span_mask"] = tensors["span_mask"] & read_spans(tensors)
    return {name: tensor.to(model.device) for name, tensor in tensors.items()}


def read_spans(tensors: Mapping[str, Any]) -> Any:
    """Return whether the first and the last word of each span are read, (texts, spans)."""
    import torch

    seen, spans = tensors["words_mask"], tensors["span_idx"]
    n_words = int(max(seen.max(), spans.max() + 1)) + 1
    is_read = torch.zeros(len(seen), n_words, dtype=torch.bool).scatter_(1, seen, True)
    # Words are counted from 1 there: 0 is of tokens that begin none.
    first, last = (is_read.gather(1, spans[..., side] + 1) for side in (0, 1))
    return first & last


def words_mask(
    texts: Sequence[Sequence[str]],
    tokens: Any,
    skip_first_words: Sequence[int],
    token_level: bool = False,
) -> list[list[int]]:
    """Return the word that each token is the first of, from 1; 0 for others, and in the types.

    GLiNER's own counts the words that it meets among the tokens: after one that its tokenizer
    makes nothing of, as a lone zero-width sign, all are taken for the one before.
    """
    rows = []
    for number, skipped in enumerate(skip_first_words):
        ids = tokens.word_ids(number)
        before = [None, *ids[:-1]]
        rows.append(
            [
                word - skipped + 1 if word is not None and word >= skipped and word != last else 0
                for word, last in zip(ids, before, strict=True)
            ]
        )
    return rows
