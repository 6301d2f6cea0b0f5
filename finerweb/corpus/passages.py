"""Cutting documents into passages of a number of words, exact slices of the text."""

from collections.abc import Iterator

import numpy as np
from icu4py.breakers import CharacterBreaker
from numpy.typing import NDArray

from finerweb.corpus.segmentation import LOCALE, sentence_starts, words
from finerweb.records import Document, Passage, Span

REACH = 4
"""A cut moves back to the last sentence start within the passage's last 1/REACH words."""
Hashes = NDArray[np.uint64]


def cut(document: Document, most: int) -> Iterator[tuple[Passage, Hashes]]:
    """Yield the passages of a document, of at most ``most`` ICU words, with their words' hashes.

    A passage ends before a sentence that would not fit whole, where one starts in its last
    quarter, else before the first word too many. Passages are slices, surrounding white space
    left out; gold spans inside a passage come along, re-based, and a span across a cut is in no
    passage.
    """
    found = words(document.text)
    starts = found.starts
    sentences = sentence_starts(document.text) if len(starts) > most else starts[:0]
    begin = first = number = 0
    while first < len(starts):
        end, last = len(document.text), len(starts)
        if last - first > most:
            end = _cut_point(starts, sentences, first, first + most)
            last = int(np.searchsorted(starts, end))
            end = _before_grapheme(document.text, end)
        hashes = found.hashes[first:last]
        yield _passage(document, number, begin, end, last - first), hashes
        begin, first, number = end, last, number + 1


def _cut_point(
    starts: NDArray[np.int64], sentences: NDArray[np.int64], first: int, last: int
) -> int:
    """Return the code point to cut at: a sentence start within reach, else the next word."""
    earliest = max(last - (last - first) // REACH, first + 1)
    index = int(np.searchsorted(sentences, starts[last], side="right")) - 1
    if index >= 0 and sentences[index] >= starts[earliest]:
        return int(sentences[index])
    return int(starts[last])


def _before_grapheme(text: str, at: int) -> int:
    """Return where to cut instead, where a blank carries the mark that would follow the cut."""
    pair = text[max(at - 1, 0) : at + 1]
    return at - 1 if len(pair) == 2 and len(list(CharacterBreaker(pair, LOCALE))) == 1 else at


def _passage(document: Document, number: int, begin: int, end: int, n_words: int) -> Passage:
    text = document.text[begin:end]
    n_blanks = len(text) - len(text.lstrip())
    n_blanks = _before_grapheme(text, n_blanks)
    text = text[n_blanks:].rstrip()
    start = begin + n_blanks
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
