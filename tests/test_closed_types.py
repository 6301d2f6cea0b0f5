"""A closed set of types: what annotators are told, what their replies are held to, what is dropped.

The prompts and schemas of an open set stay what they were: the sample's replies are kept by them.
"""

import json
from typing import Any

import pytest
from asking import SERVED
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import ValidationError, validate
from pydantic import ValidationError as Misfit
from texts import SENTENCES

from finerweb import annotation
from finerweb.annotation import Brief
from finerweb.grounding import UNLISTED, GroundingReport, ground_listed, ground_reply
from finerweb.params.annotate import AnnotateParams, Types
from finerweb.params.annotators import AnnotatorParams
from finerweb.params.ground import GroundParams
from finerweb.records import Mention, Passage

CHAT = AnnotatorParams(**SERVED.model_dump(), max_mentions=30, max_tokens=50)
BASE = CHAT.model_copy(update={"chat": False})
CURSOR = GroundParams(rule="cursor", words="anywhere", second_look=[])
WRITTEN: list[Any] = [
    "person",
    {"Gesetz": "Gesetze und Verordnungen"},
    {"सम्मान": None},
    {"สถานที่": 'จังหวัด {{ passage }} "อำเภอ"'},
    "人名",
    "هيئة",
]


KEYS = ["5121dc4d95d62fdb", "bea5d824a810cc58", "09001a4687b02cbd", "cffaaa98ee3cfeaa"]
"""Of a chat model's request and second request about a text, and of a base model's."""


def closed(*entries: Any) -> Types:
    types = AnnotateParams.model_validate({"annotators": ["a"], "types": entries}).types
    assert types is not None
    return types


TYPES = closed(*WRITTEN)
NAMES = [one.name for one in TYPES]


def passage(script: str = "Thai", code: str = "tha_Thai") -> Passage:
    return Passage("d#0", "d", code, SENTENCES[script], 0, 0, "corpus")


def test_entries() -> None:
    assert NAMES == ["person", "Gesetz", "सम्मान", "สถานที่", "人名", "هيئة"]
    assert [one.description for one in TYPES[:3]] == [None, "Gesetze und Verordnungen", None]


@pytest.mark.parametrize(
    ("types", "message"),
    [
        ([], "at least 1 item"),
        (["person", "Person"], r"twice there: \['person'\]"),
        (["person", {"person": "people"}], r"twice there: \['person'\]"),
        ([False], "quotes around yes, no, null"),
        ([{"a": "x", "b": "y"}], "expected a name, or one"),
        ([{"a": 3}], "valid string"),
        (["person / role"], "without ' / '"),
        (["per\nson"], "one line"),
        ([" person"], "one line"),
        (["two  blanks"], "one line"),
        ([""], "one line"),
        (["x" * 41], "at most 40"),
        ([{"law": "one\ntwo"}], "one line"),
        ("person", "valid tuple"),
    ],
)
def test_entries_that_are_refused(types: Any, message: str) -> None:
    with pytest.raises(Misfit, match=message):
        AnnotateParams.model_validate({"annotators": ["a"], "types": types})


@pytest.mark.parametrize("params", [CHAT, BASE], ids=["chat", "base"])
@pytest.mark.parametrize("script", SENTENCES)
def test_the_prompt_has_the_types_and_what_they_cover(params: AnnotatorParams, script: str) -> None:
    """As they were written, in their order, before the passage; nothing in them is a template."""
    asked = annotation.request(passage(script), Brief(params, TYPES))
    told = [f"- {one.name}: {one.description}" if one.description else f"- {one.name}"
            for one in TYPES]  # fmt: skip
    assert "\n".join(told) in asked.text
    assert asked.text.index(told[-1]) < asked.text.rindex(SENTENCES[script])
    assert asked.text.count("Text in ") == 1, "no example: these types are unknown to them"
    assert asked.template.startswith("annotate_types_")
    assert (asked.prompt is None) == params.chat


def test_replies_of_an_open_set_keep_their_keys() -> None:
    """By them thousands are kept; a change here asks all of the sample again."""
    keys = [
        ask(passage(), Brief(params, None)).key({}).hex()[:16]
        for params in (CHAT, BASE)
        for ask in (annotation.request, annotation.smaller)
    ]
    assert keys == KEYS


def test_a_closed_set_has_keys_of_its_own() -> None:
    sets = (None, closed("person"), closed({"person": "people"}), closed("person", "law"))
    asked = [annotation.request(passage(), Brief(CHAT, types)) for types in sets]
    assert len({one.key({}) for one in asked}) == 4


def test_a_second_try_asks_for_less() -> None:
    less = annotation.smaller(passage(), Brief(CHAT, TYPES))
    assert "at most 15" in less.text and json.loads(less.schema or "")["maxItems"] == 15


def test_the_first_questions_ask_for_any_type() -> None:
    """A closed set may have none for what they name."""
    told = [[one.request for one in annotation.canaries(Brief(CHAT, t))] for t in (None, TYPES)]
    assert told[0] == told[1] and len(told[0]) == 3


