"""Words, sentences and passages: exact slices, offsets in code points, beyond the BMP too."""

import time
from itertools import accumulate

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from icu4py.breakers import CharacterBreaker
from texts import SENTENCES, texts

from finerweb.corpus.passages import cut
from finerweb.corpus.segmentation import sentence_starts, words
from finerweb.records import Document, Passage, Span

WORDS = {
    "Latn": ["Anna", "Müller", "fuhr", "am", "3", "Mai", "nach", "Straßburg"],
    "Cyrl": ["Анна", "приехала", "в", "Новосибирск", "утром"],
    "Arab": ["وصلت", "آنا", "إلى", "القاهرة", "صباحًا"],
    "Deva": ["अन्ना", "कल", "सुबह", "वाराणसी", "पहुँची"],
    "Hani": ["安娜", "昨天", "抵达", "了", "成都"],
    "Hang": ["안나는", "어제", "부산에", "도착했다"],
    "emoji": ["Anna", "flog", "nach", "Köln"],
}


@pytest.mark.parametrize(("script", "expected"), WORDS.items(), ids=WORDS)
def test_words(script: str, expected: list[str]) -> None:
    text = SENTENCES[script]
    assert [
        text[s : s + len(w)] for s, w in zip(words(text).starts, expected, strict=True)
    ] == expected


def test_thai_has_words() -> None:
    assert len(words(SENTENCES["Thai"]).starts) >= 5


def test_offsets_are_code_points_beyond_the_bmp() -> None:
    assert words("🚀🚀 Anna 𝔄𝔟 Köln").starts.tolist() == [3, 8, 11]
    assert sentence_starts("🚀 Yes. No.").tolist() == [0, 7]


def document(text: str, gold: tuple[Span, ...] | None = None) -> Document:
    return Document("d", "eng_Latn", text, "corpus", gold=gold)


def passages(text: str, most: int, gold: tuple[Span, ...] | None = None) -> list[Passage]:
    return [passage for passage, _ in cut(document(text, gold), most)]


def test_a_word_has_one_hash_whatever_its_case_and_place() -> None:
    found = words("Köln, KÖLN und köln.").hashes
    assert found[0] == found[1] == found[3] != found[2]
    assert list(words("成都").hashes) == list(words("在成都。").hashes[1:])


def test_cuts_at_a_sentence_in_the_last_quarter() -> None:
    text = "One two three four five six. Seven eight nine ten eleven twelve."
    assert [p.text for p in passages(text, 8)] == [
        "One two three four five six.",
        "Seven eight nine ten eleven twelve.",
    ]


def test_cuts_inside_a_sentence_that_is_too_long() -> None:
    text = " ".join(f"w{i}" for i in range(10)) + "."
    assert [(p.text, p.n_words) for p in passages(text, 4)] == [
        ("w0 w1 w2 w3", 4),
        ("w4 w5 w6 w7", 4),
        ("w8 w9.", 2),
    ]


def test_opening_punctuation_stays_with_its_sentence() -> None:
    text = "One two three four. «Five six seven eight.»"
    assert [p.text for p in passages(text, 4)][1].startswith("«Five")


def test_gold_comes_along_and_is_rebased() -> None:
    text = "Ana saw Rome. Bob saw Oslo."
    gold = (Span(0, 3, "person"), Span(8, 12, "city"), Span(22, 26, "city"))
    first, second = passages(text, 3, gold)
    assert [first.text[g.start : g.end] for g in first.gold or ()] == ["Ana", "Rome"]
    assert [second.text[g.start : g.end] for g in second.gold or ()] == ["Oslo"]


def test_no_words_no_passage() -> None:
    assert passages("... !!! \n", 5) == []


@settings(max_examples=200)
@given(texts(max_size=200), st.integers(1, 12))
def test_passages_are_slices_in_order_and_lose_nothing_but_white_space(
    text: str, most: int
) -> None:
    found = list(cut(document(text), most))
    assert np.concatenate([h for _, h in found] or [[]]).tolist() == words(text).hashes.tolist()
    end = 0
    for passage, hashes in found:
        assert text[passage.start : passage.start + len(passage.text)] == passage.text
        assert 1 <= passage.n_words == len(hashes) <= most
        assert not text[end : passage.start].strip()
        end = passage.start + len(passage.text)
    assert not found or not text[end:].strip()


@given(texts(max_size=120), st.integers(1, 6))
@example("ก ำกำ", 1)
@example(" \u0301abc def", 1)
@example("abc \u0301 def", 1)
@example("か\u0e49ำ", 1)
@example("a 👩‍👩‍👧 b", 1)
def test_passages_never_start_or_end_inside_a_grapheme(text: str, most: int) -> None:
    borders = set(accumulate(map(len, CharacterBreaker(text, "root")), initial=0))
    for passage in passages(text, most):
        assert passage.start in borders
        assert passage.start + len(passage.text) in borders


def test_a_document_of_ten_megabytes_on_one_line_takes_linear_time() -> None:
    sizes = (200_000, 2_000_000)
    seconds = []
    for size in sizes:
        text = ("слово 字 word, " * (size // 14))[:size]
        begun = time.process_time()
        assert sum(p.n_words for p in passages(text, 256)) == len(words(text).starts)
        seconds.append(time.process_time() - begun)
    assert seconds[1] < 30 * seconds[0]
