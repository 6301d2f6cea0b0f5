"""What a model is asked, what it replied, and the key under which the reply is kept."""

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Any

from finerweb.params.models import ServedModel

TOO_LONG = "too_long"
"""The finish reason of a request that does not fit the model's context; nothing was asked."""


@dataclass(frozen=True, slots=True)
class Request:
    """One question to a model. Decoding is always greedy (temperature 0).

    ``messages`` are (role, content) pairs for a chat model; ``prompt`` is for a base model, and
    one of the two is None. ``schema`` is a JSON schema the reply must fit, ``logprobs`` asks
    for that many most likely first tokens. ``subject`` names what the request is about in messages
    to people; it is no part of the key.
    """

    subject: str
    max_tokens: int
    messages: tuple[tuple[str, str], ...] | None = None
    prompt: str | None = None
    schema: str | None = None
    logprobs: int = 0

    def key(self, model: dict[str, str]) -> bytes:
        """Return the sha256 over everything that can change the reply."""
        asked = asdict(self)
        del asked["subject"]
        return hashlib.sha256(
            json.dumps({"model": model, "asked": asked, "temperature": 0}, sort_keys=True).encode()
        ).digest()


@dataclass(frozen=True, slots=True)
class Reply:
    """What a model replied.

    ``first_tokens`` holds (token, log-probability) of the most likely first tokens, most likely
    first, where the request asked for them. ``finish_reason`` is ``stop``, ``length`` (cut off) or
    ``too_long`` (not asked).
    """

    text: str
    finish_reason: str
    n_prompt_tokens: int
    n_output_tokens: int
    engine: str
    first_tokens: tuple[tuple[str, float], ...] = ()

    def to_json(self) -> str:
        """Return the reply as JSON with sorted keys."""
        return json.dumps(asdict(self), sort_keys=True, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> "Reply":
        """Return the reply that `to_json` wrote."""
        row: dict[str, Any] = json.loads(text)
        row["first_tokens"] = tuple((token, value) for token, value in row["first_tokens"])
        return cls(**row)


def model_key(model: ServedModel, identity: str) -> dict[str, str]:
    """Return what of a served model can change its replies, for `Request.key`.

    ``identity`` tells its weights, tokenizer and chat template (`finerweb.models.identity`).
    """
    return {
        "weights": identity,
        "engine": model.engine,
        "dtype": model.dtype,
        "chat": str(model.chat),
        "max_model_len": str(model.max_model_len),
    }
