"""The keys that name a model and how it is run, shared by raters and annotators."""

from typing import Literal, Self

from pydantic import Field, model_validator

from finerweb.params.load import Section


class ServedModel(Section):
    """A language model, by what can change its replies; all of it is in the replies' keys."""

    model: str
    engine: Literal["vllm", "openai"]
    chat: bool
    dtype: Literal["bfloat16", "float16", "float32"]
    quantization: Literal["none", "fp8"]
    kv_cache: Literal["auto", "fp8"]
    max_model_len: int = Field(ge=64)
    seed: int
    batch_invariant: bool
    structured: Literal["list", "object", "none"]

    @model_validator(mode="after")
    def model_fits_engine(self) -> Self:
        """Refuse a served model in this process, and the other way round."""
        served = self.model.startswith("served:")
        if served != (self.engine == "openai"):
            raise ValueError(
                "engine openai goes with a model served:NAME (the name the server knows it by), "
                "engine vllm with mirror:, hub: or local:"
            )
        if not served and self.structured == "object":
            raise ValueError(
                "structured: object is for OpenAI's own API; vLLM takes structured: list"
            )
        return self
