"""Variants at sentence level."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from texts import SENTENCES, slices, texts

from finerweb.release.sentences import SentenceReport, sentences


def row(text: str, *spans: tuple[int, int]) -> dict[str, Any]:
    found = [{"start": a, "end": b, "label": "x", "surface": text[a:b]} for a, b in spans]
    return {"id": "d#0", "text": text, "char_spans": found, "language": "eng_Latn"}


def test_spans_are_rebased() -> None:
    text = "Ana came. Ana went.\n\nNobody saw."
    rows, report = sentences([row(text, (0, 3), (10, 13))])
    assert [(r["id"], r["text"], r["start"]) for r in rows] == [
        ("d#0-s0", "Ana came.", 0),
        ("d#0-s1", "Ana went.", 10),
        ("d#0-s2", "Nobody saw.", 21),
    ]
    assert [[s["start"] for s in r["char_spans"]] for r in rows] == [[0], [0], []]
    assert {r["passage_id"] for r in rows} == {"d#0"} and rows[0]["language"] == "eng_Latn"
    assert (report + SentenceReport()).metrics() == {
        "sentences": 3,
        "unannotated": 1,
        "entities": 2,
        "crossing": 0,
    }


def test_equal_sentences_keep_their_own_entities() -> None:
    rows, _ = sentences([row("Ana ran. Ana ran. Ana ran.", (9, 12))])
    assert [len(r["char_spans"]) for r in rows] == [0, 1, 0]


def test_what_crosses_is_marked_and_counted() -> None:
    rows, report = sentences([row("By Dr. No. The End. Fine.", (3, 18), (20, 24))])
    crossed = [r["is_crossed"] for r in rows]
    assert crossed[-1] is False and sum(crossed) == len(rows) - 1
    assert report.crossing == 1 and report.entities == 2
    assert rows[-1]["char_spans"][0]["start"] == 0


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("北京很大。上海也很大。", ["北京很大。", "上海也很大。"]),
        ("राम आया। सीता गई।", ["राम आया।", "सीता गई।"]),
        ("وصل أحمد؟ نعم.", ["وصل أحمد؟", "نعم."]),
        ("ฝนตก\nแดดออก", ["ฝนตก", "แดดออก"]),
        (" \n ", []),
        ("", []),
    ],
)
def test_scripts(text: str, expected: list[str]) -> None:
    assert [r["text"] for r in sentences([row(text)])[0]] == expected


@given(texts(min_size=1), st.data())
def test_nothing_is_lost(text: str, data: st.DataObject) -> None:
    """Sentences are slices; each entity is in one of them, with its surface, or is counted."""
    text = text + " ".join(data.draw(st.lists(st.sampled_from(list(SENTENCES.values())))))
    drawn = [data.draw(slices(text)) for _ in range(data.draw(st.integers(0, 4)))]
    spans = [(start, end) for start, end in drawn if text[start:end].strip()]
    rows, report = sentences([row(text, *spans)])
    end = inside = 0
    for one in rows:
        assert not text[end : one["start"]].strip()
        end = one["start"] + len(one["text"])
        assert text[one["start"] : end] == one["text"] == one["text"].strip()
        inside += len(one["char_spans"])
        for span in one["char_spans"]:
            assert one["text"][span["start"] : span["end"]] == span["surface"]
    assert not text[end:].strip()
    assert inside + report.crossing == report.entities == len(spans)
    assert report.crossing == 0 or any(one["is_crossed"] for one in rows) or not rows
