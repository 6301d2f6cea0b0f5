"""How alike names of types are: pairs by hand, the mask, an encoder that cannot read, densities."""

import json
from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from label_cases import PERSON, translation

from finerweb.report import label_likeness
from finerweb.report.label_likeness import Mask, chance, spread
from finerweb.tables.io import Row
from finerweb.tables.types import Vectors


def unit(*rows: Sequence[float]) -> Vectors:
    table = np.array(rows, np.float32)
    found: Vectors = table / np.linalg.norm(table, axis=1, keepdims=True)
    return found


def test_spread_by_hand() -> None:
    """A right angle, and a third name with cosines .6 and .8."""
    vectors = unit((1, 0), (0, 1), (3, 4))
    whole = spread(vectors)
    assert whole.nearest == pytest.approx((0.6 + 0.8 + 0.8) / 3)
    assert whole.figures(0.8) == {
        "pairs": 3,
        "mean": pytest.approx(1.4 / 3),
        "alike_rate": pytest.approx(1 / 3),
        "nearest": whole.nearest,
    }
    masked = np.eye(3, dtype=np.bool_)
    masked[1, 2] = masked[2, 1] = True
    left = spread(vectors, masked)
    assert left.figures(0.8)["alike_rate"] == 0
    assert (left.cells.sum(), left.nearest) == (2, pytest.approx((0.6 + 0.0 + 0.6) / 3))


@pytest.mark.parametrize("n", [0, 1])
def test_no_pairs(n: int) -> None:
    one = spread(unit(*[(1, 0)] * n) if n else np.zeros((0, 2), np.float32))
    assert one.figures(0.5) == {"pairs": 0, "mean": None, "alike_rate": None, "nearest": None}
    assert chance(one, spread(unit((1, 0), (0, 1)))) is None


def test_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    vectors = unit(*np.random.default_rng(0).normal(size=(23, 5)))
    masked = np.random.default_rng(1).random((23, 23)) < 0.2
    masked |= masked.T
    whole = spread(vectors, masked)
    above = [(i, j) for i in range(23) for j in range(i + 1, 23) if not masked[i, j]]
    assert whole.cells.sum() == len(above)
    plain = [float(vectors[i] @ vectors[j]) for i, j in above]
    assert whole.figures(0.5)["mean"] == pytest.approx(np.mean(plain), abs=0.0005)
    monkeypatch.setattr(label_likeness, "AT_ONCE", 4)
    again = spread(vectors, masked)
    assert np.abs(again.cells - whole.cells).sum() <= 2, "a cosine may round to the next cell"
    assert again.nearest == pytest.approx(whole.nearest)


ANGLES = st.lists(st.sampled_from([0.0, 0.3, 0.6, 0.9, 1.2]), min_size=2, max_size=5)


@given(ANGLES, ANGLES)
def test_chance_is_the_count_of_pairs(some: list[float], others: list[float]) -> None:
    def cosines(angles: list[float]) -> list[float]:
        return [round(float(np.cos(a - b)), 3) for a, b in combinations(angles, 2)]

    low, high = (spread(unit(*[(np.cos(a), np.sin(a)) for a in one])) for one in (some, others))
    pairs = [(a, b) for a in cosines(some) for b in cosines(others)]
    expected = np.mean([1.0 if b > a else 0.5 if b == a else 0.0 for a, b in pairs])
    assert chance(low, high) == pytest.approx(expected)


MEANT = {"person": (1, 0, 0), "city": (0, 1, 0), "town": (0, 0.9, 0.3), "event": (0, 0, 1)}
CONCEPTS = {kind: (kind,) for kind in MEANT}
MASK = Mask(0.9, True, CONCEPTS, sorted(MEANT), unit(*(MEANT[kind] for kind in sorted(MEANT))))


def encode_english(texts: Sequence[str]) -> Vectors:
    """Return an encoder's vectors that reads English alone: all else is one word to it."""
    return unit(*(MEANT.get(text, (1, 1, 1)) for text in texts))


