"""Binder: windows in all scripts, batches, and what is decoded from scores."""

import math
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from binders import params
from hypothesis import given
from hypothesis import strategies as st
from texts import SENTENCES, slices, texts

from finerweb.binder.batches import orders
from finerweb.binder.decoding import Found, best
from finerweb.binder.examples import Example
from finerweb.binder.placing import prepare
from finerweb.binder.windows import NOWHERE, Window, windows
from finerweb.records import Span


@pytest.mark.parametrize("script", SENTENCES)
def test_offsets_there_and_back(tokenizer: Any, script: str) -> None:
    """Every span between characters comes back as it was: the tokenizer has one token for each."""
    text = SENTENCES[script]
    (window,) = windows(tokenizer, [text], 60, 0)
    for start in range(len(text)):
        for end in range(start + 1, len(text) + 1):
            if text[start].isspace() or text[end - 1].isspace():
                continue
            place = window.place(Span(start, end, "x"))
            assert place is not None
            assert (window.starts[place[0]], window.ends[place[1]]) == (start, end)


@given(st.data())
def test_spans_in_windows(tokenizer: Any, data: st.DataObject) -> None:
    text = data.draw(texts(min_size=1, max_size=80).filter(str.strip))
    start, end = data.draw(slices(text).filter(lambda s: text[s[0] : s[1]].strip()))
    size = data.draw(st.integers(6, 20))
    cut = windows(tokenizer, [text], size, data.draw(st.integers(0, size // 3)))
    stripped = text[start:end].strip()
    start += text[start:end].index(stripped)
    span = Span(start, start + len(stripped), "x")
    for window in cut:
        assert len(window.ids) == len(window.starts) == len(window.ends) <= size
        place = window.place(span)
        if place:
            found = window.starts[place[0]], window.ends[place[1]]
            assert found[0] <= span.start and span.end <= found[1]
            assert text[slice(*found)].strip() == text[slice(*found)]
            assert window.place(Span(*found, "x")) == place
    covered = {i for w in cut for i in w.starts if i != NOWHERE}
    assert covered == {i for i, c in enumerate(text) if not c.isspace()}


@st.composite
def borders(draw: st.DrawFn) -> Window:
    """Return a window whose tokens start and end spans at rising places, some of them nowhere."""
    n = draw(st.integers(1, 12))
    cuts = sorted(draw(st.lists(st.integers(0, 40), min_size=2 * n, max_size=2 * n, unique=True)))
    starts, ends = np.array(cuts[::2], np.int32), np.array(cuts[1::2], np.int32)
    for some in (starts, ends):
        some[draw(st.lists(st.booleans(), min_size=n, max_size=n))] = NOWHERE
    return Window(0, np.arange(n, dtype=np.int32), starts, ends)


@given(borders(), st.integers(0, 41), st.integers(1, 20))
def test_places_are_those_of_the_plain_rule(window: Window, start: int, size: int) -> None:
    """The last token from which, and the first to which, all the span's tokens are spanned."""
    end = start + size
    ends = [i for i, at in enumerate(window.ends) if at > start]
    starts = [i for i, at in enumerate(window.starts) if NOWHERE < at < end]
    first = [i for i in starts if ends and i <= ends[0]]
    last = [i for i in ends if starts and i >= starts[-1]]
    expected = None
    if first and last and window.starts[first[-1]] <= start and end <= window.ends[last[0]]:
        expected = (first[-1], last[0])
    assert window.place(Span(start, end, "x")) == expected


class Fixed:
    """A tokenizer that gives what it was told, between two special tokens."""

    def __init__(self, *offsets: tuple[int, int]) -> None:
        self.offsets = offsets

    def __call__(self, texts: list[str], **_: Any) -> dict[str, Any]:
        n = len(self.offsets)
        return {
            "input_ids": [[1, *range(10, 10 + n), 2]],
            "offset_mapping": [[(0, 0), *self.offsets, (0, 0)]],
            "special_tokens_mask": [[1, *[0] * n, 1]],
        }


@pytest.mark.parametrize(
    ("text", "offsets", "starts", "ends"),
    [
        ("安娜", [(0, 1), (0, 1), (1, 2)], [0, -1, 1], [-1, 1, 2]),  # a lone word mark
        ("安娜", [(0, 1), (0, 2)], [0, -1], [-1, 2]),
        ("👍", [(0, 1)] * 4, [0, -1, -1, -1], [-1, -1, -1, 1]),  # bytes
        ("a b", [(0, 1), (1, 3)], [0, 2], [1, 3]),  # a blank counted to its word
        ("a  b", [(0, 1), (1, 2), (2, 4)], [0, -1, 3], [1, -1, 4]),  # a token of blanks
        ("Ame\u0301lie", [(0, 1), (1, 3), (4, 7)], [0, 1, 4], [1, 4, 7]),  # a mark taken in
        ("वा\u0930", [(0, 1), (2, 3)], [0, 2], [2, 3]),
    ],
)
def test_borders_of_tokens(text: str, offsets: Any, starts: Any, ends: Any) -> None:
    (window,) = windows(Fixed(*offsets), [text], 16, 0)
    assert list(window.starts[1:-1]) == starts
    assert list(window.ends[1:-1]) == ends


def test_a_tokenizer_without_a_first_token_is_refused() -> None:
    def bare(texts: list[str], **_: Any) -> dict[str, Any]:
        return {"input_ids": [[5]], "offset_mapping": [[(0, 1)]], "special_tokens_mask": [[0]]}

    with pytest.raises(ValueError, match="no special token before"):
        windows(bare, ["a"], 8, 0)


def test_what_is_dropped_is_counted(tokenizer: Any) -> None:
    text = "anna went to oslo and then to a city with a very long name"
    spans = (Span(0, 4, "person"), Span(30, 58, "city"), Span(13, 17, "city"), Span(8, 40, "city"))
    small = params({"max_length": 26, "stride": 4, "max_width": 20}).model
    found = prepare(tokenizer, [Example(text, "eng_Latn", spans)], small)
    assert found.entities.metrics() == {
        "seen": 4,
        "kept": 2,
        "dropped": {"in no window": 2},
    }
    assert (found.cut, found.moved, len(found.placed)) == (1, 0, 3)
    wide = prepare(tokenizer, [Example(text, "eng_Latn", spans)], params({"max_length": 64}).model)
    assert wide.entities.dropped == {"wider than max_width": 2}


def test_batches_keep_to_the_budget_and_hold_every_window(tokenizer: Any) -> None:
    cut = windows(tokenizer, ["a" * n for n in range(1, 40)], 48, 0)
    for epoch in (0, 1):
        found = orders(cut, 100, 3, epoch)
        assert sorted(i for batch in found for i in batch) == list(range(39))
        assert all(len(b) * max(len(cut[i].ids) for i in b) <= 100 for b in found)
        assert found == orders(cut, 100, 3, epoch)
    assert orders(cut, 100, 3, 0) != orders(cut, 100, 3, 1)


# ---- decoding

FOUND = st.lists(
    st.builds(
        lambda start, width, kind, margin: Found(Span(start, start + width, kind), margin),
        st.integers(0, 20),
        st.integers(1, 9),
        st.sampled_from(["a", "b"]),
        st.floats(0.1, 9),
    ),
    max_size=12,
)


@given(FOUND)
def test_flat_entities(found: list[Found]) -> None:
    kept = best(found)
    assert all(a.span.end <= b.span.start for a, b in pairwise(kept))
    assert kept == best(reversed(found))
    for one in found:
        overlapping = [
            k for k in kept if k.span.start < one.span.end and one.span.start < k.span.end
        ]
        assert overlapping and max(k.margin for k in overlapping) >= one.margin


def test_probabilities() -> None:
    assert Found(Span(0, 1, "x"), 0.0).probability == 0.5
    assert Found(Span(0, 1, "x"), -9999.0).probability < 1e-300
    assert Found(Span(0, 1, "x"), 2.0).probability == pytest.approx(1 / (1 + math.exp(-2)))
