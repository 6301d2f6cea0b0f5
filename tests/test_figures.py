"""The headline figures beside those of a commit, and their spread."""

import json
from pathlib import Path
from typing import Any

import pytest
from reach import ROOT

from finerweb.report.figures import HEADLINES, table


def figure(file: str, keys: str) -> str:
    """Return a committed figure as the README writes it: .353, 42 %."""
    value: Any = json.loads((ROOT / "metrics" / file).read_text("utf-8"))
    for key in keys.split("."):
        value = value[key]
    return f"{value:.3f}".lstrip("0") if "rate" not in keys else f"{100 * value:.0f} %"


GROUND = ("ground/qwen.json", "ground/gemma.json")
ROWS = {
    "ratings against": [("rate/qwen.json", "overall.roc_auc")],
    "filter against": [
        ("filter.json", f"overall.useful.{by}.f1") for by in ("filter", "accept_all", "by_length")
    ],
    "mentions of qwen / gemma": [(file, "overall.survival_rate") for file in GROUND],
    "mention F1": [(f, "overall.gold.mention.f1") for f in (*GROUND, "merge.json")],
    "the same with the exact type": [(f, "overall.gold.typed.f1") for f in (*GROUND, "merge.json")],
    "a student": [
        ("evaluate.json", f"scores.binder.sample.overall.{by}.f1") for by in ("mention", "exact")
    ],
    "student's typed F1": [
        ("label_study.json", f"scores.binder.sample.overall.{which}.f1")
        for which in ("original", "translated", "difference")
    ],
    "the embedded judge": [
        ("judge/qwen.json", f"overall.over_languages.{by}")
        for by in ("faithfulness", "completeness")
    ],
}


@pytest.mark.parametrize("start", ROWS)
def test_readme_tells_the_committed_figures(start: str) -> None:
    lines = (ROOT / "README.md").read_text("utf-8").splitlines()
    (line,) = [line for line in lines if line.startswith(f"| {start}")]
    told = line.split("|")[2]
    at = [told.find(figure(*where)) for where in ROWS[start]]
    assert -1 not in at, f"{told}: expected {[figure(*where) for where in ROWS[start]]}"
    assert at == sorted(at)


def test_here_committed_and_spread(tmp_path: Path) -> None:
    def metrics(f1: float) -> dict[str, Any]:
        return {"overall": {"parse_rate": 1.0, "gold": {"mention": {"f1": f1}}}}

    for name in ("ground/a.json", "ground/b.json", "merge.json"):
        (tmp_path / "metrics" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "metrics" / name).write_text(json.dumps(metrics(0.25)))
    key = "metrics/merge.json:overall.gold.mention.f1"
    (tmp_path / "metrics" / "spread.json").write_text(json.dumps({key: 0.02}))

    def committed(name: str) -> dict[str, Any] | None:
        return None if name.endswith("b.json") else metrics(0.5)

    lines = table(HEADLINES, tmp_path, committed).splitlines()
    rows = {line[:44].strip(): line[44:].split() for line in lines}
    assert rows["a: mention F1"] == ["0.250", "0.500", "-"]
    assert rows["b: mention F1"] == ["0.250", "-", "-"]
    assert rows["merged, mention F1"] == ["0.250", "0.500", "0.020"]
    assert rows["passages cut"] == ["-", "-", "-"]
