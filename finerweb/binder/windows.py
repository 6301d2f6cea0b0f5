"""Texts as windows of subword tokens, with places in code points in and out.

No words are needed, so scripts without spaces work. Tokens that share code points (a lone word mark
and its letter, the bytes of an emoji) are one group: a span starts with the first token of a group
and ends with the last of one, so that pairs of tokens and pairs of code points go one to one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from finerweb.records import Span

NOWHERE = -1


@dataclass(frozen=True, slots=True)
class Window:
    """Some tokens of a text, the special ones around them; all fields but ``text`` are (tokens,).

    ``starts`` is the code point at which a span that starts with the token starts, ``ends`` the one
    after which a span that ends with it ends; `NOWHERE` where none can. ``text`` is the text's
    place among those cut.
    """

    text: int
    ids: tuple[int, ...]
    starts: tuple[int, ...]
    ends: tuple[int, ...]

    def place(self, span: Span) -> tuple[int, int] | None:
        """Return the first and the last token of a span; None where it is not all in this window.

        A border inside a group of tokens goes to the group's.
        """
        ends = [i for i, end in enumerate(self.ends) if end > span.start]
        starts = [i for i, start in enumerate(self.starts) if NOWHERE < start < span.end]
        first = [i for i in starts if ends and i <= ends[0]]
        last = [i for i in ends if starts and i >= starts[-1]]
        if not first or not last:
            return None
        whole = self.starts[first[-1]] <= span.start and span.end <= self.ends[last[0]]
        return (first[-1], last[0]) if whole else None


def windows(tokenizer: Any, texts: Sequence[str], max_length: int, stride: int) -> list[Window]:
    """Return the windows of texts in order: ``max_length`` tokens, ``stride`` of them shared.

    Raises:
        ValueError: the tokenizer puts no special token first, whose vector is the threshold.
    """
    found: list[Window] = []
    if not texts:
        return found
    options = {"return_offsets_mapping": True, "return_special_tokens_mask": True}
    rows = tokenizer(list(texts), verbose=False, **options)
    parts = ("input_ids", "offset_mapping", "special_tokens_mask")
    for number, (ids, offsets, special) in enumerate(zip(*(rows[p] for p in parts), strict=True)):
        if not special or not special[0]:
            raise ValueError(
                f"{type(tokenizer).__name__}: puts no special token before a text: expected one, "
                "as in BERT's [CLS]; name another encoder"
            )
        head = special.index(0) if 0 in special else len(special)
        tail = len(special) - special[::-1].index(0) if 0 in special else len(special)
        starts, ends = _borders(texts[number], offsets[head:tail])
        around = ids[:head], ids[tail:]
        size = max_length - len(around[0]) - len(around[1])
        for begin in _begins(tail - head, size, stride):
            some = slice(begin, begin + size)
            before, after = ([NOWHERE] * len(part) for part in around)
            found.append(
                Window(
                    number,
                    (*around[0], *ids[head:tail][some], *around[1]),
                    (*before, *starts[some], *after),
                    (*before, *ends[some], *after),
                )
            )
    return found


def _begins(tokens: int, size: int, stride: int) -> range:
    """Return where the windows of so many tokens begin; the last one reaches the end."""
    return range(0, max(tokens - stride, 1), size - stride)


def _borders(text: str, offsets: Sequence[Sequence[int]]) -> tuple[list[int], list[int]]:
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
    return starts, ends


def _over_unread(text: str, end: int, limit: int) -> int:
    """Return the end of what a token stands for: with marks that its tokenizer's norm takes in."""
    while end < limit and not text[end].isspace():
        end += 1
    return end
