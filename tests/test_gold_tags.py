"""Tags of tokens into spans, and tokens into text."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from texts import texts

from finerweb.gold.joining import found_in, joined
from finerweb.gold.schemes import Scheme, TaggedLine, runs, scheme_of

WANTED = [(0, 2, "PER"), (2, 3, "PER"), (4, 5, "LOC")]


@pytest.mark.parametrize(
    ("tags", "scheme", "wanted", "repaired"),
    [
        ("B-PER I-PER B-PER O B-LOC", Scheme.IOB2, WANTED, 0),
        ("I-PER I-PER B-PER O I-LOC", Scheme.IOB1, WANTED, 0),
        ("B-PER E-PER S-PER O S-LOC", Scheme.BIOES, WANTED, 0),
        ("B-PER L-PER U-PER O U-LOC", Scheme.BILOU, WANTED, 0),
        ("I-PER I-PER I-PER O I-LOC", Scheme.IO, [(0, 3, "PER"), WANTED[2]], 0),
        ("PER PER O O loc-city", Scheme.PLAIN, [(0, 2, "PER"), (4, 5, "loc-city")], 0),
        ("B_PER I_PER B_PER O B_LOC", Scheme.IOB2, WANTED, 0),
        ("I-PER I-PER B-LOC O B-LOC", Scheme.IOB2, [(0, 2, "PER"), (2, 3, "LOC"), WANTED[2]], 1),
        ("B-PER I-LOC O O I-LOC", Scheme.IOB2, [(0, 1, "PER"), (1, 2, "LOC"), WANTED[2]], 2),
        ("B-PER I-PER O O S-LOC", Scheme.BIOES, [(0, 2, "PER"), WANTED[2]], 1),
        ("I-PER E-PER O B-LOC E-LOC", Scheme.BIOES, [(0, 2, "PER"), (3, 5, "LOC")], 1),
        ("O O O O O", Scheme.IO, [], 0),
    ],
)
def test_schemes(
    tags: str, scheme: Scheme, wanted: list[tuple[int, int, str]], repaired: int
) -> None:
    told = scheme_of([[TaggedLine(tag, "") for tag in tags.split()]])
    assert told is scheme
    assert runs(tags.split(), told) == (wanted, repaired)


@given(st.lists(st.sampled_from(["O", "B-A", "I-A", "B-B", "I-B", "S-A", "E-B"]), max_size=12))
@settings(max_examples=30)
def test_any_tags_make_runs_that_do_not_overlap(tags: list[str]) -> None:
    entities, repaired = runs(tags, scheme_of([[TaggedLine(tag, "") for tag in tags]]))
    assert sum(after - first for first, after, _ in entities) == sum(t != "O" for t in tags)
    assert all(one[1] <= other[0] for one, other in pairwise(entities))
    assert 0 <= repaired <= 2 * len(tags)


@pytest.mark.parametrize(
    ("tokens", "space_after", "text"),
    [
        (["Anna", "Müller", ",", "3"], None, "Anna Müller , 3"),
        (["Anna", ",", "3"], [False, True, False], "Anna, 3"),
        (["وصلت", "آنا"], None, "وصلت آنا"),
        (["अन्ना", "कल", "।"], None, "अन्ना कल ।"),
        (["อันนา", "ถึง", "New", "York"], None, "อันนาถึงNew York"),
        (["อันนา", " ", "New", "York"], None, "อันนา NewYork"),
        (["安娜", "去", "了", "成都", "。"], None, "安娜去了成都。"),
        (["アンナ", "、", "京都"], None, "アンナ、京都"),
        (["안나는", "어제"], None, "안나는 어제"),
        (["Anna", "", "lebt", ""], None, "Anna lebt"),
        (["", "安娜", "", "去", "了"], None, "安娜去了"),
        (["อันนา", "", " ", "ถึง"], None, "อันนา ถึง"),
        ([], None, ""),
    ],
)
def test_joined(tokens: list[str], space_after: list[bool] | None, text: str) -> None:
    made, places = joined(tokens, space_after)
    assert made == text
    assert [made[start:end] for start, end in places] == tokens


@given(st.lists(texts(min_size=1, max_size=6).filter(str.strip), max_size=8))
@settings(max_examples=30)
def test_joined_tokens_are_found_again(tokens: list[str]) -> None:
    tokens = [token.strip() for token in tokens]
    text, places = joined(tokens)
    assert [text[start:end] for start, end in places] == tokens
    assert found_in(text, tokens) == places


def test_text_that_is_not_made_of_its_tokens() -> None:
    assert found_in("Anna schläft.", ["Anna", "."]) is None
    assert found_in("Anna schläft", ["Anna"]) is None
    assert found_in(" Anna  schläft ", ["Anna", "schläft"]) == [(1, 5), (7, 14)]
