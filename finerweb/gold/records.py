"""A human-labelled text, whatever set it is from, and what was dropped on the way to it."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import repeat

from finerweb.records import Span, check_text
from finerweb.tally import Tally

Place = tuple[int, int]
"""Half-open, in code points of a text."""


@dataclass(frozen=True, slots=True)
class Marked:
    """A text as a file has it: its spans with the set's own tags, its tokens where it has them.

    ``where`` names file and line, ``lines`` those of each span where they are known; ``repaired``
    counts tags that did not follow the file's scheme, ``lost`` the spans whose place is not known.
    """

    where: str
    text: str
    spans: tuple[Span, ...]
    tokens: tuple[Place, ...] | None = None
    name: str | None = None
    language: str | None = None
    repaired: int = 0
    lost: int = 0
    lines: tuple[str, ...] = ()

    def labelled(self, label: Callable[[str, str], str]) -> Iterator[Span | None]:
        """Yield each span by the label of its tag and line; None where that is empty."""
        for span, line in zip(self.spans, self.lines or repeat(self.where), strict=False):
            name = label(span.type, line)
            yield Span(span.start, span.end, name) if name else None


@dataclass(frozen=True, slots=True)
class GoldText:
    """A text of the set ``source`` with its human-labelled spans, in text order, by our labels.

    ``tokens`` are those of the set, None where it has none; the spans stand on their borders.
    """

    gold_id: str
    source: str
    language: str
    text: str
    spans: tuple[Span, ...]
    tokens: tuple[Place, ...] | None = None

    @property
    def digest(self) -> str:
        """Return the sha256, in hexadecimals, of all that a score depends on; no text is in it."""
        spans = [(span.start, span.end, span.type) for span in self.spans]
        told = [self.language, self.text, spans, self.tokens]
        return sha256(json.dumps(told, ensure_ascii=False).encode()).hexdigest()

    def __post_init__(self) -> None:
        """Check the text and the spans.

        Raises:
            ValueError: for unusable text, or a span that runs past it.
        """
        check_text(self.text, f"gold text {self.gold_id}")
        for span in self.spans:
            if span.end > len(self.text):
                raise ValueError(
                    f"span [{span.start}, {span.end}) ends past gold text {self.gold_id} "
                    f"({len(self.text)} code points); were offsets counted in UTF-16 or bytes?"
                )


@dataclass(frozen=True, slots=True)
class GoldReport:
    """What became of a set's texts and spans.

    ``repaired`` counts tags that did not follow the file's scheme, as an I- without its B-: such a
    one begins an entity.
    """

    texts: Tally = field(default_factory=Tally)
    spans: Tally = field(default_factory=Tally)
    repaired: int = 0

    def __add__(self, other: "GoldReport") -> "GoldReport":
        """Return the report over both."""
        return GoldReport(
            self.texts + other.texts, self.spans + other.spans, self.repaired + other.repaired
        )

    def metrics(self) -> dict[str, object]:
        """Return the report for a metrics file."""
        return {
            "texts": self.texts.metrics(),
            "spans": self.spans.metrics(),
            "repaired_tags": self.repaired,
        }
