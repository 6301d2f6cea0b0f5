"""Reading replies: a total parser, with every repair named."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from texts import SENTENCES, texts

from finerweb.llm.parsing import parse_pairs
from finerweb.records import Mention, check_text

CASES = {
    "as asked": ('[["Köln","city"],["Rhein","river"]]', ["Köln", "Rhein"], ()),
    "empty list": ("[]", [], ()),
    "arabic": ('[["القاهرة","City"]]', ["القاهرة"], ()),
    "devanagari": ('[["वाराणसी","city"]]', ["वाराणसी"], ()),
    "thai": ('[["เชียงใหม่","city"]]', ["เชียงใหม่"], ()),
    "chinese, escaped": (r'[["\u6210\u90fd","city"]]', ["成都"], ()),
    "emoji, escaped": (r'[["\ud83d\ude80 X","product"]]', ["🚀 X"], ()),
    "fenced": ('```json\n[["Köln","city"]]\n```', ["Köln"], ("outer text",)),
    "prose around": ('Here it is: [["Köln","city"]] Done.', ["Köln"], ("outer text",)),
    "tuples": ("[('Köln', 'city'), ('Rhein', 'river')]", ["Köln", "Rhein"], ("python literal",)),
    "mixed quotes": ("[(\"O'Hara\", 'person')]", ["O'Hara"], ("python literal",)),
    "objects": ('[{"entity":"Köln","type":"city"}]', ["Köln"], ("objects",)),
    "objects, type first": ('[{"type":"city","entity":"Köln"}]', ["Köln"], ("objects",)),
    "objects without a type": ('[{"a":"Köln","b":"x"},["a","b"]]', ["a"], ("objects",)),
    "truncated": ('[["Köln","city"],["Rhe', ["Köln"], ("outer text", "truncated")),
    "truncated in an escape": (
        r'[["a","b"],["\u62',
        ["a"],
        ("outer text", "truncated"),
    ),
    "a set of lists": ('{["Köln","city"]}', [], ("outer text",)),
    "wrong arity": ('[["Köln"],["Rhein","river","x"],["a","b"]]', ["a"], ()),
    "wrong types": ('[["Köln",1],[null,"x"],["a","b"]]', ["a"], ()),
    "blank": ('[[" ","city"],["Köln"," "]]', [], ()),
    "lone surrogate": (r'[["\ud83d","x"],["a","b"]]', ["a"], ()),
    "NUL": (r'[["a\u0000","x"],["a","b"]]', ["a"], ()),
}
FAILURES = {
    "empty": ("", "empty"),
    "spaces": (" \n", "empty"),
    "prose": ("I cannot do that.", "no list"),
    "an object": ('{"a": 1}', "no list"),
    "a number": ("42", "no list"),
    "cut off at once": ('[["Kö', "no list"),
    "deep": ("[" * 100_000, "no list"),
    "long": ("[" + '["a","b"],' * 50_000 + '["a","b"]]', "too long"),
}


@pytest.mark.parametrize(("reply", "mentions", "repairs"), CASES.values(), ids=CASES)
def test_reads(reply: str, mentions: list[str], repairs: tuple[str, ...]) -> None:
    parsed = parse_pairs(reply)
    assert [mention.text for mention in parsed.mentions] == mentions
    assert parsed.repairs == repairs
    assert parsed.failure is None


@pytest.mark.parametrize(("reply", "failure"), FAILURES.values(), ids=FAILURES)
def test_refuses(reply: str, failure: str) -> None:
    parsed = parse_pairs(reply)
    assert (parsed.mentions, parsed.failure) == ((), failure)


def test_types_are_folded() -> None:
    assert parse_pairs('[["Köln"," Big  CITY "]]').mentions == (Mention("Köln", "big city"),)


PIECES = ["[", "]", "{", "}", "(", ")", '"', "'", ",", ":", "a", "ä", "\\", "\\ud83d", "\\u0000"]
PIECES += ['["a","b"]', "('a', 'b')", "None", "1", "-", "b'x'", "f'{x}'", "...", "\n", "```", "//"]


@settings(max_examples=1000)
@given(st.lists(st.sampled_from(PIECES), max_size=14).map("".join) | st.text())
def test_is_total(reply: str) -> None:
    parsed = parse_pairs(reply)
    assert parsed.failure is None or parsed.mentions == ()
    for mention in parsed.mentions:
        assert mention.text and mention.type
        check_text(mention.text + mention.type, reply)


def test_rows_that_are_no_pair_are_counted() -> None:
    assert parse_pairs('[["a","b"],["x"],3,["",""]]').n_bad == 3


@given(st.lists(st.tuples(texts(min_size=1), st.sampled_from(["city", "person"])), max_size=5))
def test_round_trip(pairs: list[tuple[str, str]]) -> None:
    parsed = parse_pairs(json.dumps(pairs))
    assert [m.text for m in parsed.mentions] == [text.strip() for text, _ in pairs if text.strip()]


@pytest.mark.parametrize("sentence", SENTENCES.values(), ids=SENTENCES)
def test_every_script(sentence: str) -> None:
    assert parse_pairs(json.dumps([[sentence, "x"]])).mentions[0].text == sentence
