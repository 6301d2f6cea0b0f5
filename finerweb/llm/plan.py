"""What asking would take: requests, tokens, money, hours; and the budget that bounds it."""

import json
import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from finerweb.llm.requests import Request
from finerweb.params.llm import Budget, LlmParams
from finerweb.params.models import Model

SAMPLE = 1000
BYTES_A_TOKEN = 3.0
"""Where there is no tokenizer to ask: fewer than what tokenizers of the field get on most scripts,
so that tokens are rather over- than underestimated."""
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Plan:
    """What a stage would ask; tokens are of the requests that no reply is kept for.

    ``counted`` and ``as_before`` say on how many requests the prompt's and the output's tokens are
    based; 0 where they are a guess by bytes, and the most that a reply may have. ``money`` is None
    without a price, ``hours`` without a speed measured here.
    """

    what: str
    requests: int
    missing: int
    prompt_tokens: int
    output_tokens: int
    counted: int
    as_before: int
    money: float | None
    hours: float | None
    is_served: bool = False

    def text(self) -> str:
        """Return the plan for people, on four lines."""
        money = "no price known" if self.money is None else f"{self.money:.2f}"
        hours = "not measured here yet" if self.hours is None else f"about {self.hours:.2f}"
        prompts = f"counted on {self.counted}" if self.counted else "guessed from bytes"
        outputs = f"as {self.as_before} before" if self.as_before else "at most"
        return "\n".join(
            (
                self.what,
                f"  requests       {self.requests:>12,}   answered before {self.answered:,}, "
                f"to ask {self.missing:,}",
                f"  prompt tokens  {self.prompt_tokens:>12,}   {prompts}",
                f"  output tokens  {self.output_tokens:>12,}   {outputs}",
                f"  money          {money:>12}   hours: {hours}",
            )
        )

    def told(self, form: str) -> str:
        """Return the plan as ``text``, or as a line of ``json``."""
        return json.dumps(asdict(self)) if form == "json" else self.text()

    @property
    def answered(self) -> int:
        """Return how many of the requests were answered before."""
        return self.requests - self.missing

    def check(self, budget: Budget, spent_tokens: int = 0, spent_money: float = 0.0) -> None:
        """Hold the plan, on top of what was spent already, against a budget.

        Raises:
            ValueError: it takes more, or a server's price is not known; nothing was asked yet.
        """
        tokens = self.prompt_tokens + self.output_tokens + spent_tokens
        money = None if self.money is None else self.money + spent_money
        takes = (
            ("tokens", tokens, budget.tokens),
            ("money", money, budget.money),
            ("hours", self.hours, budget.hours),
        )
        if budget.money is not None and money is None and self.is_served:
            raise ValueError(
                f"{self.what}: llm.budget.money is set, but llm.prices has no such model: nothing "
                "was asked. Add its price under exactly this name"
            )
        for name, value, bound in takes:
            if bound is not None and value is None:
                log.warning("llm.budget.%s is set, but what %s takes is not known", name, self.what)
            if value is not None and bound is not None and value > bound:
                raise ValueError(
                    f"{self.what} would take {value:,.6g} {name}, llm.budget.{name} allows "
                    f"{bound:,.6g}: nothing was asked. Raise it in params.yaml, or ask about less "
                    "(documents.rating_documents, filter.quota)"
                )


class Estimate:
    """Adds up what the missing requests hold, keeping a sample of them to count tokens on."""

    def __init__(self) -> None:
        """Begin with none."""
        self.requests = self.missing = self.size = self.most = 0
        self.sample: list[Request] = []
        self._step = 1

    def add(self, requests: Sequence[Request], missing: Sequence[Request]) -> None:
        """Add distinct requests, and those of them that are missing."""
        self.requests += len(requests)
        for request in missing:
            # Every n-th, with n doubled whenever there are too many: even, and small.
            if self.missing % self._step == 0:
                self.sample.append(request)
                if len(self.sample) == 2 * SAMPLE:
                    self.sample, self._step = self.sample[::2], 2 * self._step
            self.missing += 1
            self.size += len(request.text.encode())
            self.most += request.max_tokens

    def plan(
        self,
        what: str,
        model: Model,
        params: LlmParams,
        output_before: Sequence[int],
        speed: float | None,
    ) -> Plan:
        """Return the plan, by the tokens of replies that were kept, and seconds a request."""
        tokens, counted = self._prompt_tokens(model)
        output = self.most
        if output_before:
            output = round(fmean(output_before) * self.missing)
        money = params.money(model.model, model.engine, tokens, output)
        gpus = params.vllm.tensor_parallel_size if model.engine == "vllm" else 1
        hours = None if speed is None else speed * self.missing * gpus / 3600
        return Plan(
            what, self.requests, self.missing, tokens, output, counted, len(output_before),
            money, hours, model.engine != "vllm",
        )  # fmt: skip

    def _prompt_tokens(self, model: Model) -> tuple[int, int]:
        """Return the tokens of all missing prompts, and on how many they were counted."""
        if not self.missing:
            return 0, 0
        if model.engine == "google":
            return self.size, 0  # It counts characters: no more than there are bytes.
        tokenizer = _tokenizer(model)
        if tokenizer is None:
            return round(self.size / BYTES_A_TOKEN), 0
        texts = [request.text for request in self.sample]
        tokens = sum(len(ids) for ids in tokenizer(texts, add_special_tokens=False)["input_ids"])
        size = sum(len(text.encode()) for text in texts)
        return round(tokens * self.size / max(size, 1)), len(texts)


def _tokenizer(model: Model) -> Any:
    """Return the model's tokenizer; None of a served model, or one that is not here yet."""
    from finerweb.models import local_folder

    folder: Path | None = local_folder(model.model)
    if folder is None:
        return None
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(folder)
