"""Types in the language of their passages: rows, statuses, what the report says."""

import unicodedata
from collections import Counter

import pytest

from finerweb.corpus.scripts import share_in_script
from finerweb.languages import language
from finerweb.lexicon import lexicon
from finerweb.tally import by_language
from finerweb.translation import (
    BY_GOOGLE,
    BY_LLM,
    KEPT,
    LEXICAL,
    NONE,
    PARTLY,
    Name,
    Names,
    Return,
    TranslationReport,
    translate,
    wanted,
)
from finerweb.translators import Lexicon, names

CONCEPTS = {
    "person": ("person",),
    "Persons": ("person",),
    "human": ("person",),
    "city": ("city",),
    "person/role": ("person", "role"),
    "city/capital": ("capital", "city"),
    "sports club": ("sports club",),
    "Stadt": ("stadt",),
    "人物": ("人物",),
    ",": (",",),
}


def by_lexicon(kinds: list[str], code: str) -> Names:
    return names({code: wanted(kinds, CONCEPTS, code)}, [Lexicon()], back=False)[code]


@pytest.mark.parametrize("code", sorted(lexicon()))
def test_the_lexicon(code: str) -> None:
    """A hundred types, each with a name of its own, in the language's script and NFC."""
    known = lexicon()[code]
    assert len(known) == 100
    assert [name for name, n in Counter(known.values()).items() if n > 1] == []
    for name in known.values():
        assert name == name.strip() == unicodedata.normalize("NFC", name)
        assert share_in_script(name, language(code).script) == 1


def test_what_is_wanted() -> None:
    """Each concept once, compounds by part; nothing of English, nor what is no English word."""
    assert wanted(CONCEPTS, CONCEPTS, "tha_Thai") == [
        "capital", "city", "person", "role", "sports club", "stadt"
    ]  # fmt: skip
    assert wanted(CONCEPTS, CONCEPTS, "eng_Latn") == []


@pytest.mark.parametrize(
    ("kind", "code", "expected"),
    [
        ("person", "deu_Latn", ("Person", LEXICAL)),
        ("Persons", "deu_Latn", ("Person", LEXICAL)),
        ("city", "tha_Thai", (lexicon()["tha_Thai"]["city"], LEXICAL)),
        ("city", "arb_Arab", (lexicon()["arb_Arab"]["city"], LEXICAL)),
        ("person/role", "hin_Deva", (
            "/".join(lexicon()["hin_Deva"][c] for c in ("person", "role")), LEXICAL)),
        ("city/capital", "deu_Latn", ("capital/Stadt", PARTLY)),
        ("sports club", "cmn_Hani", ("sports club", NONE)),
        ("人物", "cmn_Hani", ("人物", KEPT)),
        ("person", "eng_Latn", ("person", KEPT)),
        ("person", "fra_Latn", ("person", NONE)),
    ],
)  # fmt: skip
def test_translations(kind: str, code: str, expected: tuple[str, str]) -> None:
    ((row,), _) = translate({kind: 3}, CONCEPTS, code, by_lexicon([kind], code))
    assert (row["translation"], row["status"]) == expected
    assert row["type"] == kind and row["count"] == 3


def test_nobody_translates() -> None:
    ((row,), _) = translate({"person": 1}, CONCEPTS, "deu_Latn", Names())
    assert (row["translation"], row["status"]) == ("person", NONE)


@pytest.mark.parametrize(
    ("by", "status"),
    [
        (("lexicon", "lexicon"), LEXICAL),
        (("llm", "lexicon"), BY_LLM),
        (("lexicon", "google"), BY_GOOGLE),
        (("google", "llm"), BY_GOOGLE),
    ],
)
def test_the_status_of_a_compound_names_the_last_translator(
    by: tuple[str, str], status: str
) -> None:
    given = Names({"capital": Name("เมืองหลวง", by[0]), "city": Name("เมือง", by[1])})
    ((row,), report) = translate({"city/capital": 1}, CONCEPTS, "tha_Thai", given)
    assert (row["translation"], row["status"]) == ("เมืองหลวง/เมือง", status)
    assert report.metrics()["concepts"] == {**Counter(by), "coverage": 1.0}


def test_report() -> None:
    counts = {"person": 6, "human": 2, "sports club": 1, "city/capital": 1, "人物": 5}
    _, report = translate(counts, CONCEPTS, "deu_Latn", by_lexicon([*counts], "deu_Latn"))
    metrics = (report + TranslationReport()).metrics()
    assert metrics["types"] == {"lexicon": 2, "partly": 1, "none": 1, "kept": 1, "coverage": 0.5}
    assert metrics["mentions"] == {
        "lexicon": 8, "partly": 1, "none": 1, "kept": 5, "coverage": 0.8
    }  # fmt: skip
    assert metrics["concepts"] == {"lexicon": 2, "none": 2, "coverage": 0.5}
    assert metrics["n_collisions"] == 0, "one concept by two types is no collision"
    assert TranslationReport().metrics()["types"] == {"coverage": None}


def test_report_of_refusals_and_the_way_back() -> None:
    """They add up over languages; what did not come back is named."""
    thai = Names({"city": Name("เมือง", "llm")})
    thai.refused.update({("llm", "empty"): 2, ("google", "unsupported"): 1})
    thai.returns = [Return("city", thai.given["city"], "town", False)]
    german = Names({"city": Name("Stadt", "llm")}, Counter({("llm", "empty"): 1}))
    german.returns = [Return("city", german.given["city"], "Cities", True)]
    reports = {
        code: translate({"city": 1}, CONCEPTS, code, found)[1]
        for code, found in (("tha_Thai", thai), ("deu_Latn", german))
    }
    overall = by_language(reports, TranslationReport())["overall"]
    assert isinstance(overall, dict)
    assert overall["refused"] == {"google": {"unsupported": 1}, "llm": {"empty": 3}}
    differing = {"language": "tha_Thai", "concept": "city", "name": "เมือง", "back": "town"}
    assert overall["back"] == {"llm": {"asked": 2, "same": 1, "share": 0.5}}
    assert overall["differing"] == [differing]


def test_collisions_are_named() -> None:
    """A type that is German already is called as another is translated."""
    german = by_lexicon(["city", "Stadt"], "deu_Latn")
    _, report = translate({"city": 3, "Stadt": 1}, CONCEPTS, "deu_Latn", german)
    _, more = translate({"city": 1}, CONCEPTS, "tha_Thai", by_lexicon(["city"], "tha_Thai"))
    assert (report + more).metrics()["collisions"] == [
        {"language": "deu_Latn", "translation": "Stadt", "concepts": ["city", "stadt"]}
    ]
