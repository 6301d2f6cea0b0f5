"""The site's data: every passage, no text outside its string; the graph's picture; the command."""

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result
from conftest import commit, run
from hypothesis import given
from hypothesis import strategies as st
from reach import ROOT
from report_cases import TEXTS, small_site

from finerweb.cli.main import main
from finerweb.report.added import against, runs
from finerweb.report.explorer import shown
from finerweb.report.graph import picture
from finerweb.report.inventory import inventory
from finerweb.report.overview import FILES, columns, figures_of, headlines
from finerweb.report.scripts import SITE, script

STAGES: dict[str, Any] = yaml.safe_load((ROOT / "dvc.yaml").read_text("utf-8"))["stages"]


def value(source: str) -> Any:
    """Return what a script gives the site."""
    (told,) = re.findall(r'^finerweb\.put\("[^"]+",(.*)\);$', source, re.DOTALL)
    return json.loads(told)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_site(tmp_path_factory.mktemp("report"))


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_a_text_stays_in_its_string(text: str) -> None:
    source = script("k", [text])
    assert value(source) == [text]
    assert "<" not in source
    assert "\u2028" not in source and "\u2029" not in source


@pytest.mark.parametrize("code", TEXTS)
def test_every_passage_with_every_view(site: Path, code: str) -> None:
    def told(kind: str) -> list[Any]:
        paths = sorted((site / "data").glob(f"{code}{kind}.[0-9].js"))
        rows = [value(path.read_text("utf-8")) for path in paths]
        assert [len(some) for some in rows] == [1] * len(TEXTS[code])
        return [row for some in rows for row in some]

    cases = zip(told(""), told(".audit"), TEXTS[code], strict=True)
    for passage, (first, second), (text, found) in cases:
        assert passage["text"] == text
        ours = [(text[start:end], labels[0]) for start, end, labels, *_ in passage["entities"]]
        assert ours == found
        sources = [entity[4] for entity in passage["entities"]]
        assert sources == [[0, 1], *[[0]] * (len(found) - 1)]
        assert passage["dropped"] == 1
        assert [text[m[3] : m[4]] for m in first if m[1] != "inside"] == [said for said, _ in found]
        assert second[-1] == ["<i>nowhere</i>", "place", "not_found", None, None]


def test_the_same_bytes_twice(site: Path, tmp_path: Path) -> None:
    again = small_site(tmp_path)
    files = {path.relative_to(site) for path in site.rglob("*") if path.is_file()}
    assert files == {path.relative_to(again) for path in again.rglob("*") if path.is_file()}
    assert all((site / name).read_bytes() == (again / name).read_bytes() for name in files)


def test_what_the_page_loads_is_there(site: Path) -> None:
    page = (site / "index.html").read_text("utf-8")
    loaded = re.findall(r'(?:src|href)="([^":]+)"', page)
    assert len(loaded) > 10
    assert [name for name in loaded if not (site / name).is_file()] == []
    scripts = {path.relative_to(SITE).as_posix() for path in SITE.rglob("*.js")}
    assert scripts == {name for name in loaded if not name.startswith("data/")} - {"style.css"}


def test_nothing_is_fetched_from_elsewhere() -> None:
    files = [SITE / "index.html", SITE / "style.css", *(SITE / "js").glob("*.js")]
    elsewhere = re.compile(r"""["'(]\s*(https?:)?//""")
    assert [path.name for path in files if elsewhere.search(path.read_text("utf-8"))] == []


def test_the_site_comes_with_the_package() -> None:
    package = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]
    patterns = package["package-data"]["finerweb"]
    found = {path for pattern in patterns for path in (ROOT / "finerweb").glob(pattern)}
    assert {path for path in SITE.rglob("*") if path.is_file()} <= found


def test_the_stage_depends_on_what_it_shows() -> None:
    deps = [dep for dep in STAGES["report"]["deps"] if dep.startswith("metrics/")]
    assert deps == [f"metrics/{name}" for name in FILES]


