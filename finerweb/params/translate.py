"""Section `translate`."""

from typing import Literal

from pydantic import Field, field_validator

from finerweb.params.load import Section
from finerweb.params.models import GoogleModel, ServedModel


class LlmTranslator(ServedModel):
    """A language model that translates, and the bound on what it may reply."""

    max_tokens: int = Field(ge=1)


class TranslateParams(Section):
    """Who translates types, in the order in which they are asked."""

    by: list[Literal["lexicon", "llm", "google"]]
    back: bool
    llm: LlmTranslator
    google: GoogleModel

    @field_validator("by")
    @classmethod
    def distinct(cls, names: list[str]) -> list[str]:
        """Refuse a translator that is named twice."""
        if len(set(names)) < len(names):
            raise ValueError(f"expected each translator once: {names}")
        return names
