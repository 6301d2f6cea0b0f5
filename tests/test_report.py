"""The site's data: every passage, no text outside its string; the graph's picture."""

import json
import re
import tomllib
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from reach import ROOT
from report_cases import ANNOTATORS, EDGES, SURE, TEXTS, small_site, small_tables, subsets, value

from finerweb.params.report import ReportParams
from finerweb.report.added import against, runs
from finerweb.report.explorer import shown
from finerweb.report.graph import picture
from finerweb.report.inventory import inventory
from finerweb.report.overview import FILES, columns, figures_of, headlines
from finerweb.report.overview import site as of_run
from finerweb.report.scripts import SITE, script
from finerweb.report.site import write_site
from finerweb.report.steps import filter_of, short, steps
from finerweb.tables.confidence import CONFIDENCE
from finerweb.tables.io import read, write
from stages.report import main as stage

STAGES: dict[str, Any] = yaml.safe_load((ROOT / "dvc.yaml").read_text("utf-8"))["stages"]


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


@pytest.mark.parametrize("code", TEXTS)
def test_every_entity_with_its_confidence(site: Path, code: str) -> None:
    found = {
        passage["text"][start:end]: sure
        for path in (site / "data").glob(f"{code}.[0-9].js")
        for passage in value(path.read_text("utf-8"))
        for start, end, _, _, _, sure in passage["entities"]
    }
    surfaces = {surface for _, some in TEXTS[code] for surface, _ in some}
    assert found == {
        name: sure if isinstance(sure, str) else pytest.approx(sure, rel=1e-3)
        for name, sure in SURE.items()
        if name in surfaces
    }


def test_what_the_filter_by_confidence_knows(site: Path) -> None:
    told = value((site / "data" / "site.js").read_text("utf-8"))["confidence"]
    assert told["edges"] == EDGES
    assert told["entities"] == 9
    assert told["without"] == {"in no window": 1, "wider than max_width": 1}
    assert {edge: n for edge, n in told["steps"] if edge in EDGES} == dict(
        zip(EDGES, (7, 5, 3), strict=True)
    )


def test_no_confidence_where_there_is_no_table(tmp_path: Path) -> None:
    site = small_site(tmp_path, has_confidence=False)
    told = value((site / "data" / "site.js").read_text("utf-8"))
    assert (told["confidence"], told["subsets"]) == (None, None)
    (passage,) = value((site / "data" / "tha_Thai.0.js").read_text("utf-8"))
    assert [len(entity) for entity in passage["entities"]] == [5, 5]


def test_confidence_of_other_entities(tmp_path: Path) -> None:
    folders = small_tables(tmp_path)
    assert folders.confidence is not None
    path = folders.confidence / "hin_Deva.parquet"
    write(path, read(path, CONFIDENCE)[:1], CONFIDENCE)
    (tmp_path / "site").mkdir()
    params = ReportParams(passages=None, chunk=1)
    with pytest.raises(ValueError, match="expected the 2 entities"):
        write_site(tmp_path / "site", folders, ANNOTATORS, {}, params)


EDGE = st.integers(1, 9999).flatmap(lambda n: st.integers(4, 9).map(lambda e: n / 10**e))


@given(st.floats(1e-30, 1.0), EDGE)
def test_a_short_confidence_is_on_the_same_side_of_an_edge(confidence: float, edge: float) -> None:
    assert 0.999 * confidence < short(confidence) <= confidence
    assert (short(confidence) >= edge) == (confidence >= edge)
    assert short(edge) == edge


@given(
    st.dictionaries(st.floats(0.0, 1.0).map(short), st.integers(1, 9)),
    st.lists(EDGE, max_size=3, unique=True),
)
def test_steps_rise_and_count_right(counts: dict[float, int], edges: list[float]) -> None:
    found = steps(counts, edges)
    values = [confidence for confidence, _ in found]
    assert values == sorted(set(values))
    assert set(edges) <= set(values)
    assert [n for _, n in found] == [
        sum(n for sure, n in counts.items() if sure >= confidence) for confidence in values
    ]


@pytest.mark.parametrize(
    "confidences",
    [[0.15 * 0.5 ** (n / 40) for n in range(956)], [1 - 0.5 * 0.99**n for n in range(956)]],
    ids=["near 0", "near 1"],
)
def test_steps_are_where_entities_are(confidences: list[float]) -> None:
    found = steps(Counter(map(short, confidences)), [])
    assert len(found) > 15
    ends = [len(confidences), *(n for _, n in found), 0]
    assert max(more - less for more, less in pairwise(ends)) < 0.15 * len(confidences)


def test_entities_that_nobody_could_score() -> None:
    assert filter_of({}, EDGES) is None
    told = filter_of({"in no window": 3}, EDGES)
    assert told is not None
    assert (told["entities"], told["steps"]) == (0, [(edge, 0) for edge in EDGES])


def test_subsets_of_the_overview() -> None:
    told = of_run({"subsets.json": subsets()})["subsets"]
    assert told["rows"] == [
        [0, 2, 0.25, 0.25],
        [0.0001, 2, None, None],
        [0.001, 2, 0.5, 0.5],
        [0.01, 3, 1.0, 1.0],
    ]
    assert told["gold"]["place"]["auc"] == 0.7721
    without = of_run({"subsets.json": subsets() | {"gold": None}})["subsets"]
    assert [row[2:] for row in without["rows"]] == [[None, None]] * 4


@pytest.mark.parametrize("has_confidence", [True, False])
def test_the_stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, has_confidence: bool) -> None:
    small_tables(tmp_path, has_confidence)
    params = yaml.safe_load((ROOT / "params.yaml").read_text("utf-8"))
    params["annotate"]["annotators"] = list(ANNOTATORS)
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(params), "utf-8")
    (tmp_path / "metrics").mkdir()
    monkeypatch.chdir(tmp_path)
    names = ("selected", "grounded", "entities", "labels", "confidence")
    given = [part for name in names for part in (f"--{name}", name)]
    to = ["--figures", "metrics", "--out", "site", "--metrics", "metrics/report.json"]
    done = CliRunner().invoke(stage, [*given, *to])
    assert done.exit_code == 0, done.output
    told = value(Path("site/data/site.js").read_text("utf-8"))["confidence"]
    assert (told is not None) == has_confidence
    counts = json.loads(Path("metrics/report.json").read_text("utf-8"))
    assert counts["passages"] == {code: len(some) for code, some in TEXTS.items()}


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
            "money": read / 1000,
        }

    rows = [ran(9.0, 100), ran(1.0, 0), {"stage": "merge", "seconds": 2.0, "peak_gib": 0.5}]
    free = {"stage": "judge", "judge": "q", "seconds": 1.0, "peak_gib": 1.0, "money": 0.0}
    rate, merge, judge = runs([*rows, free])
    assert (rate["name"], rate["runs"], rate["seconds"], rate["requests_made"]) == (
        "rate q",
        2,
        9.0,
        10,
    )
    assert rate["money"] == pytest.approx(0.1)
    assert (merge["name"], merge["money"], merge["prompt_tokens"]) == ("merge", None, None)
    assert judge["money"] is None, "no price is known, or it ran here"


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