def all_rows(*kinds: str) -> dict[str, list[Row]]:
    return {
        code: [translation(kind, f"{name}-{kind}", count=9 - i) for i, kind in enumerate(kinds)]
        for code, (_, _, name) in PERSON.items()
    }


def test_an_encoder_that_cannot_read_a_language() -> None:
    found = label_likeness.compare(all_rows(*MEANT), MASK, encode_english, 100)
    figures = label_likeness.figures(found, 0.95)
    assert figures["overall"]["encoder_auc"] == figures["joint"]["encoder_auc"] == 0.5
    assert figures["overall"]["shift"] == {"before": 1, "after": 1}
    assert figures["overall"]["translated"]["before"]["alike_rate"] == 1
    assert figures["overall"]["translated"]["names"] == 4 * len(PERSON)
    assert figures["joint"]["english"]["names"] == 4
    assert figures["without_pairs"] == []


def test_the_mask_goes_by_what_names_mean() -> None:
    """`town` is like `city`; across languages names of one concept are no negatives either."""
    found = label_likeness.compare(all_rows(*MEANT), MASK, encode_english, 100)
    joint = label_likeness.figures(found, 0.95)["joint"]
    pairs = {
        side: [joint[side][state]["pairs"] for state in ("before", "after")]
        for side in ("english", "translated")
    }
    # Of twenty translations, four concepts in five languages: ten pairs of languages share each,
    # and each of 25 pairs of a town's and a city's name is masked too.
    assert pairs == {"english": [6, 5], "translated": [190, 190 - 4 * 10 - 25]}
    unmasked = Mask(None, False, MASK.concepts, MASK.types, MASK.vectors)
    same = label_likeness.compare(all_rows(*MEANT), unmasked, encode_english, 100)
    figures = label_likeness.figures(same, 0.95)["joint"]
    assert all(figures[side]["before"] == figures[side]["after"] for side in pairs)


def test_a_name_that_two_types_have_is_one() -> None:
    rows = [translation(kind, "เมือง") for kind in ("city", "town")]
    rows += [translation("event", "เหตุการณ์"), translation("x", "x", "none")]
    found = label_likeness.compare({"tha_Thai": rows}, MASK, encode_english, 100)
    assert found.languages["tha_Thai"].names == {"english": 3, "translated": 2}


def test_the_most_frequent_types() -> None:
    found = label_likeness.compare(all_rows(*MEANT), MASK, encode_english, 2)
    assert all(one.names == {"english": 2, "translated": 2} for one in found.languages.values())
    assert found.joint.names == {"english": 1, "translated": 2}


def test_nothing_to_compare(caplog: pytest.LogCaptureFixture) -> None:
    """No translation at all, one type alone, and English."""
    rows = {
        "deu_Latn": [translation("person", "person", "none")],
        "tha_Thai": [translation("person", "บุคคล")],
        "eng_Latn": [translation("person", "person", "kept")],
    }
    found = label_likeness.compare(rows, MASK, encode_english, 100)
    figures = label_likeness.figures(found, 0.9)
    assert figures == {
        "joint": None,
        "languages": {},
        "overall": {},
        "without_pairs": ["deu_Latn", "tha_Thai"],
    }
    assert "no language has two types with different translations" in caplog.text
    assert list(label_likeness.density([*found.languages.values(), found.joint])) == []
    json.dumps(figures)


def test_densities() -> None:
    """Each is one over all bins, which lie alike whatever is counted; cosines of 1 are there."""
    found = label_likeness.compare(all_rows(*MEANT), MASK, encode_english, 100)
    points = list(label_likeness.density(found.languages.values()))
    assert [set(point) for point in points] == [set(label_likeness.COLUMNS)] * len(points)
    for column in label_likeness.COLUMNS[1:]:
        assert sum(point[column] for point in points) * 0.01 == pytest.approx(1)
    middles = [point["cosine"] for point in points]
    assert middles == [round(0.005 + i / 100, 3) for i in range(len(middles))]
    assert points[-1]["translated"] == pytest.approx(100)
