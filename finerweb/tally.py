"""Counting what a stage saw, kept and dropped: nothing is dropped without a reason."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol, Self, TypeVar


class Report(Protocol):
    """Counts that add up over languages."""

    def __add__(self, other: Self) -> Self:
        """Return the report over both."""

    def metrics(self) -> dict[str, object]:
        """Return the report for a metrics file."""


R = TypeVar("R", bound=Report)


def by_language(reports: Mapping[str, R], overall: R) -> dict[str, object]:
    """Return the metrics of each language's report, and of all, summed onto an empty one."""
    for report in reports.values():
        overall += report
    languages = {code: report.metrics() for code, report in reports.items()}
    return {"overall": overall.metrics(), "languages": languages}


@dataclass(slots=True)
class Tally:
    """Counts of one language in one stage; ``seen == kept + sum(dropped.values())``."""

    seen: int = 0
    kept: int = 0
    dropped: Counter[str] = field(default_factory=Counter)

    def keep(self, n: int = 1) -> None:
        """Count n items as seen and kept."""
        self.seen += n
        self.kept += n

    def drop(self, reason: str, n: int = 1) -> None:
        """Count n items as seen and dropped for the reason."""
        if n:
            self.seen += n
            self.dropped[reason] += n

    def __add__(self, other: "Tally") -> "Tally":
        """Return the sum of two tallies."""
        return Tally(self.seen + other.seen, self.kept + other.kept, self.dropped + other.dropped)

    def metrics(self) -> dict[str, object]:
        """Return the counts for a metrics file, with reasons in the order of their names."""
        return {
            "seen": self.seen,
            "kept": self.kept,
            "dropped": dict(sorted(self.dropped.items())),
        }