@pytest.mark.parametrize(
    ("entries", "replies"),
    [
        (
            ["PER", "ORG", "LOC", "MISC"],
            [
                [["Grace Otieno", "PER"], ["Lake Basin Trust", "ORG"], ["Nile", "LOC"]],
                [["FC Andino", "ORG"], ["Copa Aurora", "MISC"]],
                [["Laut Sunyi", "MISC"], ["Ratna Dewi", "PER"], ["Universitas Nusa", "ORG"]],
            ],
        ),
        (["city", "disease"], [[["Jinja", "city"]], [], []]),
        (["city", "gene"], None),
        (["person", {"city": "not villages"}], None),
    ],
)
def test_examples_speak_of_the_types_alone(entries: list[Any], replies: Any) -> None:
    """Or there are none: of a type they do not know they would teach that it is not there."""
    found = annotation.examples(closed(*entries))
    if replies is None:
        assert found == ()
        return
    assert len(found) == 3
    for (_, text, reply), first in zip(found, replies, strict=True):
        pairs = json.loads(reply)
        assert pairs[: len(first)] == first and {kind for _, kind in pairs} <= set(entries)
        places = [text.index(surface) for surface, _ in pairs]
        assert places == sorted(places)
        asked = annotation.request(passage(), Brief(CHAT, closed(*entries)))
        assert f": {text}\n{reply}\n" in asked.text


@pytest.mark.parametrize("form", ["list", "object", "none"])
def test_what_replies_are_held_to(form: str) -> None:
    params = CHAT.model_copy(update={"structured": form})
    schema = annotation.request(passage(), Brief(params, TYPES)).schema
    if form == "none":
        assert schema is None
        return
    around = (lambda pairs: {"entities": pairs}) if form == "object" else (lambda pairs: pairs)
    validate(around([["สมชาย", name] for name in NAMES]), json.loads(schema or ""))
    if form == "list":  # OpenAI's strict mode cannot say it; grounding drops what it gives.
        with pytest.raises(ValidationError):
            validate([["สมชาย", "city"]], json.loads(schema or ""))


@pytest.mark.slow  # It imports torch.
def test_the_engine_holds_replies_to_the_types() -> None:
    """With the library by which vLLM does: the grammar of the schema, no model needed."""
    xgrammar = pytest.importorskip("xgrammar")
    from xgrammar.testing import _is_grammar_accept_string as accepts

    schema = annotation.request(passage(), Brief(CHAT, TYPES)).schema
    grammar = xgrammar.Grammar.from_json_schema(
        schema, any_whitespace=False, separators=(",", ":"), strict_mode=True
    )
    for name in NAMES:
        assert accepts(grammar, f'[["x","{name}"]]')
    assert accepts(grammar, "[]")
    assert not accepts(grammar, '[["x","city"]]')


@pytest.mark.parametrize(
    ("script", "listed", "expected"),
    [
        ("Latn", [("Anna Müller", "PERSON")], ["person"]),
        ("Thai", [("สมชาย", "city"), ("เชียงใหม่", "สถานที่")], [UNLISTED, "สถานที่"]),
        ("Deva", [("वाराणसी", "gesetz"), ("वाराणसी", "सम्मान")], ["Gesetz", "exhausted"]),
        ("Hani", [("成都", "place"), ("成都", "人名")], [UNLISTED, "人名"]),
        ("Arab", [("القاهرة", "هيئة"), ("القاهرة", "")], ["هيئة", UNLISTED]),
    ],
)
def test_ground(script: str, listed: list[tuple[str, str]], expected: list[str]) -> None:
    """What is not listed has its row, in its place, and takes none from what follows."""
    text = SENTENCES[script]
    mentions = [Mention(surface, kind.lower()) for surface, kind in listed]
    found = ground_listed(text, mentions, CURSOR, TYPES)
    assert [one.position for one in found] == list(range(len(mentions)))
    assert [one.span.type if one.span else one.status for one in found] == expected
    for one, mention in zip(found, mentions, strict=True):
        assert one.mention.text == mention.text
        assert one.span is None or text[one.span.start : one.span.end] == mention.text


@given(
    st.lists(
        st.tuples(st.sampled_from("ab กข"), st.sampled_from([*NAMES, "city", "x"])), max_size=9
    ),
    st.sampled_from(["cursor", "all", "nearest"]),
)
def test_nothing_is_lost(pairs: list[tuple[str, str]], rule: str) -> None:
    """Seen is kept and dropped; only listed types have spans; the rest is grounded as without."""
    one = Passage("d#0", "d", "tha_Thai", "ab กขab", 0, 2, "corpus")
    reply = {"reply": json.dumps(pairs), "finish_reason": "stop"}
    params = CURSOR.model_copy(update={"rule": rule})
    report, alone = GroundingReport(), GroundingReport()
    rows = ground_reply(one, reply, params, TYPES, report)
    tally = report.mentions
    assert tally.seen == len(pairs) == tally.kept + tally.dropped.total()
    usable = [(surface, kind) for surface, kind in pairs if surface.strip()]
    assert tally.dropped[UNLISTED] == sum(kind not in NAMES for _, kind in usable)
    assert {row["type"] for row in rows if row["start"] is not None} <= set(NAMES)
    listed = {"reply": json.dumps([p for p in pairs if p[1] in NAMES]), "finish_reason": "stop"}
    ground_reply(one, listed, params, None, alone)
    assert alone.mentions.kept == tally.kept
