"""Section `label_study`."""

from pydantic import Field

from finerweb.params.load import Section


class LabelStudyParams(Section):
    """How alike the names of types are: who says so, from which cosine on, and of which types."""

    encoder: str
    likeness: float = Field(gt=-1, le=1)
    names: int = Field(ge=2)
