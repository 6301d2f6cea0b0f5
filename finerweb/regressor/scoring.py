"""Predicting with a regressor: tokenised once, sorted by length, in batches of so many tokens."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from finerweb.batching import by_length

Array = np.ndarray[Any, np.dtype[Any]]


def predict(
    model: Any,
    tokenizer: Any,
    texts: Sequence[str],
    max_length: int,
    tokens: int,
    precision: str = "float32",
) -> "np.ndarray[Any, np.dtype[np.float32]]":
    """Return the raw prediction for each text, shape (texts,), in their order.

    Texts of like length share a batch, so little is padded; a batch has as many as fit into
    ``tokens`` with their padding, and at least one. In the precision ``bfloat16`` matrix products
    are, the rest stays in float32 (autocast): scores move by less than .01, and by up to .02 were
    the weights in it too.

    Raises:
        ValueError: a prediction is not a number.
    """
    import torch

    predictions = np.empty(len(texts), dtype=np.float32)
    if not texts:
        return predictions
    rows = tokenizer(list(texts), truncation=True, max_length=max_length)["input_ids"]
    halved = torch.autocast(model.device.type, torch.bfloat16, enabled=precision == "bfloat16")
    with torch.inference_mode(), halved:
        for batch in by_length([len(row) for row in rows], tokens):
            ids, mask = _padded([rows[i] for i in batch], tokenizer.pad_token_id)
            inputs = torch.from_numpy(ids), torch.from_numpy(mask)
            ids, mask = (tensor.to(model.device, non_blocking=True) for tensor in inputs)
            logits = model(input_ids=ids, attention_mask=mask).logits
            predictions[batch] = logits.squeeze(-1).float().cpu().numpy()
    if np.isnan(predictions).any():
        first = int(np.isnan(predictions).argmax())
        raise ValueError(f"the regressor's prediction for text {first} is not a number")
    return predictions


def _padded(rows: Sequence[Sequence[int]], pad: int) -> tuple[Array, Array]:
    """Return token ids and attention mask, shape (rows, longest row), padded at the end."""
    ids = np.full((len(rows), max(map(len, rows))), pad, dtype=np.int64)
    mask = np.zeros_like(ids)
    for i, row in enumerate(rows):
        ids[i, : len(row)] = row
        mask[i, : len(row)] = 1
    return ids, mask
