"""Texts as GLiNER reads them: words, spans as runs of words, windows, tokens of words."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_confidence import SCRIPTS
from texts import SENTENCES, texts

from finerweb.gliner.batches import words_mask
from finerweb.gliner.loading import icu_words
from finerweb.gliner.words import windows, words_of
from finerweb.records import Span


@pytest.mark.parametrize("code", SCRIPTS)
def test_a_span_is_a_run_of_words_or_nowhere(code: str) -> None:
    text = SENTENCES[SCRIPTS[code]]
    found = words_of(text, icu_words)
    assert "".join(found.words) == "".join(text.split())
    wide = next(i for i, word in enumerate(found.words) if len(word) > 1)
    start, end = found.starts[wide], found.ends[wide]
    assert found.place(Span(start, end, "x")) == (wide, wide)
    assert found.place(Span(0, end, "x")) == (0, wide)
    assert found.place(Span(start, end - 1, "x")) is None
    assert found.place(Span(start + 1, end, "x")) is None
    assert words_of("", icu_words).place(Span(start, end, "x")) is None


@given(texts(max_size=40), st.data())
def test_words_of_any_text(text: str, data: st.DataObject) -> None:
    found = words_of(text, icu_words)
    assert [text[a:b] for a, b in zip(found.starts, found.ends, strict=True)] == list(found.words)
    if not found.words:
        return
    last = data.draw(st.integers(0, len(found.words) - 1))
    first = data.draw(st.integers(0, last))
    span = Span(found.starts[first], found.ends[last], "x")
    assert found.place(span) == (first, last)


@given(st.integers(0, 60), st.integers(1, 12), st.integers(0, 12))
def test_every_run_of_words_is_whole_in_a_window(words: int, width: int, more: int) -> None:
    found = windows(words, width + more, width)
    assert all(0 <= begin < end <= words and end - begin <= width + more for begin, end in found)
    for first in range(words):
        for after in range(first + 1, min(first + width, words) + 1):
            assert any(begin <= first and after <= end for begin, end in found)
    assert len(set(found)) == len(found) and bool(found) == bool(words)


def test_windows_narrower_than_spans() -> None:
    with pytest.raises(ValueError, match=r"windows of 3 words cannot hold spans of 4: raise"):
        windows(9, 3, 4)


@pytest.mark.parametrize("word", ["Ana", "آنا", "अन्ना", "อันนา", "安娜"])
def test_a_word_without_a_token_moves_no_other(tokenizer: Any, word: str) -> None:
    from tokenizers import normalizers

    backend = tokenizer.backend_tokenizer
    before = backend.normalizer
    backend.normalizer = normalizers.Replace("\u200d", "")
    prompt, some = ["x", "yz", "|"], [word, "\u200d", "中", word]
    tokens = tokenizer([prompt + some], is_split_into_words=True)
    backend.normalizer = before
    n = len(word)
    expected = [0] * 5 + [1, *[0] * (n - 1), 3, 4, *[0] * (n - 1), 0]
    assert words_mask([some], tokens, [3]) == [expected]
