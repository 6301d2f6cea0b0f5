"""Cutting documents into passages of a number of words, exact slices of the text."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator

from finerweb.corpus.segmentation import sentence_starts, word_starts
from finerweb.records import Document, Passage, Span

REACH = 4
"""A cut moves back to the last sentence start within the passage's last 1/REACH words."""


def cut(document: Document, words: int) -> Iterator[Passage]:
    """Yield the passages of a document, of at most ``words`` ICU words each.

    A passage ends before a sentence that would not fit whole, where one starts in its last
    quarter, else before the first word too many. Passages are slices, surrounding white space
    left out; gold spans inside a passage come along, re-based, and a span across a cut is in no
    passage.
    """
    starts = word_starts(document.text)
    sentences = sentence_starts(document.text)
    begin = first = number = 0
    while first < len(starts):
        end, last = len(document.text), len(starts)
        if last - first > words:
            end = _cut_point(starts, sentences, first, first + words)
            last = bisect_left(starts, end)
        yield _passage(document, number, begin, end, last - first)
        begin, first, number = end, last, number + 1


def _cut_point(starts: list[int], sentences: list[int], first: int, last: int) -> int:
    """Return the code point to cut at: a sentence start within reach, else the next word."""
    earliest = max(last - (last - first) // REACH, first + 1)
    index = bisect_right(sentences, starts[last]) - 1
    if index >= 0 and sentences[index] >= starts[earliest]:
        return sentences[index]
    return starts[last]


def _passage(document: Document, number: int, begin: int, end: int, n_words: int) -> Passage:
    text = document.text[begin:end]
    start = begin + len(text) - len(text.lstrip())
    text = text.strip()
    return Passage(
        passage_id=f"{document.document_id}#{number}",
        document_id=document.document_id,
        language=document.language,
        text=text,
        start=start,
        n_words=n_words,
        part=document.part or "corpus",
        useful=document.useful,
        rank=document.rank,
        provenance=document.provenance,
        gold=None if document.gold is None else _rebase(document.gold, start, start + len(text)),
    )


def _rebase(gold: tuple[Span, ...], start: int, end: int) -> tuple[Span, ...]:
    return tuple(
        Span(span.start - start, span.end - start, span.type)
        for span in gold
        if start <= span.start and span.end <= end
    )
