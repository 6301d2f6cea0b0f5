"""Section `llm`: where replies are kept and how requests are served; no stage depends on it."""

from pydantic import Field

from finerweb.params.load import Section


class Budget(Section):
    """What one run of a stage may cost at most; None is no bound."""

    tokens: int | None = Field(ge=0)
    money: float | None = Field(ge=0)
    hours: float | None = Field(ge=0)


class Price(Section):
    """What a served model costs, per million tokens; ``batch`` is the share its batch API takes."""

    input: float = Field(ge=0)
    output: float = Field(ge=0)
    batch: float = Field(ge=0, le=1)

    def of(self, prompt_tokens: int, output_tokens: int) -> float:
        """Return the money for so many tokens, outside the batch API."""
        return (prompt_tokens * self.input + output_tokens * self.output) / 1e6


class VllmParams(Section):
    """How vLLM is run; nothing here changes what it replies, but in the last digits."""

    max_num_seqs: int = Field(ge=1)
    kv_cache_gib: int = Field(ge=1)
    gpu_memory: float = Field(gt=0, le=1)
    tensor_parallel_size: int = Field(ge=1)
    enforce_eager: bool
    hang_seconds: float = Field(gt=0)
    restarts: int = Field(ge=0)


class OpenAIParams(Section):
    """How a server is asked."""

    base_url: str
    concurrency: int = Field(ge=1)
    attempts: int = Field(ge=1)
    timeout_seconds: float = Field(gt=0)
    longest_wait_seconds: float = Field(gt=0)
    batch: bool
    poll_seconds: float = Field(gt=0)


class GoogleParams(Section):
    """How Google Cloud Translation is asked; ``project`` pays, None is the credentials' own."""

    base_url: str
    project: str | None
    location: str
    attempts: int = Field(ge=1)
    timeout_seconds: float = Field(gt=0)
    longest_wait_seconds: float = Field(gt=0)


class LlmParams(Section):
    """The whole section."""

    store: str
    shared: str
    replay_only: bool
    budget: Budget
    prices: dict[str, Price]
    vllm: VllmParams
    openai: OpenAIParams
    google: GoogleParams

    def asks_in_batches(self, engine: str) -> bool:
        """Return whether an engine's requests go through a server's batch API."""
        return self.openai.batch and engine == "openai"

    def money(
        self, model: str, engine: str, prompt_tokens: int, output_tokens: int
    ) -> float | None:
        """Return what so many tokens cost; None where no price is known, or the model runs here."""
        price = self.prices.get(model.removeprefix("served:"))
        if price is None or engine == "vllm":
            return None
        share = price.batch if self.asks_in_batches(engine) else 1.0
        return price.of(prompt_tokens, output_tokens) * share
