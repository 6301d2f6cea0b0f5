"""Section `labels`."""

from pathlib import Path

from pydantic import Field

from finerweb.params.load import Section


class LabelsParams(Section):
    """How types become concepts (`finerweb.normalisation`)."""

    split_compounds: bool
    likeness: float | None = Field(gt=0, le=1)
    encoder: str
    overrides: Path
