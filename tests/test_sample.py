"""The bundled corpus: what it promises, checked."""

import json
from collections import Counter
from functools import cache
from typing import Any
from unicodedata import category

import pytest
from reach import ROOT

from finerweb.corpus.jsonl import read_jsonl
from finerweb.corpus.segmentation import words
from finerweb.evaluation.scoring import SpanScores, score
from finerweb.languages import language
from finerweb.records import Document

SAMPLE = ROOT / "sample"
LANGUAGES = sorted(path.stem for path in (SAMPLE / "documents").glob("*.jsonl"))
GUIDE = (SAMPLE / "README.md").read_text("utf-8").partition("## Gold types")[2]
TYPES = [line.split("|")[1].strip() for line in GUIDE.splitlines() if line.startswith("| ")][1:]
NEAR = 0.3


@cache
def documents(code: str) -> dict[str, Document]:
    path = SAMPLE / "documents" / f"{code}.jsonl"
    return {document.document_id: document for document in read_jsonl(path, code)}


@cache
def rows(code: str) -> list[dict[str, Any]]:
    lines = (SAMPLE / "documents" / f"{code}.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines]


def test_languages_and_scripts() -> None:
    assert len(LANGUAGES) == 12
    assert len({language(code).script for code in LANGUAGES}) == 9


@pytest.mark.parametrize("code", LANGUAGES)
def test_parts(code: str) -> None:
    counts = Counter((d.part, d.useful, d.gold is not None) for d in documents(code).values())
    assert counts == {
        ("rating", True, False): 4,
        ("rating", False, False): 4,
        ("corpus", True, True): 6,
        ("corpus", True, False): 6,
        ("corpus", False, False): 4,
    }


@pytest.mark.parametrize("code", LANGUAGES)
def test_lengths(code: str) -> None:
    lengths = [len(words(d.text).starts) for d in documents(code).values() if d.useful]
    assert sum(length > 256 for length in lengths) == 2
    assert all(60 <= length <= 150 or length > 256 for length in lengths)
    kinds = {row["kind"] for row in rows(code) if not row["useful"]}
    assert len(kinds) >= 5


@pytest.mark.parametrize("code", LANGUAGES)
def test_gold_is_where_it_should_be(code: str) -> None:
    """The reader checks that each mention stands at its span; here the rest."""
    for document in documents(code).values():
        if document.gold is None:
            continue
        assert len(document.gold) >= 8
        assert {span.type for span in document.gold} <= set(TYPES)
        ends = [0, *(span.end for span in document.gold)]
        assert all(a <= span.start for a, span in zip(ends, document.gold, strict=False))
        for span in document.gold:
            surface = document.text[span.start : span.end]
            assert surface == surface.strip()
            if language(code).script in ("Latn", "Cyrl", "Grek", "Deva"):
                around = document.text[max(span.start - 1, 0)] + document.text[span.end]
                assert span.start == 0 or category(around[0])[0] not in "LM", surface
                assert category(around[1])[0] not in "LM", surface


def test_all_gold_types_occur() -> None:
    used = {s.type for code in LANGUAGES for d in documents(code).values() for s in d.gold or ()}
    assert used == set(TYPES)
    assert len(TYPES) == 20


def shingles(text: str) -> set[str]:
    return {text[i : i + 12] for i in range(len(text) - 11)}


@pytest.mark.parametrize("code", LANGUAGES)
def test_no_near_duplicates(code: str) -> None:
    sets = [(d.document_id, shingles(d.text)) for d in documents(code).values()]
    for i, (one, a) in enumerate(sets):
        for other, b in sets[i + 1 :]:
            assert len(a & b) < NEAR * min(len(a), len(b)), f"{one} and {other}"


@pytest.mark.slow
@pytest.mark.parametrize("code", LANGUAGES)
def test_language_identification_agrees(code: str) -> None:
    from finerweb.corpus.identification import accept, load_identifier
    from finerweb.models import resolve

    identify = load_identifier(resolve("mirror:lid.176"))
    for document in documents(code).values():
        assert accept(document.text, code, "match", identify), document.document_id


def test_second_reader_agrees_as_the_readme_says() -> None:
    scores = SpanScores()
    n = 0
    for code in LANGUAGES:
        lines = (SAMPLE / "second_reader" / f"{code}.jsonl").read_text("utf-8").splitlines()
        for row in map(json.loads, lines):
            document = documents(code)[row["id"]]
            for gold in row["gold"]:
                assert document.text[gold["start"] : gold["end"]] == gold["mention"]
            predicted = [(g["start"], g["end"], (g["type"],)) for g in row["gold"]]
            scores += score(document.gold or (), predicted)
            n += 1
    assert n >= 72 / 5
    text = (SAMPLE / "README.md").read_text("utf-8")
    assert f"F1 {scores.mention.f1:.3f} on mentions" in text
    assert f"{scores.typed.f1:.3f} with types" in text
