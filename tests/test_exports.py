"""Exports: read back, they hold the same entities but those that the loss report names."""

import json
from itertools import groupby
from typing import Any
from xml.etree import ElementTree

import pytest
from exporting import LABELS, Label, exported, labels_of, lost_of, places, row, rows
from hypothesis import given, settings
from hypothesis import strategies as st
from texts import SENTENCES, texts

from finerweb.exports.conll import Conll, unquoted
from finerweb.exports.gliner import Gliner
from finerweb.exports.jsonl import Jsonl
from finerweb.exports.label_studio import LabelStudio
from finerweb.exports.tokens import SPLITTERS, icu_tokens, splitter
from finerweb.tables.io import Row

FEW = settings(max_examples=30)
GLINER = Gliner("icu", 384, 12)


def read_conll(data: bytes, found: list[Row]) -> set[Label]:
    """Return the labels of a CoNLL file, as any reader of IOB2 would."""
    texts = {one["id"]: one["text"] for one in found}
    labels = set()
    blocks = data.decode().split("\n\n")
    assert blocks.pop() == ""
    for block in blocks:
        head, *lines = block.split("\n")
        (name,) = unquoted(head.removeprefix("# id = "))
        pairs = [line.split("\t") for line in lines]
        where = places(texts[name], [token for token, _ in pairs])
        number = 0
        numbered = []
        for (_, tag), place in zip(pairs, where, strict=True):
            number += tag[0] != "I"
            numbered.append((number, tag, place))
        for _, group in groupby(numbered, key=lambda one: one[0]):
            tags = list(group)
            if tags[0][1] != "O":
                assert {tag[2:] for _, tag, _ in tags} == {tags[0][1][2:]}
                ends = tags[0][2][0], tags[-1][2][1]
                labels |= {(name, *ends, label) for label in unquoted(tags[0][1][2:])}
    return labels


def read_gliner(data: bytes, found: list[Row]) -> set[Label]:
    texts = {one["id"]: one["text"] for one in found}
    labels = set()
    for name, group in groupby(json.loads(data), key=lambda one: one["id"]):
        examples = list(group)
        words = [word for one in examples for word in one["tokenized_text"]]
        where = places(texts[name], words)
        begin = 0
        for one in examples:
            for first, last, label in one["ner"]:
                labels.add((name, where[begin + first][0], where[begin + last][1], label))
            begin += len(one["tokenized_text"])
    return labels


@FEW
@given(rows(), st.sampled_from(["icu", "graphemes"]))
def test_conll_round_trip(found: list[Row], words: str) -> None:
    made = exported(Conll(words), found)
    assert read_conll(made.data, found) == labels_of(found) - lost_of(made)


@FEW
@given(rows(), st.sampled_from(sorted(SPLITTERS)), st.sampled_from([3, 8, 384]))
def test_gliner_round_trip(found: list[Row], words: str, most: int) -> None:
    made = exported(Gliner(words, most, 12), found)
    assert read_gliner(made.data, found) == labels_of(found) - lost_of(made)
    assert all(0 < len(one["tokenized_text"]) <= most for one in json.loads(made.data))


@FEW
@given(rows())
def test_label_studio_round_trip(found: list[Row]) -> None:
    """Offsets are code points: everything behind an emoji is where it was."""
    made = exported(LabelStudio("merged-multi"), found)
    assert not lost_of(made)
    labels = set()
    for task in json.loads(made.data):
        (prediction,) = task["predictions"]
        for region in prediction["result"]:
            value = region["value"]
            assert task["data"]["text"][value["start"] : value["end"]] == value["text"]
            place = (task["data"]["passage_id"], value["start"], value["end"])
            labels |= {(*place, label) for label in value["labels"]}
    assert labels == labels_of(found)


@FEW
@given(rows())
def test_jsonl_holds_everything(found: list[Row]) -> None:
    made = exported(Jsonl(), found)
    assert [json.loads(line) for line in made.data.decode().splitlines()] == found
    assert not lost_of(made)


@FEW
@given(texts(max_size=120))
def test_every_solid_code_point_is_in_one_token(text: str) -> None:
    for tokens in SPLITTERS.values():
        covered = [at for start, end in tokens(text) for at in range(start, end)]
        assert covered == [at for at, character in enumerate(text) if not character.isspace()]
    assert [(s, e) for _, s, e in splitter(text)] == icu_tokens(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (SENTENCES["Latn"], "Anna|Müller|fuhr|am|3|.|Mai|nach|Straßburg|."),
        (SENTENCES["Arab"], "وصلت|آنا|إلى|القاهرة|صباحًا|."),
        (SENTENCES["Deva"], "अन्ना|कल|सुबह|वाराणसी|पहुँची|।"),
        ("เขาอยู่เชียงใหม่", "เขา|อยู่|เชียงใหม่"),
        ("安娜昨天抵达了成都。", "安娜|昨天|抵达|了|成都|。"),
        ("👩‍🚀 Anna\n🇩🇪", "👩‍🚀|Anna|🇩🇪"),
    ],
)
def test_tokens_go_by_script(text: str, expected: str) -> None:
    assert "|".join(text[start:end] for start, end in icu_tokens(text)) == expected


