"""Texts as the words that GLiNER reads, and as the windows of words that it reads at once."""

from bisect import bisect_left
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from finerweb.records import Span

Splitter = Callable[[str], Iterable[tuple[str, int, int]]]
"""From a text to its words: word, start, end in code points, in text order."""


@dataclass(frozen=True, slots=True)
class Words:
    """The words of a text, and where each starts and ends: all (words,)."""

    words: tuple[str, ...]
    starts: tuple[int, ...]
    ends: tuple[int, ...]

    def place(self, span: Span) -> tuple[int, int] | None:
        """Return the first and the last word of a span; None where it is no run of whole words."""
        first, last = bisect_left(self.starts, span.start), bisect_left(self.ends, span.end)
        is_whole = self.starts[first : first + 1] == (span.start,)
        is_whole &= self.ends[last : last + 1] == (span.end,)
        return (first, last) if is_whole else None


def words_of(text: str, splitter: Splitter) -> Words:
    """Return the words of a text.

    >>> from finerweb.gliner.loading import icu_words
    >>> words_of("Ana left.", icu_words).place(Span(4, 9, "x"))
    (1, 2)
    """
    found = list(splitter(text))
    return Words(
        tuple(word for word, _, _ in found),
        tuple(start for _, start, _ in found),
        tuple(end for _, _, end in found),
    )


def windows(words: int, size: int, width: int) -> list[tuple[int, int]]:
    """Return the windows, half-open, of so many words: every run of ``width`` is whole in one.

    >>> windows(7, 4, 2)
    [(0, 4), (3, 7)]

    Raises:
        ValueError: a window is narrower than a span.
    """
    if size < width:
        raise ValueError(
            f"windows of {size} words cannot hold spans of {width}: raise "
            "confidence.gliner.max_words, or lower max_width"
        )
    begins = range(0, max(words - width + 1, 1), size - width + 1)
    return [(begin, min(begin + size, words)) for begin in begins if words]
