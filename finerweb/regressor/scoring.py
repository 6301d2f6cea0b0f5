"""Predicting with a regressor: sorted by length, batch by batch, in the order of the input."""

from collections.abc import Sequence
from typing import Any

import numpy as np


def predict(
    model: Any, tokenizer: Any, texts: Sequence[str], max_length: int, batch_size: int
) -> "np.ndarray[Any, np.dtype[np.float32]]":
    """Return the raw prediction for each text, shape (texts,).

    Texts are tokenised once and batched by length, so little is padded.

    Raises:
        ValueError: a prediction is not a number.
    """
    import torch

    rows = [tokenizer(text, truncation=True, max_length=max_length) for text in texts]
    order = sorted(range(len(rows)), key=lambda i: -len(rows[i]["input_ids"]))
    predictions = np.empty(len(rows), dtype=np.float32)
    with torch.inference_mode():
        for begin in range(0, len(order), batch_size):
            batch = order[begin : begin + batch_size]
            padded = tokenizer.pad([rows[i] for i in batch], return_tensors="pt")
            logits = model(**padded.to(model.device)).logits
            predictions[batch] = logits.squeeze(-1).float().cpu().numpy()
    if np.isnan(predictions).any():
        first = int(np.isnan(predictions).argmax())
        raise ValueError(f"the regressor's prediction for text {first} is not a number")
    return predictions
