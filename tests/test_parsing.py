"""Reading replies: a total parser, with every repair named."""

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import ValidationError, validate
from texts import SENTENCES, texts

from finerweb.llm import schemas
from finerweb.llm.parsing import MAX_REPLY, REJECTIONS, REPAIRS, parse_pairs
from finerweb.records import Mention, check_text

CASES = {
    "as asked": ('[["Köln","city"],["Rhein","river"]]', ["Köln", "Rhein"], ()),
    "empty list": ("[]", [], ()),
    "empty list in words": ("Here is the list: []", [], ("outer text",)),
    "empty list, then words": ("[] There are none.", [], ("outer text",)),
    "empty list in an object": ('Here: {"entities": []}', [], ("outer text", "object")),
    "arabic": ('[["القاهرة","City"]]', ["القاهرة"], ()),
    "devanagari": ('[["वाराणसी","city"]]', ["वाराणसी"], ()),
    "thai": ('[["เชียงใหม่","city"]]', ["เชียงใหม่"], ()),
    "chinese, escaped": (r'[["\u6210\u90fd","city"]]', ["成都"], ()),
    "emoji, escaped": (r'[["\ud83d\ude80 X","product"]]', ["🚀 X"], ()),
    "fenced": ('```json\n[["Köln","city"]]\n```', ["Köln"], ("fence",)),
    "fence that never ends": ('```\n[["Köln","city"]]', ["Köln"], ("fence",)),
    "fenced, with prose": ('Sure!\n```json\n[["成都","city"]]\n```\nBye', ["成都"], ("fence",)),
    "prose around": ('Here it is: [["Köln","city"]] Done.', ["Köln"], ("outer text",)),
    "tuples": ("[('Köln', 'city'), ('Rhein', 'river')]", ["Köln", "Rhein"], ("python literal",)),
    "tuples without a list": (
        "('काशी', 'city'), ('गंगा', 'river')",
        ["काशी", "गंगा"],
        ("python literal",),
    ),
    "tuples in prose": (
        "So: [('เชียงใหม่', 'city')].",
        ["เชียงใหม่"],
        ("outer text", "python literal"),
    ),
    "mixed quotes": ("[(\"O'Hara\", 'person')]", ["O'Hara"], ("python literal",)),
    "escaped quotes": (r"[('O\'Hara', 'person')]", ["O'Hara"], ("python literal",)),
    "bare apostrophe": ("[('O'Hara', 'person'), ('x', 'y')]", ["O'Hara", "x"], ("quotes",)),
    "curly quotes": ("[[“Köln”, “city”], [‘Rhein’, ‘river’]]", ["Köln", "Rhein"], ("quotes",)),
    "german quotes": ("[[„Köln“, „city“]]", ["Köln"], ("quotes",)),
    "guillemets": ("[(«Казань», «city»)]", ["Казань"], ("quotes",)),
    "trailing comma": ('[["Köln","city"],]', ["Köln"], ("python literal",)),
    "None": ("[('Köln', None), ('a', 'b')]", ["a"], ("python literal",)),
    "objects": ('[{"entity":"Köln","type":"city"}]', ["Köln"], ("objects",)),
    "objects, type first": ('[{"type":"city","entity":"Köln"}]', ["Köln"], ("objects",)),
    "objects without a type": ('[{"a":"Köln","b":"x"},["a","b"]]', ["a"], ("objects",)),
    "an object around": ('{"entities":[["Köln","city"]]}', ["Köln"], ("object",)),
    "an object around objects": (
        '{"entities":[{"mention":"القاهرة","label":"city"}]}',
        ["القاهرة"],
        ("object", "objects"),
    ),
    "one object": ('{"mention":"Köln","type":"city"}', ["Köln"], ("objects",)),
    "mentions to types": ('{"Köln":"city","Rhein":"river"}', ["Köln", "Rhein"], ("mapping",)),
    "a mention twice": ('{"Ana":"person","Ana":"title"}', ["Ana", "Ana"], ("mapping",)),
    "types to mentions": ('{"city":["Köln","Bonn"]}', ["Köln", "Bonn"], ("mapping",)),
    "one pair": ('["Köln","city"]', ["Köln"], ()),
    "pairs one a line": (
        '["Köln","city"]\n["Rhein","river"]',
        ["Köln", "Rhein"],
        ("several lists",),
    ),
    "numbered pairs": (
        '1. ["Köln","city"]\n2. ["Rhein","river"]',
        ["Köln", "Rhein"],
        ("outer text", "several lists"),
    ),
    "doubled": ('[["Köln","city"]]\n[["Köln","city"]]', ["Köln"], ("several lists",)),
    "doubled, longer": (
        '[["Köln","city"]] [["Köln","city"],["Rhein","river"]]',
        ["Köln", "Rhein"],
        ("several lists",),
    ),
    "truncated": ('[["Köln","city"],["Rhe', ["Köln"], ("truncated",)),
    "truncated before the end": (
        '[["Köln","city"],["成都","city"]',
        ["Köln", "成都"],
        ("truncated",),
    ),
    "truncated tuples": ("[('Köln', 'city'), ('Rh", ["Köln"], ("truncated",)),
    "truncated objects": (
        '[{"entity":"Köln","type":"city"},{"enti',
        ["Köln"],
        ("objects", "truncated"),
    ),
    "truncated in an escape": (r'[["a","b"],["\u62', ["a"], ("truncated",)),
    "endless whitespace": ('[["Köln","city"],\n' + " \n" * 500, ["Köln"], ("truncated",)),
    "a set of lists": ('{["Köln","city"]}', ["Köln"], ("quotes",)),
    "wrong arity": ('[["Köln"],["Rhein","river","x"],["a","b"]]', ["a"], ()),
    "wrong types": ('[["Köln",1],[null,"x"],[NaN,"y"],["a","b"]]', ["a"], ()),
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
    "deep": ("[" * 50_000, "no list"),
    "deep objects": ('{"a":' * 10_000, "no list"),
    "10 MB": ("x" * 10_000_000, "too long"),
    "10 MB of pairs": ("[" + '["a","b"],' * 1_000_000 + '["a","b"]]', "too long"),
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


def test_rows_that_cannot_be_used_are_counted_by_reason() -> None:
    long = "x" * 501
    reply = json.dumps([["a", "b"], ["x"], 3, ["", "y"], [long, "y"], ["a\0", "y"]])
    parsed = parse_pairs(reply)
    assert parsed.rejected == {"no pair": 2, "no text": 1, "too long": 1, "unusable characters": 1}
    assert set(parsed.rejected) == set(REJECTIONS)


def test_15_five_thousand_entities_are_capped_and_flagged() -> None:
    parsed = parse_pairs(json.dumps([[f"e{n}", "x"] for n in range(5000)]))
    assert (len(parsed.mentions), parsed.repairs) == (1000, ("capped",))


def test_every_repair_has_a_case() -> None:
    met = {name for _, _, repairs in CASES.values() for name in repairs}
    assert met | {"capped"} == set(REPAIRS)


HOSTILE = ['["', "[('a", '[{"a":', '["a:', "'a','b',", '{"entity": "a", ', "[1]", "```", '["a","']


@pytest.mark.parametrize("piece", HOSTILE)
def test_14_hostile_replies_take_bounded_time(piece: str) -> None:
    begun = time.process_time()
    parse_pairs((piece * MAX_REPLY)[:MAX_REPLY])
    assert time.process_time() - begun < 5


@pytest.mark.parametrize("form", ["list", "object", "none"])
def test_schemas_are_bounded_and_what_fits_them_is_read(form: str) -> None:
    """Each array and string has its bound; OpenAI's strict mode gets objects, unbound strings."""
    made = [schemas.annotation(3, form), schemas.rating(form), schemas.translation(form)]
    made.append(schemas.verdict(3, 80, form))
    if form == "none":
        assert made == [None] * 4
        return
    nodes = [json.loads(schema or "") for schema in made]
    assert form == "list" or all(node["type"] == "object" for node in nodes)
    while nodes:
        node = nodes.pop()
        if node.get("type") == "array":
            assert "maxItems" in node or "prefixItems" in node
        if node.get("type") == "string" and form == "list":
            assert node["maxLength"] > 0
        if node.get("type") == "object" and "properties" in node:
            assert node["additionalProperties"] is False
            assert node["required"] == list(node["properties"])
        children = [child for child in node.values() if isinstance(child, (dict, list))]
        flat = [c for child in children for c in (child if isinstance(child, list) else [child])]
        nodes += [child for child in flat if isinstance(child, dict)]
    pairs: object = [["Köln", "city"]]
    reply = json.dumps(pairs if form == "list" else {"entities": pairs})
    validate(json.loads(reply), json.loads(made[0] or ""))
    assert parse_pairs(reply).mentions == (Mention("Köln", "city"),)
    with pytest.raises(ValidationError):
        validate(json.loads(reply.replace('"city"', "3")), json.loads(made[0] or ""))


@given(st.lists(st.tuples(texts(min_size=1), st.sampled_from(["city", "person"])), max_size=5))
def test_round_trip(pairs: list[tuple[str, str]]) -> None:
    parsed = parse_pairs(json.dumps(pairs))
    assert [m.text for m in parsed.mentions] == [text.strip() for text, _ in pairs if text.strip()]


@pytest.mark.parametrize("sentence", SENTENCES.values(), ids=SENTENCES)
def test_every_script(sentence: str) -> None:
    assert parse_pairs(json.dumps([[sentence, "x"]])).mentions[0].text == sentence
