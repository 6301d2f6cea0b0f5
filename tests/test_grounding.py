"""Grounding: mentions to spans, in every script."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from icu4py.breakers import CharacterBreaker
from texts import SENTENCES, slices, texts

from finerweb.grounding import (
    EXHAUSTED,
    GROUNDED,
    INSIDE_WORD,
    NORMALISED,
    NOT_FOUND,
    OUT_OF_ORDER,
    REPEATED,
    GroundingReport,
    ground,
    ground_reply,
)
from finerweb.params.ground import GroundParams
from finerweb.records import Mention, Passage, Span

RULES = ("cursor", "all", "nearest")
CURSOR, ALL, NEAREST = (GroundParams(rule=rule, words="anywhere", second_look=[]) for rule in RULES)
EVERYTHING = ["nfc", "quotes", "zero_width", "case"]


def spans(
    text: str, mentions: list[str], params: GroundParams = CURSOR, **changes: object
) -> list[tuple[int, int] | str]:
    params = params.model_copy(update=changes)
    found = ground(text, [Mention(m, "t") for m in mentions], params)
    return [(g.span.start, g.span.end) if g.span else g.status for g in found]


@pytest.mark.parametrize(
    ("text", "mentions", "expected"),
    [
        ("Ana met Ana.", ["Ana", "Ana"], [(0, 3), (8, 11)]),
        ("Ana met Ana.", ["Ana", "Ana", "Ana"], [(0, 3), (8, 11), EXHAUSTED]),
        ("Ana met Bob, Ana.", ["Bob", "Ana", "Ana"], [(8, 11), (13, 16), OUT_OF_ORDER]),
        ("Ana met Bob.", ["Bob", "Ana"], [(8, 11), OUT_OF_ORDER]),
        ("Ana met Bob.", ["ana"], [NOT_FOUND]),
        ("Ana met Bob.", ["Eve", "Bob"], [NOT_FOUND, (8, 11)]),
        ("New York City", ["New York City", "York"], [(0, 13), OUT_OF_ORDER]),
        (SENTENCES["Arab"], ["القاهرة"], [(13, 20)]),
        (SENTENCES["Deva"], ["वाराणसी"], [(14, 21)]),
        (SENTENCES["Thai"], ["เชียงใหม่"], [(15, 24)]),
        (SENTENCES["Hani"], ["成都"], [(7, 9)]),
        (SENTENCES["emoji"], ["🇩🇪", "Köln"], [(22, 24), (25, 29)]),
        ("İstanbul, i̇stanbul", ["i̇stanbul"], [(10, 19)]),
        ("Straße STRASSE", ["STRASSE"], [(7, 14)]),
        ("", ["x"], [NOT_FOUND]),
    ],
)
def test_cursor(text: str, mentions: list[str], expected: list[object]) -> None:
    assert spans(text, mentions) == expected


@pytest.mark.parametrize(
    ("text", "mentions", "expected"),
    [
        ("Ana met Ana.", ["Ana"], [(0, 3), (8, 11)]),
        ("aaa", ["aa"], [(0, 2), (1, 3)]),
        ("Ana met Ana.", ["Ana", "Ana"], [(0, 3), (8, 11), REPEATED]),
        ("京都と東京都", ["京都"], [(0, 2), (4, 6)]),
        ("Ana", ["Bob"], [NOT_FOUND]),
    ],
)
def test_all(text: str, mentions: list[str], expected: list[object]) -> None:
    assert spans(text, mentions, ALL) == expected


@pytest.mark.parametrize(
    ("text", "mentions", "expected"),
    [
        ("Ana met Ana.", ["Ana", "Ana", "Ana"], [(0, 3), (8, 11), EXHAUSTED]),
        # The cursor runs past Bob and Eve to the only Zoe: two are lost for one.
        ("Bob, Eve, Zoe", ["Zoe", "Bob", "Eve"], [OUT_OF_ORDER, (0, 3), (5, 8)]),
        ("Bob, Eve, Zoe", ["Bob", "Zoe", "Eve"], [(0, 3), OUT_OF_ORDER, (5, 8)]),
        ("Rome, Oslo, Rome", ["Oslo", "Rome"], [(6, 10), (12, 16)]),
        ("New York City", ["New York City", "York"], [OUT_OF_ORDER, (4, 8)]),
        ("New York City York", ["New York City", "York"], [(0, 13), (14, 18)]),
        ("京都と東京都", ["東京都", "京都"], [OUT_OF_ORDER, (0, 2)]),
        ("京都と東京都", ["京都", "東京", "都"], [(0, 2), (3, 5), (5, 6)]),
        (SENTENCES["Arab"], ["القاهرة", "x"], [(13, 20), NOT_FOUND]),
        ("", ["x"], [NOT_FOUND]),
        ("x", [], []),
    ],
)
def test_nearest(text: str, mentions: list[str], expected: list[object]) -> None:
    assert spans(text, mentions, NEAREST) == expected


@pytest.mark.parametrize("params", [CURSOR, ALL, NEAREST])
@pytest.mark.parametrize(
    ("text", "mention", "words", "expected"),
    [
        ("Burggraf von Burg", "Burg", "anywhere", (0, 4)),
        ("Burggraf von Burg", "Burg", "prefer", (13, 17)),
        ("Burggraf von Burg", "Burg", "require", (13, 17)),
        ("Burggraf", "Burg", "prefer", (0, 4)),
        ("Burggraf", "Burg", "require", INSIDE_WORD),
        ("Burg-Graf", "Burg", "require", (0, 4)),
        ("Bürger, Bür", "Bür", "require", (8, 11)),
        ("ক্লাসে ক্লাস", "ক্লাস", "require", (7, 12)),
        ("दिल्लीवाला दिल्ली", "दिल्ली", "require", (11, 17)),
        ("والقاهرة القاهرة", "القاهرة", "require", (9, 16)),
        ("서울은 서울", "서울", "require", (4, 6)),
        ("ชาวกรุงเทพ", "กรุงเทพ", "require", (3, 10)),
        ("東京都", "東京", "require", (0, 2)),
        ("กา ก", "ก", "require", (0, 1)),
        ("กำ", "ก", "require", (0, 1)),
        ("กี ก", "ก", "require", (3, 4)),
        ("თბილისელი თბილის", "თბილის", "require", (10, 16)),
        ("ﾄｳｷｮｳﾄ", "ﾄｳｷｮｳ", "require", (0, 5)),
        ("می\u200cروم می", "می", "require", (7, 9)),
        ("👩\u200d🚀 👩", "👩", "require", (4, 5)),
    ],
)
def test_words(
    text: str, mention: str, words: str, expected: tuple[int, int] | str, params: GroundParams
) -> None:
    assert spans(text, [mention], params, words=words)[0] == expected


@pytest.mark.parametrize("params", [CURSOR, ALL, NEAREST])
@pytest.mark.parametrize(
    ("text", "mention", "how", "expected"),
    [
        ("the O’Hara clan", "O'Hara", "quotes", (4, 10)),
        ("le «Figaro»", '"Figaro"', "quotes", (3, 11)),
        ("mes CAFE\u0301S", "CAFÉS", "nfc", (4, 10)),
        ("\u1112\u1161\u11ab\u1100\u116e\u11a8", "한국", "nfc", (0, 6)),
        ("hello WORLD", "World", "case", (6, 11)),
        ("STRASSE 1", "Straße", "case", (0, 7)),
        ("می\u200cروم خانه", "میروم", "zero_width", (0, 6)),
        ("co\u00adop shop", "coop", "zero_width", (0, 5)),
        ("\u200bAna\u200b met", "ana", "case zero_width", (1, 4)),
        ("le «CAFE\u0301»", '"café"', "case nfc quotes", (3, 10)),
        ("hello WORLD", "World", "quotes", NOT_FOUND),
        # A piece of a grapheme is none: é is no e, however its accent is written.
        ("CAFE\u0301", "cafe", "case", NOT_FOUND),
        ("x", "\u200b", "zero_width", NOT_FOUND),
    ],
)
def test_second_look(
    text: str, mention: str, how: str, expected: tuple[int, int] | str, params: GroundParams
) -> None:
    assert spans(text, [mention], params) == [NOT_FOUND]
    assert spans(text, [mention], params, second_look=how.split()) == [expected]


def test_second_look_is_a_second_one() -> None:
    """Where a mention stands as it was written, its other spellings are no places of it."""
    look = CURSOR.model_copy(update={"second_look": ["case"]})
    found = ground("ANA, Ana, eve", [Mention(m, "t") for m in ("Ana", "ANA", "Eve")], look)
    assert [(g.status, g.span and g.span.start) for g in found] == [
        (GROUNDED, 5),
        (OUT_OF_ORDER, None),
        (NORMALISED, 10),
    ]


def test_two_spellings_of_one_surface() -> None:
    """The later finds nothing left, by either rule."""
    assert spans("ana came", ["Ana", "ANA"], CURSOR, second_look=["case"]) == [(0, 3), EXHAUSTED]
    assert spans("Ana came", ["Ana", "ANA"], ALL, second_look=["case"]) == [(0, 3), REPEATED]


@given(texts(min_size=1), st.data())
def test_second_look_finds_whole_graphemes(text: str, data: st.DataObject) -> None:
    """What it finds reads as the mention does, and is whole; what is there it finds again."""
    start, end = data.draw(slices(text))
    mention = text[start:end].swapcase()
    params = CURSOR.model_copy(update={"second_look": EVERYTHING})
    (found,) = ground(text, [Mention(mention, "t")], params)
    if found.span:
        surface = text[found.span.start : found.span.end]
        borders = set(itertools.accumulate(map(len, CharacterBreaker(text, "root")), initial=0))
        if found.status == NORMALISED:
            assert {found.span.start, found.span.end} <= borders
            assert spans(surface, [mention], params) == [(0, len(surface))]


@given(st.text("ab ", min_size=1, max_size=12), st.lists(st.text("ab", min_size=1, max_size=3)))
def test_nearest_drops_fewest(text: str, mentions: list[str]) -> None:
    def most(cursor: int, rest: list[str]) -> int:
        if not rest:
            return 0
        start = text.find(rest[0], cursor)
        taken = 1 + most(start + len(rest[0]), rest[1:]) if start >= 0 else 0
        return max(taken, most(cursor, rest[1:]))

    mentions = mentions[:7]
    found = [s for s in spans(text, mentions, NEAREST) if isinstance(s, tuple)]
    assert len(found) == most(0, mentions)
    assert all(a[1] <= b[0] for a, b in itertools.pairwise(found))


@given(texts(min_size=1), st.data())
def test_surface_is_the_mention(text: str, data: st.DataObject) -> None:
    mentions = []
    for _ in range(data.draw(st.integers(1, 5))):
        start, end = data.draw(slices(text))
        mentions.append(Mention(text[start:end], "t"))
    for params in (CURSOR, ALL, NEAREST):
        for grounded in ground(text, mentions, params):
            if grounded.span:
                assert text[grounded.span.start : grounded.span.end] == grounded.mention.text


@given(texts(min_size=1), st.data())
def test_mentions_in_text_order_are_all_found(text: str, data: st.DataObject) -> None:
    ends = [data.draw(slices(text)) for _ in range(data.draw(st.integers(1, 4)))]
    apart = []
    for start, end in sorted(ends):
        if not apart or start >= apart[-1][1]:
            apart.append((start, end))
    found = ground(text, [Mention(text[a:b], "t") for a, b in apart], CURSOR)
    assert [g.status for g in found] == [GROUNDED] * len(apart)


@given(texts(min_size=1), st.data())
def test_idempotent(text: str, data: st.DataObject) -> None:
    start, end = data.draw(slices(text))
    first = ground(text, [Mention(text[start:end], "t")] * 3, CURSOR)
    again = ground(text, [g.mention for g in first if g.span], CURSOR)
    assert [g.span for g in again] == [g.span for g in first if g.span]


@given(texts(min_size=1), st.data())
def test_all_ignores_the_order_of_mentions(text: str, data: st.DataObject) -> None:
    ends = [data.draw(slices(text)) for _ in range(3)]
    mentions = [Mention(text[a:b], "t") for a, b in ends]
    one = {g.span for g in ground(text, mentions, ALL)}
    assert one == {g.span for g in ground(text, mentions[::-1], ALL)}


@pytest.mark.parametrize(("params", "kept"), [(CURSOR, 2), (ALL, 1), (NEAREST, 2)])
def test_every_mention_is_counted_once(params: GroundParams, kept: int) -> None:
    """Whatever the rule: seen is what the reply listed, pairs or not."""
    gold = (Span(0, 3, "person"),)
    passage = Passage("d#0", "d", "eng_Latn", "Ana met Ana.", 0, 3, "corpus", gold=gold)
    report = GroundingReport()
    reply = '[["Ana","person"],["Ana","person"],["Bob","person"],["x"]]'
    annotation = {"reply": reply, "finish_reason": "stop"}
    rows = ground_reply(passage, annotation, params, None, report)
    metrics = report.metrics()
    assert metrics["mentions"]["seen"] == 4
    assert metrics["mentions"]["kept"] == kept
    assert {row["position"] for row in rows} == {0, 1, 2}
    assert report.scores.typed.correct == 1
    ground_reply(passage, {"reply": "", "finish_reason": "content_filter"}, params, None, report)
    assert report.replies.dropped == {"content_filter": 1}
