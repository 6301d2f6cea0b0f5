"""The records that flow through the graph; texts and spans are checked at birth.

Spans are half-open ``[start, end)`` in Unicode code points of the text they belong to.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

SEPARATOR = " / "
"""Between the types of an entity, where they are one label."""
MAX_CHARACTERS = 2_000_000
"""Of a document; more is a whole dump in one record."""


def check_text(text: str, where: str) -> None:
    """Refuse text that later tools would mangle: NUL, and lone surrogates.

    Raises:
        ValueError: naming the code point, its position, and the record.
    """
    position = text.find("\0")
    if position >= 0:
        raise ValueError(f"{where} has a NUL at code point {position}: expected text without NUL")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise ValueError(
            f"{where} has the lone surrogate U+{ord(text[error.start]):04X} at code point "
            f"{error.start}: expected well-formed Unicode (was the file cut or decoded wrongly?)"
        ) from error


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A typed span: ``text[start:end]`` is its surface. ``start < end``."""

    start: int
    end: int
    type: str

    def __post_init__(self) -> None:
        """Check the invariant.

        Raises:
            ValueError: for a negative, empty or reversed span.
        """
        if not 0 <= self.start < self.end:
            raise ValueError(f"span [{self.start}, {self.end}): expected 0 <= start < end")


@dataclass(frozen=True, slots=True)
class Mention:
    """A surface string as an annotator wrote it, with the type it gave."""

    text: str
    type: str


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a source has a document from, in its own words; None where it does not say.

    ``url`` is the page, ``dump`` the crawl, ``date`` when it was crawled, ``language_score`` how
    sure the source is of the language.
    """

    url: str | None = None
    dump: str | None = None
    date: str | None = None
    language_score: float | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """A document of the source corpus; ``rank`` is its place in the sample's order, from 0.

    ``part`` is ``rating`` or ``corpus``; ``part``, ``useful`` and ``gold`` are None where the
    source does not say. ``gold`` holds the human-labelled spans of ``text``, in text order.
    """

    document_id: str
    language: str
    text: str
    part: str | None = None
    provenance: Provenance = Provenance()
    useful: bool | None = None
    gold: tuple[Span, ...] | None = None
    rank: int = 0

    def __post_init__(self) -> None:
        """Check the text and the gold spans.

        Raises:
            ValueError: for unusable text, an unknown part, or gold that runs past the text.
        """
        check_text(self.text, f"document {self.document_id}")
        if self.part not in ("rating", "corpus", None):
            raise ValueError(
                f"document {self.document_id}: part is {self.part!r}, expected rating or corpus"
            )
        for span in self.gold or ():
            if span.end > len(self.text):
                raise ValueError(
                    f"span [{span.start}, {span.end}) ends past document {self.document_id} "
                    f"({len(self.text)} code points); were offsets taken from bytes?"
                )


@dataclass(frozen=True, slots=True)
class Passage:
    """A slice of a document: ``document.text[start : start + len(text)] == text``.

    ``gold`` is the document's gold inside the slice, re-based to it; ``personal`` are the spans of
    personal data, whose letters and digits differ from the document's where they were masked.
    """

    passage_id: str
    document_id: str
    language: str
    text: str
    start: int
    n_words: int
    part: str
    useful: bool | None = None
    gold: tuple[Span, ...] | None = None
    rank: int = 0
    personal: tuple[Span, ...] = ()
    provenance: Provenance = Provenance()


@dataclass(frozen=True, slots=True)
class Grounded:
    """What became of the mention at a position: its status, and its span where it has one."""

    position: int
    mention: Mention
    status: str
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """One annotator's span behind an entity."""

    annotator: str
    start: int
    end: int
    type: str


@dataclass(frozen=True, slots=True)
class Entity:
    """A span with its types and the annotators' spans it came from.

    ``labels`` are distinct, in the order of the annotators or of the alphabet (`merge.order`);
    ``similarity`` is the least cosine of differing types that met, else None.
    """

    start: int
    end: int
    labels: tuple[str, ...]
    sources: tuple[Source, ...] = field(default_factory=tuple)
    similarity: float | None = None

    @property
    def label(self) -> str:
        """Return the labels as one string, ``person / human``."""
        return SEPARATOR.join(self.labels)


def single(annotator: str, spans: Sequence[Span]) -> list[Entity]:
    """Return one annotator's spans as entities; several types of one span become its labels."""
    by_place: dict[tuple[int, int], list[Span]] = {}
    for span in sorted(spans):
        by_place.setdefault((span.start, span.end), []).append(span)
    return [
        Entity(
            start,
            end,
            labels=tuple(dict.fromkeys(span.type for span in group)),
            sources=tuple(Source(annotator, s.start, s.end, s.type) for s in group),
        )
        for (start, end), group in by_place.items()
    ]
