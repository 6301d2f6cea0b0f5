"""The headline figures beside those of a commit, and their spread."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from conftest import commit, run
from reach import ROOT

from finerweb.cli.main import main
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
        ("evaluate.json", f"scores.{who}.sample.overall.{by}.f1")
        for who in ("binder", "binder-lenient")
        for by in ("mention", "exact")
    ],
    "student's typed F1": [
        ("label_study.json", f"scores.binder-lenient.sample.overall.{which}.f1")
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


@pytest.fixture
def below(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder of a git repository with a committed figure that has moved, and go there."""
    run("git", "init", "--quiet", cwd=tmp_path)
    run("git", "config", "user.name", "test", cwd=tmp_path)
    run("git", "config", "user.email", "test@example.org", cwd=tmp_path)
    folder = tmp_path / "مشروع"
    (folder / "metrics").mkdir(parents=True)
    monkeypatch.chdir(folder)
    kept(5)
    return folder


def kept(n: int) -> None:
    Path("metrics/passages.json").write_text(json.dumps({"overall": {"kept": n}}))


def figures(*options: str) -> Result:
    return CliRunner().invoke(main, ["figures", *options])


def shown(done: Result) -> list[str]:
    assert done.exit_code == 0, done.output
    (line,) = [line for line in done.output.splitlines() if line.startswith("passages cut")]
    return line.split()[2:]


def test_figures_of_a_project_below_the_root_of_git(below: Path) -> None:
    assert shown(figures()) == ["5", "-", "-"]
    commit(below, "before")
    kept(7)
    for options in ((), ("--against", "HEAD")):
        assert shown(figures(*options)) == ["7", "5", "-"]
    (told,) = (row for row in json.loads(figures("--json").output) if row["name"] == "passages cut")
    assert (told["here"], told["committed"]) == (7, 5)


@pytest.mark.parametrize("rev", ["nosuchrev", "HEAD", "--help", "HEAD:metrics"])
def test_a_commit_that_is_not_there(below: Path, rev: str) -> None:
    done = figures("--against", rev)
    assert done.exit_code == 1
    assert f"{rev}: git knows no such commit" in done.output


def test_figures_where_git_has_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "metrics").mkdir()
    monkeypatch.chdir(tmp_path)
    kept(3)
    assert shown(figures()) == ["3", "-", "-"]
    done = figures("--against", "HEAD")
    assert done.exit_code == 1
    assert "expected a folder in a git repository" in done.output
