"""Section `types`."""

from pathlib import Path

from pydantic import Field

from finerweb.params.load import Section


class TypesParams(Section):
    """How types become concepts (`finerweb.normalisation`), and who says what they mean."""

    encoder: str
    split_compounds: bool
    likeness: float | None = Field(gt=0, le=1)
    overrides: Path