# Text, entities, and of each that is lost its surface and the reason.
BORDER = "not on token borders"
LOSSES = [
    pytest.param("Burggraf Otto", [(0, 4, "x")], [("Burg", BORDER)], id="inside a word"),
    pytest.param("서울에서 왔다", [(0, 2, "city")], [("서울", BORDER)], id="Korean particle"),
    pytest.param("في القاهرة", [(5, 10, "city")], [("قاهرة", BORDER)], id="Arabic article"),
    pytest.param(
        "在北京大学", [(1, 3, "city"), (1, 5, "x")], [("北京", "overlaps another")], id="Han"
    ),
    pytest.param("Ana 👍🏽", [(4, 5, "x")], [("👍", BORDER)], id="inside an emoji"),
    pytest.param(" Ana", [(0, 4, "person")], [(" Ana", BORDER)], id="white space"),
    pytest.param("कल काशी में", [(3, 7, "a", "b")], [], id="two labels"),
    pytest.param(
        "A B C", [(0, 3, "x"), (2, 5, "y"), (4, 5, "z")], [("B C", "overlaps another")], id="a tie"
    ),
]


@pytest.mark.parametrize(("text", "found", "lost"), LOSSES)
def test_what_conll_loses(text: str, found: list[Any], lost: list[tuple[str, str]]) -> None:
    made = exported(Conll("icu"), [row(text, *found)])
    told = [(text[one["start"] : one["end"]], one["reason"]) for one in made.lost]
    assert told == lost


def test_what_gliner_loses() -> None:
    text = "a b c d e f g"
    found = row(text, (0, 1, "x", "y"), (2, 3, "x"), (2, 13, "wide"), (4, 9, "over"))
    made = exported(Gliner("icu", 2, 5), [found])
    assert [(one["label"], one["reason"]) for one in made.lost] == [
        ("y", "several labels to one span"),
        ("wide", "wider than a span of the model"),
        ("over", "longer than an example"),
    ]
    assert [one["tokenized_text"] for one in json.loads(made.data)] == [
        ["a", "b"],
        ["c", "d"],
        ["e", "f"],
        ["g"],
    ]


def test_gliners_own_words_lose_scripts_without_blanks() -> None:
    text = "他住在北京大学"
    found = [row(text, (3, 7, "university"), code="cmn_Hani")]
    assert exported(GLINER, found).report["scripts"]["Hani"]["kept"] == 1
    made = exported(Gliner("gliner", 384, 12), found)
    assert made.report["scripts"]["Hani"]["dropped"] == {BORDER: 1}


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("서울에서 왔다", (0, 2)),
        ("في القاهرة", (5, 10)),
        ("काशीवासी", (0, 4)),
        ("Burggraf", (0, 4)),
    ],
)
def test_characters_lose_no_name_inside_a_word(text: str, place: tuple[int, int]) -> None:
    found = [row(text, (*place, "x"))]
    assert exported(Conll("icu"), found).report["overall"]["kept"] == 0
    made = exported(Conll("graphemes"), found)
    assert not made.lost
    assert read_conll(made.data, found) == labels_of(found)


def test_examples_are_cut_beside_entities() -> None:
    made = exported(Gliner("icu", 3, 12), [row("a b c d e", (4, 7, "x"))])
    assert [one["ner"] for one in json.loads(made.data)] == [[], [[0, 1, "x"]]]


def test_label_studio_interface_names_all_labels() -> None:
    labels = ['"quoted" & <tag>', "two\nlines", "நபர்", "bad\x01"]
    made = exported(LabelStudio("v"), [row("Ana", (0, 3, *labels))])
    assert [(one["label"], one["reason"]) for one in made.lost] == [
        ("bad\x01", "label with a character that XML has not")
    ]
    tree = ElementTree.fromstring(made.beside["label_config.xml"])
    assert sorted(one.attrib["value"] for one in tree.iter("Label")) == sorted(labels[:3])


def test_conll_tags() -> None:
    found = row("El Niño 1998 came", (0, 12, *LABELS[1:3]), (13, 17, "x"), name="a b#0")
    assert exported(Conll("icu"), [found]).data.decode() == (
        "# id = a%20b#0\n"
        "El\tB-historical%20event|50%20%25%20%7C%20half\n"
        "Niño\tI-historical%20event|50%20%25%20%7C%20half\n"
        "1998\tI-historical%20event|50%20%25%20%7C%20half\n"
        "came\tB-x\n\n"
    )
