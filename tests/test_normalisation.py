"""From types as they were written to the concepts they name."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from finerweb.normalisation import Named, is_latin, normalise, read_overrides, spelling
from finerweb.similarity import leaders
from finerweb.tables.types import Vectors

NEAR = {"person": (1.0, 0.0), "human being": (0.95, 0.31), "city": (0.0, 1.0), "town": (0.2, 0.98)}


def embed(types: Sequence[str]) -> Vectors:
    rows = np.array([NEAR.get(kind, (-1.0, 0.0)) for kind in types], dtype=np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("Person", "person"),
        ('"sports_team" ', "sports team"),
        ("non-profit  organization", "non profit organization"),
        ("ﬁlm", "film"),
        ("ＣＩＴＹ", "city"),
        ("Straße", "strasse"),
        ("دولة", "دولة"),
        ("เหตุการณ์", "เหตุการณ์"),
        ("...", "..."),
        ("", ""),
    ],
)
def test_spelling(kind: str, expected: str) -> None:
    assert spelling(kind) == expected


@pytest.mark.parametrize(
    ("counts", "kind", "concepts", "steps"),
    [
        ({"person": 3}, "person", ["person"], []),
        ({"Person": 1}, "Person", ["person"], ["spelling"]),
        ({"person/role": 1}, "person/role", ["person", "role"], ["parts"]),
        ({"person/person": 1}, "person/person", ["person"], ["parts"]),
        ({"کشور / country": 1}, "کشور / country", ["country", "کشور"], ["parts"]),
        ({"persons": 1, "person": 3}, "persons", ["person"], ["number"]),
        ({"cities": 1, "city": 3}, "cities", ["city"], ["number"]),
        ({"matches": 1, "match": 3}, "matches", ["match"], ["number"]),
        # Without a singular that somebody wrote nothing is guessed.
        ({"series": 1, "news": 1}, "news", ["news"], []),
        ({"human being": 2, "person": 3}, "human being", ["person"], ["likeness"]),
        ({"human being": 3, "person": 2}, "person", ["human being"], ["likeness"]),
        ({"towns": 1, "town": 1, "city": 9}, "towns", ["city"], ["number", "likeness"]),
        ({"pessoa": 1}, "pessoa", ["person"], ["override"]),
        ({"Pessoa/city": 1}, "Pessoa/city", ["city", "person"], ["spelling", "parts", "override"]),
        ({"a/b": 1}, "a/b", ["ab"], ["override"]),
        ({"villages": 1, "village": 1}, "villages", ["settlement"], ["number", "override"]),
        ({"ＣＩＴＹ": 1}, "ＣＩＴＹ", ["city"], ["spelling"]),
        ({"人物": 4, "person": 1}, "人物", ["人物"], []),
        ({"/": 1}, "/", ["/"], []),
    ],
)
def test_steps(counts: dict[str, int], kind: str, concepts: list[str], steps: list[str]) -> None:
    said = {"pessoa": ("person",), "a/b": ("ab",), "village": ("settlement",)}
    found = normalise(counts, said, True, embed, 0.9)[kind]
    assert (list(found.concepts), list(found.steps)) == (concepts, steps)


def test_what_is_switched_off() -> None:
    counts = {"person/role": 1, "human being": 1, "person": 2}
    found = normalise(counts, {}, split_compounds=False)
    assert found["person/role"] == Named(("person/role",), (), True)
    assert found["human being"].concepts == ("human being",)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("city", True),
        ("เมือง", False),
        ("city / 城市 名称 地方", False),
        ("café", True),
        ("123", True),
    ],
)
def test_is_latin(kind: str, expected: bool) -> None:
    assert is_latin(kind) is expected


@given(st.dictionaries(st.text(min_size=1, max_size=8), st.integers(1, 9), max_size=12))
def test_every_type_names_something(counts: dict[str, int]) -> None:
    """And the order in which types were met changes nothing."""
    found = normalise(counts, {}, True, embed, 0.9)
    assert found.keys() == counts.keys()
    assert all(named.concepts for named in found.values())
    backwards = dict(reversed(list(counts.items())))
    assert normalise(backwards, {}, True, embed, 0.9) == found


@given(st.integers(0, 40), st.integers(1, 9), st.integers(0, 99))
def test_leaders(n: int, at_once: int, seed: int) -> None:
    """Whatever is looked at together: each leads itself or is led by the leader most like it."""
    vectors = np.random.default_rng(seed).normal(size=(n, 3)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    expected: list[int] = []
    for i, one in enumerate(vectors):
        heads = sorted(set(expected))
        cosines = [round(float(one @ vectors[head]), 4) for head in heads]
        near = max(cosines, default=-1.0) >= 0.8
        expected.append(heads[int(np.argmax(cosines))] if near else i)
    assert leaders(vectors, 0.8, at_once) == expected
    assert leaders(vectors, 0.8, n + 1) == expected


@pytest.mark.parametrize("at_once", [1, 3, 64])
def test_like_vectors_have_one_leader(at_once: int) -> None:
    one = np.random.default_rng(0).normal(size=384).astype(np.float32)
    vectors = np.tile(one / np.linalg.norm(one), (40, 1))
    assert leaders(vectors, 1.0, at_once) == [0] * 40


def test_overrides(tmp_path: Path) -> None:
    path = tmp_path / "said.csv"
    path.write_text("type,concepts,reason\nPessoa,person,pt\na/b,b / a,two\n", "utf-8")
    assert read_overrides(path) == {"pessoa": ("person",), "a/b": ("a", "b")}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("type,concept\n", "expected type,concepts,reason; got"),
        ("type,concepts,reason\nx,,\n", "line 2: 'x' names ''; expected"),
        ("type,concepts,reason\nx,y,\nX,z,\n", "line 3: 'X' names 'z'; expected a type that no"),
    ],
)
def test_bad_overrides(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "said.csv"
    path.write_text(content, "utf-8")
    with pytest.raises(ValueError, match=message):
        read_overrides(path)
