"""Section `compute`: what work is spread over; no stage depends on it, for bytes do not."""

from typing import Literal

from pydantic import Field

from finerweb.params.load import Section


class ComputeParams(Section):
    """The whole section."""

    backend: Literal["local", "ray"]
    workers: int | None = Field(ge=1)
    gpus_per_worker: float = Field(ge=0)
    address: str | None
    checkpoints: str
    keep_runs: int = Field(ge=0)
    retries: int = Field(ge=0)
