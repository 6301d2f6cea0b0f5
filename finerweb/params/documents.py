"""Section `documents`."""

import re
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from finerweb.languages import language
from finerweb.params.load import Section

HUB = re.compile(r"hf://datasets/[\w.-]+/[\w.-]+")
COMMIT = re.compile(r"[0-9a-f]{40}")
ENGLISH = "eng_Latn"


class Columns(Section):
    """What the columns of a parquet file are called; null where there is no such column."""

    id: str
    text: str
    url: str | None
    dump: str | None
    date: str | None
    language_score: str | None

    def names(self) -> dict[str, str]:
        """Return the name in the file of each column that there is, by our name."""
        return {ours: name for ours, name in self.model_dump().items() if name is not None}


FINEWEB = Columns(
    id="id", text="text", url="url", dump="dump", date="date", language_score="language_score"
)


class Place(Section):
    """A folder, by path or URL, at a revision."""

    root: str = Field(min_length=1)
    revision: str = Field(pattern=r"^\S+$")

    @model_validator(mode="after")
    def pinned(self) -> Self:
        """Refuse a hub data set without a commit."""
        if not self.root.startswith("hf://"):
            return self
        if not HUB.fullmatch(self.root):
            raise ValueError(
                f"root {self.root!r}: expected hf://datasets/ORGANISATION/NAME, the revision "
                "beside it"
            )
        if not COMMIT.fullmatch(self.revision):
            raise ValueError(
                f"revision {self.revision!r} of {self.root}: expected the 40 hex digits of a "
                "commit, so that the data cannot change under a name"
            )
        return self


class Files(Place):
    """Parquet files below a folder."""

    files: str = Field(min_length=1)


class Jsonl(Section):
    """JSON-lines files in the folder ``documents.path``."""

    kind: Literal["jsonl"]


class Parquet(Files):
    """Own parquet files; ``{language}`` in ``files`` stands for the language's code."""

    kind: Literal["parquet"]
    columns: Columns
    oversample: int = Field(ge=1)
    max_files: int | None = Field(ge=1)


class FineWeb(Place):
    """FineWeb-2, and FineWeb for English."""

    kind: Literal["fineweb"]
    english: Files | None
    oversample: int = Field(ge=1)
    max_files: int | None = Field(ge=1)


class DocumentsParams(Section):
    """What is read from the source, and how many documents of a language are sampled."""

    languages: list[str] = Field(min_length=1)
    path: str
    source: Annotated[Jsonl | Parquet | FineWeb, Field(discriminator="kind")]
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

    @model_validator(mode="after")
    def english_has_a_source(self) -> Self:
        """Refuse English from FineWeb-2, which has none."""
        if (
            isinstance(self.source, FineWeb)
            and self.source.english is None
            and ENGLISH in self.languages
        ):
            raise ValueError(
                f"{ENGLISH} is not in FineWeb-2: name a FineWeb under source.english, or take it "
                "out of languages"
            )
        return self
