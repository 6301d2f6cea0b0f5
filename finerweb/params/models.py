"""The keys that name a model and how it is run, shared by raters and annotators."""

from typing import ClassVar, Literal, Protocol, Self

from pydantic import Field, model_validator

from finerweb.params.load import Section


class Model(Protocol):
    """Whoever is asked: by name, by what it is reached through, and what changes its replies."""

    @property
    def model(self) -> str:
        """Return its reference, by one of the forms that params.yaml tells."""

    @property
    def engine(self) -> str:
        """Return what it is reached through."""

    def settings(self) -> dict[str, str]:
        """Return what beside its weights can change its replies."""


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

    def settings(self) -> dict[str, str]:
        """Return what beside its weights can change its replies."""
        names = ("engine", "dtype", "quantization", "kv_cache", "chat", "max_model_len", "seed")
        return {name: str(getattr(self, name)) for name in (*names, "batch_invariant")}


class GoogleModel(Section):
    """A model of Google Cloud Translation, by Google's name of it: served:general/nmt."""

    engine: ClassVar[str] = "google"
    model: str = Field(pattern=r"^served:[\w./-]+$")

    def settings(self) -> dict[str, str]:
        """Return what beside the model can change its replies: the API."""
        return {"engine": f"{self.engine} v3"}
