"""Words, sentences and passages: exact slices, offsets in code points, beyond the BMP too."""

from itertools import accumulate

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from icu4py.breakers import CharacterBreaker
from texts import SENTENCES, texts

from finerweb.corpus.passages import cut
from finerweb.corpus.segmentation import sentence_starts, word_starts
from finerweb.records import Document, Span

WORDS = {
    "Latn": ["Anna", "Müller", "fuhr", "am", "3", "Mai", "nach", "Straßburg"],
    "Cyrl": ["Анна", "приехала", "в", "Новосибирск", "утром"],
    "Arab": ["وصلت", "آنا", "إلى", "القاهرة", "صباحًا"],
    "Deva": ["अन्ना", "कल", "सुबह", "वाराणसी", "पहुँची"],
    "Hani": ["安娜", "昨天", "抵达", "了", "成都"],
    "Hang": ["안나는", "어제", "부산에", "도착했다"],
    "emoji": ["Anna", "flog", "nach", "Köln"],
}


@pytest.mark.parametrize(("script", "words"), WORDS.items(), ids=WORDS)
def test_words(script: str, words: list[str]) -> None:
    text = SENTENCES[script]
    assert [text[s : s + len(w)] for s, w in zip(word_starts(text), words, strict=True)] == words


def test_thai_has_words() -> None:
    assert len(word_starts(SENTENCES["Thai"])) >= 5


def test_offsets_are_code_points_beyond_the_bmp() -> None:
    assert word_starts("🚀🚀 Anna 𝔄𝔟 Köln") == [3, 8, 11]
    assert sentence_starts("🚀 Yes. No.") == [0, 7]


def document(text: str, gold: tuple[Span, ...] | None = None) -> Document:
    return Document("d", "eng_Latn", text, "corpus", gold=gold)


def test_cuts_at_a_sentence_in_the_last_quarter() -> None:
    text = "One two three four five six. Seven eight nine ten eleven twelve."
    assert [p.text for p in cut(document(text), 8)] == [
        "One two three four five six.",
        "Seven eight nine ten eleven twelve.",
    ]


def test_cuts_inside_a_sentence_that_is_too_long() -> None:
    text = " ".join(f"w{i}" for i in range(10)) + "."
    assert [(p.text, p.n_words) for p in cut(document(text), 4)] == [
        ("w0 w1 w2 w3", 4),
        ("w4 w5 w6 w7", 4),
        ("w8 w9.", 2),
    ]


def test_opening_punctuation_stays_with_its_sentence() -> None:
    text = "One two three four. «Five six seven eight.»"
    assert [p.text for p in cut(document(text), 4)][1].startswith("«Five")


def test_gold_comes_along_and_is_rebased() -> None:
    text = "Ana saw Rome. Bob saw Oslo."
    gold = (Span(0, 3, "person"), Span(8, 12, "city"), Span(22, 26, "city"))
    first, second = cut(document(text, gold), 3)
    assert [first.text[g.start : g.end] for g in first.gold or ()] == ["Ana", "Rome"]
    assert [second.text[g.start : g.end] for g in second.gold or ()] == ["Oslo"]


def test_no_words_no_passage() -> None:
    assert list(cut(document("... !!! \n"), 5)) == []


@settings(max_examples=200)
@given(texts(max_size=200), st.integers(1, 12))
def test_passages_are_slices_in_order_and_lose_nothing_but_white_space(
    text: str, words: int
) -> None:
    passages = list(cut(document(text), words))
    assert sum(p.n_words for p in passages) == len(word_starts(text))
    end = 0
    for passage in passages:
        assert text[passage.start : passage.start + len(passage.text)] == passage.text
        assert 1 <= passage.n_words <= words
        assert not text[end : passage.start].strip()
        end = passage.start + len(passage.text)
    assert not passages or not text[end:].strip()


@given(texts(max_size=120), st.integers(1, 6))
def test_passages_never_start_inside_a_grapheme(text: str, words: int) -> None:
    starts = set(accumulate(map(len, CharacterBreaker(text, "root")), initial=0))
    for passage in list(cut(document(text), words))[1:]:
        white = len(text[: passage.start]) - len(text[: passage.start].rstrip())
        assert any(passage.start - i in starts for i in range(white + 1))
