"""Texts as windows of subword tokens, with places in code points in and out.

No words are needed, so scripts without spaces work. Tokens that share code points (a lone word mark
and its letter, the bytes of an emoji) are one group: a span starts with the first token of a group
and ends with the last of one, so that pairs of tokens and pairs of code points go one to one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from finerweb.records import Span

NOWHERE = -1
AT_ONCE = 256
"""Texts that are tokenized in one call, whose whole answer is in memory at once."""
Ints = NDArray[np.int32]


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """Some tokens of a text, the special ones around them; all fields but ``text`` are (tokens,).

    ``starts`` is the code point at which a span that starts with the token starts, ``ends`` the one
    after which a span that ends with it ends; `NOWHERE` where none can, and else both rise.
    ``text`` is the text's place among those cut.
    """

    text: int
    ids: Ints
    starts: Ints
    ends: Ints

    def place(self, span: Span) -> tuple[int, int] | None:
        """Return the first and the last token of a span; None where it is not all in this window.

        A border inside a group of tokens goes to the group's.
        """
        (can_start,) = (self.starts != NOWHERE).nonzero()
        (can_end,) = (self.ends != NOWHERE).nonzero()
        starts, ends = self.starts[can_start], self.ends[can_end]
        # The last token that starts before the span's end, the first that ends after its start.
        latest = int(starts.searchsorted(span.end)) - 1
        earliest = int(ends.searchsorted(span.start, "right"))
        if latest < 0 or earliest == len(ends):
            return None
        first = min(latest, int(can_start.searchsorted(can_end[earliest], "right")) - 1)
        last = max(earliest, int(can_end.searchsorted(can_start[latest])))
        if first < 0 or last == len(ends) or starts[first] > span.start or span.end > ends[last]:
            return None
        return int(can_start[first]), int(can_end[last])


def windows(tokenizer: Any, texts: Sequence[str], max_length: int, stride: int) -> list[Window]:
    """Return the windows of texts in order: ``max_length`` tokens, ``stride`` of them shared.

    Raises:
        ValueError: the tokenizer puts no special token first, whose vector is the threshold.
    """
    found: list[Window] = []
    for begin in range(0, len(texts), AT_ONCE):
        some = texts[begin : begin + AT_ONCE]
        for number, row in enumerate(_rows(tokenizer, some), begin):
            found += _cut(number, texts[number], row, max_length, stride)
    return found


@dataclass(frozen=True, slots=True)
class _Row:
    """What a tokenizer says of a text: `ids` and, of all but those around, borders."""

    ids: Sequence[int]
    offsets: Sequence[Sequence[int]]
    head: int
    tail: int


def _rows(tokenizer: Any, texts: Sequence[str]) -> Iterator[_Row]:
    options = {"return_offsets_mapping": True, "return_special_tokens_mask": True}
    told = tokenizer(list(texts), verbose=False, **options)
    parts = ("input_ids", "offset_mapping", "special_tokens_mask")
    for ids, offsets, special in zip(*(told[part] for part in parts), strict=True):
        if not special or not special[0]:
            raise ValueError(
                f"{type(tokenizer).__name__}: puts no special token before a text: expected one, "
                "as in BERT's [CLS]; name another encoder"
            )
        head = special.index(0) if 0 in special else len(special)
        tail = len(special) - special[::-1].index(0) if 0 in special else len(special)
        yield _Row(ids, offsets, head, tail)


def _cut(number: int, text: str, row: _Row, max_length: int, stride: int) -> Iterator[Window]:
    """Yield the windows of a text."""
    ids = np.array(row.ids, np.int32)
    before, own, after = np.split(ids, [row.head, row.tail])
    starts, ends = _borders(text, row.offsets[row.head : row.tail])
    nowhere = [np.full(len(part), NOWHERE, np.int32) for part in (before, after)]
    size = max_length - len(before) - len(after)
    for begin in _begins(len(own), size, stride):
        some = slice(begin, begin + size)
        around = ((before, own, after), *((nowhere[0], p, nowhere[1]) for p in (starts, ends)))
        yield Window(number, *(np.concatenate((x, all_[some], y)) for x, all_, y in around))


def _begins(tokens: int, size: int, stride: int) -> range:
    """Return where the windows of so many tokens begin; the last one reaches the end."""
    return range(0, max(tokens - stride, 1), size - stride)


def _borders(text: str, offsets: Sequence[Sequence[int]]) -> tuple[Ints, Ints]:
    """Return where a span that starts, and one that ends, with each token does so."""
    starts, ends = [NOWHERE] * len(offsets), [NOWHERE] * len(offsets)
    last, reach = NOWHERE, 0
    for i, (start, end) in enumerate(offsets):
        # Some tokenizers count the blank before a word to it.
        while start < end and text[start].isspace():
            start += 1
        if start == end:
            continue
        if last == NOWHERE or start >= reach:
            if last != NOWHERE:
                ends[last] = _over_unread(text, reach, start)
            starts[i] = start
        last, reach = i, max(reach, end)
    if last != NOWHERE:
        ends[last] = _over_unread(text, reach, len(text))
    return np.array(starts, np.int32), np.array(ends, np.int32)


def _over_unread(text: str, end: int, limit: int) -> int:
    """Return the end of what a token stands for: with marks that its tokenizer's norm takes in."""
    while end < limit and not text[end].isspace():
        end += 1
    return end
