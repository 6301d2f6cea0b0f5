"""Subsets of entities by confidence: edges, groups, gold; and the column that releases join."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from reach import ROOT
from releases import CODES, make_release, make_variants, params, passages, spans

from finerweb.exports.source import entities, parts
from finerweb.params.confidence import ConfidenceParams
from finerweb.records import Span
from finerweb.release.confidence import joined
from finerweb.release.folder import FILE, write_checksums
from finerweb.release.verify import verify
from finerweb.report.subsets import (
    CALIBRATION,
    COARSE,
    HISTOGRAM,
    PLACE,
    calibration,
    figures,
    histogram,
    scored,
    subset,
)
from finerweb.tables.confidence import CONFIDENCE
from finerweb.tables.io import Row, read_table, write
from finerweb.tables.variants import SINGLE

SECTION = yaml.safe_load((ROOT / "params.yaml").read_text("utf-8"))["confidence"]
PARAMS = ConfidenceParams.model_validate(SECTION | {"edges": [0.5, 0.9, 0.97], "bins": 4})


def entity(passage: str, start: int, labels: Sequence[str], annotators: Sequence[str]) -> Row:
    """Return a row of `entities`, three code points long."""
    place = {"start": start, "end": start + 3}
    sources = [place | {"annotator": a, "type": labels[0]} for a in annotators]
    row = {"passage_id": passage, "surface": "xyz", "similarity": None}
    return row | place | {"labels": list(labels), "sources": sources}


def sure(confidence: float | None) -> Row:
    return {"confidence": confidence, "spread": None if confidence is None else 0.1}


def found() -> Any:
    """Return six entities of three languages, one without a confidence; two passages have gold."""
    thai = [entity("t", 0, ["person"], ["qwen"]), entity("t", 5, ["city"], ["gemma", "qwen"])]
    hindi = [entity("h", 0, ["human", "role"], ["gemma", "qwen"]), entity("h", 9, ["x"], ["qwen"])]
    chinese = [entity("c", 0, ["person"], ["gemma"]), entity("c", 4, ["person"], ["gemma"])]
    return scored(
        iter(
            [
                ("tha_Thai", [sure(0.99), sure(0.6)], thai, {"t": [Span(0, 3, "person")]}),
                ("hin_Deva", [sure(0.97), sure(None)], hindi, {}),
                ("cmn_Hani", [sure(0.2), sure(0.5)], chinese, {"c": [Span(0, 3, "town")]}),
            ]
        )
    )


@pytest.mark.parametrize(
    ("confidence", "number"),
    [(0.0, 1), (0.499, 1), (0.5, 2), (0.9, 3), (0.96999, 3), (0.97, 4), (1.0, 4)],
)
def test_edges_belong_to_the_subset_above(confidence: float, number: int) -> None:
    assert subset(np.array([confidence]), PARAMS.edges).tolist() == [number]


@given(st.lists(st.floats(0, 1), max_size=30))
def test_every_entity_is_in_one_subset_and_surer_ones_in_no_lower(values: list[float]) -> None:
    numbers = subset(np.array(sorted(values)), PARAMS.edges)
    assert set(numbers.tolist()) <= {1, 2, 3, 4} and (np.diff(numbers) >= 0).all()


def test_groups() -> None:
    told = figures(found(), PARAMS)
    assert told["overall"]["subsets"] == {"1": 1, "2": 2, "3": 0, "4": 2}
    assert told["overall"]["entities"] == 5
    assert told["overall"]["found"] == pytest.approx(0.8)
    assert {code: one["entities"] for code, one in told["languages"].items()} == {
        "cmn_Hani": 2,
        "hin_Deva": 1,
        "tha_Thai": 2,
    }
    assert {name: one["entities"] for name, one in told["sources"].items()} == {
        "gemma": 2,
        "gemma+qwen": 2,
        "qwen": 1,
    }
    assert {name: one["mean"] for name, one in told["agreement"].items()} == pytest.approx(
        {
            "one annotator": (0.99 + 0.2 + 0.5) / 3,
            "several, one type": 0.6,
            "several, several types": 0.97,
        }
    )
    assert list(told["types"]) == ["person", "city", "human", "role"]
    assert told["types"]["person"]["median"] == pytest.approx(0.5)
    assert told["paper"]["ours"] == pytest.approx(0.25)


def test_gold_says_what_is_right() -> None:
    told = figures(found(), PARAMS)["gold"]
    assert told["entities"] == 4
    assert told[PLACE]["right"] == 0.5
    assert told[PLACE]["subsets"] == {"1": 1.0, "2": 0.0, "3": None, "4": 1.0}
    assert told[COARSE]["right"] == 0.25
    assert told[COARSE]["auc"] == 1.0
    assert told[PLACE]["auc"] == 0.5
    # Four bins, of .2, .5, .6 and .99: of these the last alone is right.
    assert told[COARSE]["calibration_error"] == pytest.approx((0.2 + 0.5 + 0.6 + 0.01) / 4)


def test_plots() -> None:
    points = list(histogram(found(), 4))
    assert {tuple(point) for point in points} == {HISTOGRAM}
    assert [p["share"] for p in points if p["source"] == "gemma"] == [0.5, 0.0, 0.5, 0.0]
    points = list(calibration(found(), 3))
    assert {tuple(point) for point in points} == {CALIBRATION}
    assert [p["entities"] for p in points] == [2, 1, 1]
    assert [p["place"] for p in points] == [0.5, 0, 1]
    assert [p["place_and_type"] for p in points] == [0, 0, 1]
    assert [p["confidence"] for p in points] == pytest.approx([0.35, 0.6, 0.99])


def test_nothing_to_tell() -> None:
    nothing = scored(iter([("tha_Thai", [sure(None)], [entity("t", 0, ["x"], ["qwen"])], {})]))
    told = figures(nothing, PARAMS)
    assert told["overall"]["mean"] is None and told["overall"]["entities"] == 0
    assert told["gold"] is None and told["paper"]["ours"] is None
    assert not list(histogram(nothing, 4)) and not list(calibration(nothing, 4))


def make_confidence(folder: Path) -> dict[tuple[str, int, int], float | None]:
    """Write the confidence of the entities of `make_variants`; of one of each language none."""
    known: dict[tuple[str, int, int], float | None] = {}
    for code in CODES:
        rows = []
        for i, one in enumerate(passages(code)):
            places = sorted({(span.start, span.end) for span in spans(one.text)})
            for j, (start, end) in enumerate(places):
                value = None if i == j == 0 else 0.25 * (i + 1) + 0.0625 * j
                known[one.passage_id, start, end] = value
                place = {"passage_id": one.passage_id, "start": start, "end": end, "fold": 0}
                said = {"confidence": value, "spread": value and 0.0}
                why = {"probabilities": value and [value], "reason": None if value else "x"}
                rows.append(place | said | why)
        write(folder / f"{code}.parquet", rows, CONFIDENCE)
    return known


@pytest.mark.slow
@pytest.mark.parametrize("shares", [(0, 0), (0.3, 0.3)])
def test_a_release_with_confidence(tmp_path: Path, shares: tuple[float, float]) -> None:
    make_variants(tmp_path / "variants")
    known = make_confidence(tmp_path / "confidence")
    release = make_release(tmp_path, params(shares, confidence=True))
    assert list(verify(release)) == []
    assert "| `char_spans.confidence` | float |" in (release / "README.md").read_text("utf-8")
    seen = 0
    for path in sorted(release.glob("data/merged-*/*/*.parquet")):
        for row in pq.read_table(path, partitioning=None).to_pylist():
            for span in row["char_spans"]:
                begin = row.get("start", 0)
                place = row.get("passage_id", row["id"]), span["start"] + begin, span["end"] + begin
                assert span["confidence"] == known[place]
                seen += 1
    assert seen > 40
    other = next(release.glob("data/qwen-single/eng_Latn/*.parquet"))
    assert "confidence" not in pq.read_table(other, partitioning=None)["char_spans"][0].as_py()[0]
    (part, *_) = parts(release, "merged-single", ["tha_Thai"])
    assert [len(entities(row)) for row in part.rows()]


def test_a_release_that_does_not_say_so(tmp_path: Path) -> None:
    make_variants(tmp_path / "variants")
    make_confidence(tmp_path / "confidence")
    release = make_release(tmp_path, params(confidence=True))
    card = release / "README.md"
    card.write_text(card.read_text("utf-8").replace("confidence: true", "confidence: false"))
    assert any("data/merged-single" in fault for fault in verify(release))


@pytest.mark.parametrize(
    ("value", "said"), [(1.5, "1.5"), (-0.25, "-0.25"), (math.nan, "nan"), (math.inf, "inf")]
)
@pytest.mark.parametrize("code", CODES)
def test_planted_in_the_confidence(tmp_path: Path, code: str, value: float, said: str) -> None:
    """With checksums that were made anew; the views of the passages are held to these."""
    make_variants(tmp_path / "variants")
    make_confidence(tmp_path / "confidence")
    release = make_release(tmp_path, params(confidence=True))
    path = release / "data/merged-single" / code / FILE
    table = pq.read_table(path, partitioning=None)
    rows = table.to_pylist()
    rows[0]["char_spans"][0]["confidence"] = value
    pq.write_table(pa.Table.from_pylist(rows, schema=table.schema), path)
    write_checksums(release)
    start, end = (rows[0]["char_spans"][0][name] for name in ("start", "end"))
    where = f"data/merged-single/{code}/{FILE}: {rows[0]['id']}: entity [{start}, {end})"
    expected = f"{where} has the confidence {said}, expected null or a number from 0 to 1"
    named = [fault for fault in verify(release) if "confidence " in fault]
    assert named == [expected]


def test_an_entity_without_a_row(tmp_path: Path) -> None:
    make_variants(tmp_path / "variants")
    rows = read_table(tmp_path / "variants" / "merged-single" / "tha_Thai.parquet", SINGLE)
    with pytest.raises(ValueError, match=r"entity \[0, 3\) has no row in the table confidence"):
        joined(rows, CONFIDENCE.schema.empty_table())
