"""Grounding: mentions to spans, in every script."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from texts import SENTENCES, slices, texts

from finerweb.grounding import (
    GROUNDED,
    NOT_FOUND,
    OUT_OF_ORDER,
    REPEATED,
    GroundingReport,
    ground,
    ground_reply,
)
from finerweb.records import Mention, Passage, Span


def spans(text: str, mentions: list[str], rule: str = "cursor") -> list[tuple[int, int] | str]:
    found = ground(text, [Mention(m, "t") for m in mentions], rule)
    return [(g.span.start, g.span.end) if g.span else g.status for g in found]


@pytest.mark.parametrize(
    ("text", "mentions", "expected"),
    [
        ("Ana met Ana.", ["Ana", "Ana"], [(0, 3), (8, 11)]),
        ("Ana met Ana.", ["Ana", "Ana", "Ana"], [(0, 3), (8, 11), OUT_OF_ORDER]),
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
    assert spans(text, mentions, "all") == expected


@given(texts(min_size=1), st.data())
def test_surface_is_the_mention(text: str, data: st.DataObject) -> None:
    mentions = []
    for _ in range(data.draw(st.integers(1, 5))):
        start, end = data.draw(slices(text))
        mentions.append(Mention(text[start:end], "t"))
    for rule in ("cursor", "all"):
        for grounded in ground(text, mentions, rule):
            if grounded.span:
                assert text[grounded.span.start : grounded.span.end] == grounded.mention.text


@given(texts(min_size=1), st.data())
def test_mentions_in_text_order_are_all_found(text: str, data: st.DataObject) -> None:
    ends = [data.draw(slices(text)) for _ in range(data.draw(st.integers(1, 4)))]
    apart = []
    for start, end in sorted(ends):
        if not apart or start >= apart[-1][1]:
            apart.append((start, end))
    found = ground(text, [Mention(text[a:b], "t") for a, b in apart], "cursor")
    assert [g.status for g in found] == [GROUNDED] * len(apart)


@given(texts(min_size=1), st.data())
def test_idempotent(text: str, data: st.DataObject) -> None:
    start, end = data.draw(slices(text))
    first = ground(text, [Mention(text[start:end], "t")] * 3, "cursor")
    again = ground(text, [g.mention for g in first if g.span], "cursor")
    assert [g.span for g in again] == [g.span for g in first if g.span]


@given(texts(min_size=1), st.data())
def test_all_ignores_the_order_of_mentions(text: str, data: st.DataObject) -> None:
    ends = [data.draw(slices(text)) for _ in range(3)]
    mentions = [Mention(text[a:b], "t") for a, b in ends]
    one = {g.span for g in ground(text, mentions, "all")}
    assert one == {g.span for g in ground(text, mentions[::-1], "all")}


@pytest.mark.parametrize("rule", ["cursor", "all"])
def test_every_mention_is_counted_once(rule: str) -> None:
    """Whatever the rule: seen is what the reply listed, pairs or not."""
    gold = (Span(0, 3, "person"),)
    passage = Passage("d#0", "d", "eng_Latn", "Ana met Ana.", 0, 3, "corpus", gold=gold)
    report = GroundingReport()
    reply = '[["Ana","person"],["Ana","person"],["Bob","person"],["x"]]'
    annotation = {"reply": reply, "finish_reason": "stop"}
    rows = ground_reply(passage, annotation, rule, report)
    metrics = report.metrics()
    assert metrics["mentions"]["seen"] == 4
    assert metrics["mentions"]["kept"] == {"cursor": 2, "all": 1}[rule]
    assert {row["position"] for row in rows} == {0, 1, 2}
    assert report.scores.typed.correct == 1
    ground_reply(passage, {"reply": "", "finish_reason": "content_filter"}, rule, report)
    assert report.replies.dropped == {"content_filter": 1}