GRAPH = {
    "a": {"outs": ["data/a"], "desc": "First."},
    "b": {"matrix": {"x": "${xs}"}, "deps": ["data/a"], "outs": ["data/b/${item.x}"]},
    "c": {"deps": ["data/b"], "metrics": [{"metrics/c.json": {"cache": False}}]},
    "d": {"deps": ["data/a", "metrics/c.json", "${d.path}", "data/ab"]},
}


def test_the_picture_of_a_graph() -> None:
    drawn = picture(GRAPH)
    assert drawn["edges"] == [["a", "b"], ["b", "c"], ["c", "d"]]
    assert [(s["name"], s["row"], s["column"], s["by"]) for s in drawn["stages"]] == [
        ("a", 0, 0, []),
        ("b", 1, 0, ["x"]),
        ("c", 2, 0, []),
        ("d", 3, 0, []),
    ]


def test_the_picture_of_our_graph() -> None:
    drawn = picture(STAGES)
    rows = {stage["name"]: stage["row"] for stage in drawn["stages"]}
    assert set(rows) == set(STAGES)
    assert all(rows[above] < rows[below] for above, below in drawn["edges"])
    reached = {"documents"}
    for above, below in sorted(drawn["edges"], key=lambda edge: rows[edge[1]]):
        reached |= {below} if above in reached else set()
    assert reached == set(STAGES)
    places = [(stage["row"], stage["column"]) for stage in drawn["stages"]]
    assert len(set(places)) == len(places)


def test_figures_of_a_language_from_anywhere() -> None:
    metrics = {
        "a.json": {
            "languages": {"tha_Thai": {"kept": 3, "dropped": {"short": 1}}, "x": {"kept": 9}}
        },
        "b.json": {"ours": {"merged": {"languages": {"tha_Thai": {"types": 2}}}}},
        "c.json": {"overall": {"kept": 4}},
    }
    assert figures_of("tha_Thai", metrics) == {
        "a.json": [["kept", 3], ["dropped.short", 1]],
        "b.json": [["ours.merged.types", 2]],
    }


def test_a_judge_that_annotates_is_called_so() -> None:
    def judged(own: list[str]) -> dict[str, Any]:
        means = {"over_languages": {"faithfulness": 4.5}}
        language = {"faithfulness": {"mean": 4.5}}
        return {"overall": {"judge_is_annotator": own} | means, "languages": {"tha_Thai": language}}

    metrics = {"judge/big.json": judged([]), "judge/own.json": judged(["own"])}
    assert [one["name"] for one in headlines(metrics)] == [
        "big: judge: faithfulness",
        "own (an annotator too): judge: faithfulness",
    ]
    names = [name for name, _, _ in columns(metrics) if name.startswith("faith")]
    assert names == ["faithfulness, big", "faithfulness, own (an annotator too)"]


def test_inventory_over_languages() -> None:
    def row(label: str, variant: str, language: str, count: int) -> dict[str, Any]:
        return {"label": label, "variant": variant, "language": language, "count": count} | {
            "concepts": ["person"]
        }

    rows = [
        row("बच्चा", "a", "hin_Deva", 9),
        row("person", "merged", "hin_Deva", 1),
        row("person", "merged", "tha_Thai", 2),
        row("person", "a", "tha_Thai", 5),
    ]
    assert inventory(rows, ["merged", "a"]) == [
        ["person", ["person"], [3, 5], 2],
        ["बच्चा", ["person"], [0, 9], 1],
    ]


def test_runs_of_an_instance_are_one_row() -> None:
    def ran(seconds: float, read: int) -> dict[str, Any]:
        return {"stage": "rate", "rater": "q", "seconds": seconds, "peak_gib": 1.0} | {
            "requests_made": read // 10,
            "prompt_tokens": read,
            "cached_tokens": 0,
            "output_tokens": 1,
        }

    rows = [ran(9.0, 100), ran(1.0, 0), {"stage": "merge", "seconds": 2.0, "peak_gib": 0.5}]
    rate, merge = runs(rows, lambda stage, instance, read, written: read + written / 10)
    assert (rate["name"], rate["runs"], rate["seconds"], rate["requests_made"]) == (
        "rate q",
        2,
        9.0,
        10,
    )
    assert rate["price"] == pytest.approx(100.2)
    assert (merge["name"], merge["price"], merge["prompt_tokens"]) == ("merge", None, None)


