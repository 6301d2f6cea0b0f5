"""Types in the language of their passages."""

import unicodedata
from collections import Counter

import pytest

from finerweb.corpus.scripts import share_in_script
from finerweb.languages import language
from finerweb.translation import (
    KEPT,
    LEXICAL,
    NONE,
    PARTLY,
    TranslationReport,
    lexicon,
    translate,
)

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
}


@pytest.mark.parametrize("code", sorted(lexicon()))
def test_the_lexicon(code: str) -> None:
    """A hundred types, each with a name of its own, in the language's script and NFC."""
    names = lexicon()[code]
    assert len(names) == 100
    assert [name for name, n in Counter(names.values()).items() if n > 1] == []
    for name in names.values():
        assert name == name.strip() == unicodedata.normalize("NFC", name)
        assert share_in_script(name, language(code).script) == 1


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
    ((row,), _) = translate({kind: 3}, CONCEPTS, code, "lexicon")
    assert (row["translation"], row["status"]) == expected
    assert row["type"] == kind and row["count"] == 3


def test_nobody_translates() -> None:
    ((row,), _) = translate({"person": 1}, CONCEPTS, "deu_Latn", "nobody")
    assert (row["translation"], row["status"]) == ("person", NONE)


def test_report() -> None:
    counts = {"person": 6, "human": 2, "sports club": 1, "city/capital": 1, "人物": 5}
    _, report = translate(counts, CONCEPTS, "deu_Latn", "lexicon")
    metrics = (report + TranslationReport()).metrics()
    assert metrics["types"] == {"lexicon": 2, "partly": 1, "none": 1, "kept": 1, "coverage": 0.5}
    assert metrics["mentions"] == {
        "lexicon": 8, "partly": 1, "none": 1, "kept": 5, "coverage": 0.8
    }  # fmt: skip
    assert metrics["n_collisions"] == 0, "one concept by two types is no collision"
    assert TranslationReport().metrics()["types"] == {"coverage": None}


def test_collisions_are_named() -> None:
    """A type that is German already is called as another is translated."""
    _, report = translate({"city": 3, "Stadt": 1}, CONCEPTS, "deu_Latn", "lexicon")
    _, more = translate({"city": 1}, CONCEPTS, "tha_Thai", "lexicon")
    assert (report + more).metrics()["collisions"] == [
        {"language": "deu_Latn", "translation": "Stadt", "concepts": ["city", "stadt"]}
    ]
