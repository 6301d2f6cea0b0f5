"""Cleaning, language identification."""

import pytest

from finerweb.corpus.cleaning import clean
from finerweb.corpus.identification import Identifier, accept
from finerweb.languages import language, languages
from finerweb.params.passages import PassagesParams
from finerweb.records import Document

PARAMS = PassagesParams(words=5, min_words=2, language_check="match", identifier="x")


def document(name: str, part: str | None = None, text: str = "Ein kurzer Text.") -> Document:
    return Document(name, "deu_Latn", text, part)


def always(label: str | None) -> Identifier:
    return lambda _: (label, 1.0)


def test_every_drop_has_a_reason() -> None:
    documents = [
        document("a"),
        document("b", text="EIN  kurzer Text."),
        document("c", text="Kurz."),
        document("d", text="..."),
        document("e", text="This one is English."),
    ]

    def identify(text: str) -> tuple[str | None, float]:
        return ("en" if "English" in text else "de"), 1.0

    passages, tally = clean(documents, PARAMS, identify)
    assert [p.document_id for p in passages] == ["a"]
    assert tally.metrics() == {
        "seen": 5,
        "kept": 1,
        "dropped": {"duplicate": 1, "language": 1, "no words": 1, "too short": 1},
    }


@pytest.mark.parametrize(
    ("check", "code", "label", "expected"),
    [
        ("match", "deu_Latn", "de", True),
        ("match", "deu_Latn", "nl", False),
        ("match", "deu_Latn", None, False),
        ("match", "als_Latn", "sq", True),
        ("match", "als_Latn", "als", False),
        ("match", "xho_Latn", "en", False),
        ("reject_english", "deu_Latn", "en", False),
        ("reject_english", "deu_Latn", "nl", True),
        ("reject_english", "deu_Latn", None, True),
        ("reject_english", "eng_Latn", "en", True),
        ("none", "deu_Latn", "en", True),
    ],
)
def test_language_check(check: str, code: str, label: str | None, expected: bool) -> None:
    assert accept("x", code, check, always(label)) is expected


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("Ótimo trabalho, muito obrigado pela sua ajuda", "pt"),
        ("zwei\nZeilen auf Deutsch mit Umbruch", "de"),
        ("", None),
        (" \n\t ", None),
        ("12345 !!!", None),
        ("กรุงเทพมหานครเป็นเมืองหลวง", "th"),
    ],
)
def test_identifier(text: str, label: str | None) -> None:
    from finerweb.corpus.identification import load_identifier
    from finerweb.models import resolve

    assert load_identifier(resolve("mirror:lid.176"))(text)[0] == label


def test_the_table_of_languages() -> None:
    table = languages()
    assert sum(row.in_paper for row in table.values()) == 91
    assert len({row.script for row in table.values() if row.in_paper}) == 25
    assert all(len(row.iso639_3) == 3 and len(row.script) == 4 for row in table.values())


def test_unknown_language_names_the_nearest() -> None:
    with pytest.raises(ValueError, match="Did you mean deu_Latn"):
        language("deu_Cyrl")
