"""The keys that name a model and how it is served, shared by raters and annotators."""

from typing import Literal, Self

from pydantic import Field, model_validator

from finerweb.params.load import Section


class ServedModel(Section):
    """A language model, by what can change its replies."""

    model: str
    engine: Literal["vllm", "openai"]
    chat: bool
    dtype: Literal["bfloat16", "float32"]
    max_model_len: int = Field(ge=64)

    @model_validator(mode="after")
    def model_fits_engine(self) -> Self:
        """Refuse a served model in this process, and the other way round."""
        served = self.model.startswith("served:")
        if served != (self.engine == "openai"):
            raise ValueError(
                "engine openai goes with a model served:NAME (the name the server knows it by), "
                "engine vllm with mirror:, hub: or local:"
            )
        if served and not self.chat:
            raise ValueError("engine openai asks chat models: set chat to true")
        return self


class LlmParams(Section):
    """Section `llm`: where replies are kept and how requests are served; no stage depends on it."""

    store: str
    replay_only: bool
    max_num_seqs: int
    kv_cache_gib: int
    openai_base_url: str
    openai_concurrency: int
