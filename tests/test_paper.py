"""The paper's numbers beside ours, and its tables."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import yaml
from conftest import run
from reach import ROOT

from finerweb.report.paper import REASONS, SetUp, beside, numbers
from finerweb.report.statistics import by_script, long_tail, of_variant, table_3, tables_8_9

SAMPLE = SetUp(["qwen", "gemma"], ["qwen"], ["e5-small"], ["qwen"], "e5-small", 12)
PAPER = SetUp(
    ["gpt4o_mini", "gemma3_27b"],
    ["gpt4o_mini", "gemma3_27b"],
    ["xlmr", "mdeberta"],
    ["qwen3_235b"],
    "mbert",
    91,
)


def f1(value: float | None) -> dict[str, Any] | None:
    return None if value is None else {"f1": {"mean": value, "spread": None}}


CONTENT: dict[str, dict[str, Any]] = {
    "regressor.json": {
        "ours": {
            "binary": {"qwen": {"e5-small": {"languages": f1(None), "pooled": f1(0.9)}}},
            "multiclass": {"qwen": {"e5-small": {"languages": f1(0.8), "pooled": f1(0.9)}}},
        }
    },
    "ground/gemma.json": {"overall": {"survival_rate": 0.25}},
    "filter.json": {"overall": {"kept": 96}, "languages": {"deu_Latn": {}, "tha_Thai": {}}},
    "verdicts.json": {"ours": {"qwen": {"faithfulness": True, "completeness": None}}},
    "evaluate.json": {"table_4": {"ours": {"binder-joint": {"thainer": 0.3, "average": None}}}},
    "subsets.json": {"paper": {"ours": 0.25}},
    "statistics.json": {"tables_8_9": {"tha_Thai": {"passages": {"ours": 8, "paper": 2500}}}},
}


def test_ours_theirs_and_why() -> None:
    found = beside(SAMPLE, CONTENT.get)
    binary = found["numbers"]["regressor, binary, GPT-4o mini, XLM-R: f1"]
    assert (binary["ours"], binary["paper"], binary["place"]) == (0.9, 0.841, "Table 1")
    assert "a smaller encoder" in binary["why"]
    assert found["numbers"]["regressor, multiclass, GPT-4o mini, XLM-R: f1"]["ours"] == 0.8
    survival = found["numbers"]["grounding: share of Gemma's annotations that survive"]
    assert (survival["ours"], survival["paper"]) == (0.25, 0.774)
    assert found["numbers"]["filter: passages a language"]["ours"] == 48
    thai = found["numbers"]["zero-shot, Binder jointly, ThaiNER: F1"]
    assert (thai["ours"], thai["paper"], thai["place"]) == (0.3, 0.42, "Table 4")
    assert "another encoder under the students" in thai["why"] and "annotators" in thai["why"]
    of_languages = found["languages"]
    assert of_languages["figures"] == CONTENT["statistics.json"]["tables_8_9"]
    assert "other annotators" in of_languages["why"]
    assert found["numbers"]["confidence: share above .97, of the entities found"]["ours"] == 0.25
    lacking = found["not_computed"]
    assert "zero-shot, Binder jointly, average: F1" in lacking
    assert "regressor, binary, Gemma3-27B, mDeBERTa: f1" in lacking
    assert {"judge: completeness", "judge: faithfulness"} <= set(lacking), "true is no number"
    assert len(lacking) + len(found["numbers"]) == len(numbers())


def test_in_the_papers_set_up_the_models_are_no_reason() -> None:
    content = {"ground/gemma3_27b.json": {"overall": {"survival_rate": 0.7}}}
    (row,) = beside(PAPER, content.get)["numbers"].values()
    assert row["why"] == "which of its two grounding rules it used is not stated"


def test_the_table_of_numbers() -> None:
    """Each has one name, a number, reasons that are known, and a file that the stage depends on."""
    rows = numbers()
    assert len({row["number"] for row in rows}) == len(rows)
    graph = yaml.safe_load((ROOT / "dvc.yaml").read_text("utf-8"))["stages"]
    watched = [dep for dep in graph["paper"]["deps"] if dep.startswith("metrics/")]
    for row in rows:
        float(row["paper"])
        assert row["why"] and set(row["why"].split()) <= set(REASONS)
        path = f"metrics/{row['file']}"
        assert any(path == dep or path.startswith(f"{dep}/") for dep in watched), path
    assert {name for row in rows for name in row["why"].split()} == set(REASONS)


@pytest.mark.parametrize("name", ["filter.json", "merge.json", "ground/{annotator2}.json"])
def test_the_numbers_stand_where_the_table_says(name: str) -> None:
    """In the metrics that are committed."""
    path = ROOT / "metrics" / name.format(**SAMPLE.names())
    content = json.loads(path.read_text("utf-8"))
    some = [row for row in numbers() if row["file"] == name]
    found = beside(SAMPLE, {name.format(**SAMPLE.names()): content}.get)["numbers"]
    assert some and {row["number"] for row in some} == set(found)


def variant(labels: dict[str, list[str]]) -> dict[str, Any]:
    """Return the figures of a variant with one passage a language."""
    rows = {
        code: [{"text": "กขค", "document_id": "d", "char_spans": [{"label": x} for x in some]}]
        for code, some in labels.items()
    }
    return of_variant(((code, pa.Table.from_pylist(r)) for code, r in rows.items()), top=2)


def test_table_3() -> None:
    found = table_3({"merged": variant({"tha_Thai": ["a", "a", "b"]})})
    assert found["published"]["PileNER"]["types"] == 12_600
    assert len(found["published"]) == 6
    assert found["ours"]["merged"] == {
        "passages": 1,
        "characters": 3,
        "entities_per_passage": 3,
        "types_per_passage": 2,
        "types": 2,
        "languages": 1,
    }
    assert all(list(row) == list(found["ours"]["merged"]) for row in found["published"].values())


def test_tables_8_and_9() -> None:
    ours = {
        "merged": variant({"tha_Thai": ["a", "b"], "hau_Latn": ["a"]}),
        "qwen": variant({"tha_Thai": ["a"]}),
    }
    found = tables_8_9(ours, ["qwen"])
    assert found["tha_Thai"]["labels_gpt4o_mini"] == {"ours": 1, "paper": 32.3}
    assert found["tha_Thai"]["types_merged"] == {"ours": 2, "paper": 12_727}
    assert found["hau_Latn"]["types_merged"] == {"ours": 1, "paper": None}
    assert found["hau_Latn"]["labels_gpt4o_mini"] == {"ours": None, "paper": None}
    assert "labels_gemma3_27b" not in found["tha_Thai"]


def test_the_long_tail() -> None:
    counts = Counter({str(n): 1 + 1000 // (n + 1) for n in range(5000)})
    points = list(long_tail(counts))
    assert len(points) <= 100
    assert points[0] == {"rank": 0, "count": pytest.approx(3.0004, abs=1e-4)}
    assert points[-1]["rank"] == pytest.approx(3.69897) and points[-1]["count"] == 0
    assert [p["count"] for p in points] == sorted((p["count"] for p in points), reverse=True)
    assert list(long_tail(Counter())) == []
    assert list(long_tail(Counter("a"))) == [{"rank": 0, "count": 0}]


def test_scripts() -> None:
    figures = variant({"tha_Thai": ["a", "b"], "deu_Latn": ["a"], "eng_Latn": ["a", "b", "c"]})
    latin, thai = by_script(figures["languages"])
    assert (latin["script"], latin["languages"], latin["entities_per_passage"]) == ("Latn", 2, 2)
    assert (thai["script"], thai["types_per_passage"]) == ("Thai", 2)


def test_the_stage(tmp_path: Path) -> None:
    """On whatever metrics there are."""
    (tmp_path / "params.yaml").write_bytes((ROOT / "params.yaml").read_bytes())
    (tmp_path / "metrics").mkdir()
    (tmp_path / "metrics" / "filter.json").write_text(json.dumps(CONTENT["filter.json"]))
    options = ("--figures", "metrics", "--metrics", "metrics/paper.json")
    run("python", "-m", "stages.paper", *options, cwd=tmp_path, env={"PYTHONPATH": str(ROOT)})
    found = json.loads((tmp_path / "metrics" / "paper.json").read_text("utf-8"))
    assert set(found["numbers"]) == {"filter: passages a language"}
