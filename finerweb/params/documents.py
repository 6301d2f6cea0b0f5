"""Section `documents`."""

from pydantic import Field, field_validator

from finerweb.languages import language
from finerweb.params.load import Section


class DocumentsParams(Section):
    """What is read from the source, and how many documents of a language are sampled."""

    languages: list[str] = Field(min_length=1)
    path: str
    rating_documents: int = Field(ge=1)
    corpus_documents: int = Field(ge=1)
    seed: int

    @field_validator("languages")
    @classmethod
    def known(cls, codes: list[str]) -> list[str]:
        """Refuse unknown and repeated codes."""
        for code in codes:
            language(code)
        if len(set(codes)) < len(codes):
            raise ValueError(f"a language is listed twice in {codes}")
        return codes
