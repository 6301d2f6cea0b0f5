"""Variants at sentence level."""

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from texts import SENTENCES, slices, texts
from viewed import viewed

from finerweb.corpus.sat import Sat
from finerweb.corpus.sentences import icu
from finerweb.models import resolve
from finerweb.params.variants import SatParams
from finerweb.records import Entity, Passage, Source
from finerweb.release.sentences import SentenceReport, Sentences, sentences
from finerweb.release.sentences import cut as cut_at
from finerweb.tables.variants import SINGLE_SENTENCES


def borders(table: pa.Table) -> Sentences:
    texts = table["text"].to_pylist()
    return cut_at(texts, icu(texts))


def cut(
    *passages: tuple[str, list[tuple[int, int]]],
) -> tuple[list[dict[str, Any]], SentenceReport]:
    """Return the sentences of passages of text and spans."""
    rows, entities = [], {}
    for number, (text, places) in enumerate(passages):
        name = f"d#{number}"
        rows.append((Passage(name, "d", "eng_Latn", text, 0, 9, "corpus"), 0.5))
        found = [Entity(a, b, ("x",), (Source("qwen", a, b, "x"),)) for a, b in places]
        entities[name] = found
    table, _ = viewed(rows, entities, "single", False, {"x": ("x",)})
    found_rows, report = sentences(table, SINGLE_SENTENCES, borders(table))
    return found_rows.to_pylist(), report


def test_spans_are_rebased() -> None:
    text = "Ana came. Ana went.\n\nNobody saw."
    rows, report = cut((text, [(0, 3), (10, 13)]))
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
    rows, _ = cut(("Ana ran. Ana ran. Ana ran.", [(9, 12)]))
    assert [len(r["char_spans"]) for r in rows] == [0, 1, 0]


def test_what_crosses_is_marked_and_counted() -> None:
    rows, report = cut(("By Dr. No. The End. Fine.", [(3, 18), (20, 24)]))
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
    assert [r["text"] for r in cut((text, []))[0]] == expected


def test_passages_keep_to_themselves() -> None:
    """An entity of one passage is in no sentence of another, wherever it stands."""
    first = ("Ana ran. Bo sat. ", [(0, 3), (7, 10)])
    rows, report = cut(first, (" Eve came. Nobody saw.", [(0, 4), (1, 4), (11, 17)]), ("  ", []))
    assert [(r["passage_id"], r["start"], r["is_crossed"]) for r in rows] == [
        ("d#0", 0, True),
        ("d#0", 9, True),
        ("d#1", 1, True),
        ("d#1", 11, False),
    ]
    assert [[s["surface"] for s in r["char_spans"]] for r in rows] == [
        ["Ana"],
        [],
        ["Eve"],
        ["Nobody"],
    ]
    assert (report.entities, report.crossing) == (5, 2)


@given(texts(min_size=1), st.data())
def test_nothing_is_lost(text: str, data: st.DataObject) -> None:
    """Sentences are slices; each entity is in one of them, with its surface, or is counted."""
    text = text + " ".join(data.draw(st.lists(st.sampled_from(list(SENTENCES.values())))))
    drawn = [data.draw(slices(text)) for _ in range(data.draw(st.integers(0, 4)))]
    spans = [(start, end) for start, end in drawn if text[start:end].strip()]
    rows, report = cut((text, spans))
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


class _Halves:
    """In place of a Segment-Any-Text model, whose weights are not to be had everywhere."""

    def split(self, texts: list[str], **settings: object) -> list[list[str]]:
        assert settings == {"threshold": 0.5, "split_on_input_newlines": False}
        return [[text[: len(text) // 2], text[len(text) // 2 :]] for text in texts]


def test_sentences_of_a_model(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What it cuts are slices of the text, whatever it says, bare of white space."""
    asked = []

    def load(folder: str, tokenizer_name_or_path: str) -> _Halves:
        asked.append((folder, tokenizer_name_or_path))
        return _Halves()

    fake = SimpleNamespace(SaT=load)
    monkeypatch.setitem(sys.modules, "wtpsplit", fake)
    monkeypatch.setattr("finerweb.corpus.sat.resolve", lambda name: tmp_path / name)
    sat = Sat(SatParams(model="local:a", tokenizer="local:b", threshold=0.5))
    assert asked == [(str(tmp_path / "local:a"), str(tmp_path / "local:b"))]
    assert sat(["ab cd ", "", "北京。上海", "ab cd "]) == [
        ((0, 2), (3, 5)),
        (),
        ((0, 2), (2, 5)),
        ((0, 2), (3, 5)),
    ]


def test_a_missing_library_names_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "wtpsplit", None)
    with pytest.raises(ValueError, match="install finerweb with the extra `sat`"):
        Sat(SatParams(model="local:a", tokenizer="local:b", threshold=0.5))


@pytest.mark.slow
def test_the_library_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A model of random weights, through wtpsplit: whatever it cuts, nothing is lost."""
    pytest.importorskip("wtpsplit", reason="needs the extra `sat`")
    from wtpsplit.configs import SubwordXLMConfig
    from wtpsplit.models import SubwordXLMForTokenClassification

    tokenizer = resolve("mirror:multilingual-e5-small-q4")
    small = {"num_hidden_layers": 1, "hidden_size": 32, "num_attention_heads": 2}
    config = SubwordXLMConfig(
        **small, intermediate_size=64, vocab_size=250037, num_labels=1, max_position_embeddings=514
    )
    SubwordXLMForTokenClassification(config).save_pretrained(tmp_path)
    paths = {"local:a": tmp_path, "local:b": tokenizer}
    monkeypatch.setattr("finerweb.corpus.sat.resolve", paths.__getitem__)
    sat = Sat(SatParams(model="local:a", tokenizer="local:b", threshold=0.5))
    texts = [*SENTENCES.values(), "One.\n\nTwo. "]
    for text, found in zip(texts, sat(texts), strict=True):
        left = "".join(text[a:b] for a, b in found)
        assert "".join(left.split()) == "".join(text.split())
