"""The headline figures beside those of a commit, and their spread."""

import json
from pathlib import Path
from typing import Any

from finerweb.report.figures import HEADLINES, table


def test_here_committed_and_spread(tmp_path: Path) -> None:
    def metrics(f1: float) -> dict[str, Any]:
        return {"overall": {"parse_rate": 1.0, "gold": {"mention": {"f1": f1}}}}

    for name in ("ground/a.json", "ground/b.json", "merge.json"):
        (tmp_path / "metrics" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "metrics" / name).write_text(json.dumps(metrics(0.25)))
    key = "metrics/merge.json:overall.gold.mention.f1"
    (tmp_path / "metrics" / "spread.json").write_text(json.dumps({key: [0.2, 0.3]}))

    def committed(name: str) -> dict[str, Any] | None:
        return None if name.endswith("b.json") else metrics(0.5)

    lines = table(HEADLINES, tmp_path, committed).splitlines()
    rows = {line[:44].strip(): line[44:].split() for line in lines}
    assert rows["a: mention F1"] == ["0.250", "0.500"]
    assert rows["b: mention F1"] == ["0.250", "-"]
    assert rows["merged, mention F1"] == ["0.250", "0.500", "0.200", "..", "0.300"]
    assert rows["passages cut"] == ["-", "-"]