def test_figures_of_another_commit() -> None:
    now = [{"name": "n", "file": "merge.json", "keys": "overall.f1", "value": 0.5}]
    now += [{"name": "m", "file": "judge/q.json", "keys": "overall.f1", "value": 0.5}]
    then = {"merge.json": {"overall": {"f1": 0.25}}, "paper.json": {"numbers": {"k": {"ours": 3}}}}
    assert against("v1", now, then.get) == {
        "rev": "v1",
        "figures": {"merge.json:overall.f1": 0.25, "judge/q.json:overall.f1": None},
        "paper": {"k": 3},
    }


def test_a_quality_score_is_short() -> None:
    row = dict.fromkeys(("url", "dump", "date", "language_score", "useful", "gold"))
    row |= {"passage_id": "p", "document_id": "d", "text": "ก", "quality_score": 0.123456789}
    (one,) = shown([row], {}, [[]], ["a"])
    assert one["about"] == {"document_id": "d", "quality_score": 0.1235}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a project with a figure, and go there."""
    (tmp_path / "metrics").mkdir()
    for name in ("params.yaml", "dvc.yaml"):
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    agreement(tmp_path, 0.25)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def agreement(project: Path, exact: float) -> None:
    merged = {"overall": {"agreement": {"exact": exact}}}
    (project / "metrics" / "merge.json").write_text(json.dumps(merged))


def added(project: Path) -> Any:
    return value((project / ".finerweb" / "report" / "data" / "added.js").read_text("utf-8"))


def report(site: Path, *options: str) -> Result:
    return CliRunner().invoke(main, ["report", "--site", str(site), *options])


def test_the_command_adds_to_a_copy(site: Path, here: Path) -> None:
    line = {"stage": "merge", "seconds": 2.0, "peak_gib": 0.5}
    (here / "runs.jsonl").write_text(json.dumps(line) + "\n")
    before = (site / "data" / "added.js").read_bytes()
    for _ in range(2):
        done = report(site)
        assert done.output.strip() == str(here / ".finerweb" / "report" / "index.html")
    assert added(here)["against"] is None
    assert added(here)["runs"][0]["seconds"] == 2.0
    assert {stage["name"] for stage in added(here)["graph"]["stages"]} == set(STAGES)
    assert (site / "data" / "added.js").read_bytes() == before


def test_the_command_replaces_nothing_but_a_copy(site: Path, here: Path) -> None:
    done = report(site, "--out", "metrics")
    assert done.exit_code == 1
    assert "metrics: there is something else" in done.output
    assert (here / "metrics" / "merge.json").is_file()


def test_a_folder_that_is_no_report(here: Path) -> None:
    done = report(here / "metrics")
    assert done.exit_code == 1
    assert "run `dvc repro report` first" in done.output


@pytest.mark.slow
def test_figures_of_a_commit_through_dvc(site: Path, here: Path) -> None:
    (here / ".gitignore").write_text("/.finerweb/\n")
    run("git", "init", "--quiet", cwd=here)
    run("git", "config", "user.name", "test", cwd=here)
    run("git", "config", "user.email", "test@example.org", cwd=here)
    run("dvc", "init", "--quiet", cwd=here)
    commit(here, "before")
    agreement(here, 0.5)
    assert report(site, "--against", "HEAD").exit_code == 0
    assert added(here)["against"]["figures"] == {"merge.json:overall.agreement.exact": 0.25}
    done = report(site, "--against", "nowhere")
    assert done.exit_code == 1
    assert "--against nowhere: " in done.output
