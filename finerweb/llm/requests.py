"""What a model is asked, what it replied, and the key under which the reply is kept."""

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Any

from finerweb.params.models import Model

TOO_LONG = "too_long"
CONTENT_FILTER = "content_filter"
REFUSED = "refused"
REJECTED = "rejected"
NOT_ANSWERED = (TOO_LONG, CONTENT_FILTER, REFUSED, REJECTED)
"""Finish reasons of requests that got no answer and never will: the prompt does not fit the model's
context, the server's filter, the model's own refusal, a request the server calls malformed."""


@dataclass(frozen=True, slots=True)
class Request:
    """One question to a model. Decoding is always greedy (temperature 0).

    ``messages`` are (role, content) pairs for a chat model; ``prompt`` is for a base model, and
    one of the two is None. ``schema`` is a JSON schema the reply must fit, ``logprobs`` asks
    for that many most likely first tokens. ``subject`` (a passage's id) and ``template`` (a
    prompt template at its version) tell people where it comes from; they are no part of the key.
    """

    subject: str
    max_tokens: int
    messages: tuple[tuple[str, str], ...] | None = None
    prompt: str | None = None
    schema: str | None = None
    logprobs: int = 0
    template: str = ""

    @property
    def text(self) -> str:
        """Return all that the model reads, without a chat template's own tokens."""
        return self.prompt or "\n".join(content for _, content in self.messages or ())

    def key(self, model: dict[str, str]) -> bytes:
        """Return the sha256 over everything that can change the reply, 32 bytes."""
        asked = {
            "logprobs": self.logprobs,
            "max_tokens": self.max_tokens,
            "messages": self.messages,
            "prompt": self.prompt,
            "schema": self.schema,
        }
        whole = {"asked": asked, "model": model, "temperature": 0}
        return hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).digest()

    def settings(self, model: dict[str, str]) -> str:
        """Return what the key is made of but the prompt's text, as JSON, to tell two keys apart."""
        schema = hashlib.sha256((self.schema or "").encode()).hexdigest()[:12]
        sampling = {"temperature": 0, "max_tokens": self.max_tokens, "logprobs": self.logprobs}
        parts = {**model, **sampling, "schema": schema, "template": self.template}
        return json.dumps(parts, sort_keys=True)


@dataclass(frozen=True, slots=True)
class Reply:
    """What a model replied.

    ``first_tokens`` holds (token, log-probability) of the most likely first tokens, most likely
    first, where the request asked for them. ``finish_reason`` is ``stop``, ``length`` (cut off) or
    one of `NOT_ANSWERED`, for which ``failure`` says what the server said.
    """

    text: str
    finish_reason: str
    n_prompt_tokens: int
    n_output_tokens: int
    engine: str
    first_tokens: tuple[tuple[str, float], ...] = ()
    failure: str = ""

    @property
    def answered(self) -> bool:
        """Return whether the model said anything."""
        return self.finish_reason not in NOT_ANSWERED

    def to_json(self) -> str:
        """Return the reply as JSON with sorted keys; lone surrogates, which no file takes, as ?."""
        text = json.dumps(asdict(self), sort_keys=True, ensure_ascii=False)
        return text.encode("utf-8", "replace").decode("utf-8")

    @classmethod
    def from_json(cls, text: str | bytes) -> "Reply":
        """Return the reply that `to_json` wrote."""
        row: dict[str, Any] = json.loads(text)
        row["first_tokens"] = tuple((token, value) for token, value in row["first_tokens"])
        return cls(**row)


def model_key(model: Model, identity: str) -> dict[str, str]:
    """Return what of a model can change its replies, for `Request.key`.

    ``identity`` tells its weights, tokenizer and chat template (`finerweb.models.identity`).
    """
    return {"weights": identity, **model.settings()}
