"""The generated pages of the site: they say what the graph, the schemas and the params say."""

import ast
import csv
import json
import os
import re
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import pytest
import yaml
from pydantic import Field
from reach import ROOT

from docs.reference.graph import folder
from docs.reference.knobs import accepted, excerpts, takes
from docs.reference.pages import Project, figures, owner, read_project, stage_page, write_pages
from docs.reference.tables import TABLES, columns
from finerweb.params.load import SECTIONS, Section

PARAMS = """\
# Of the file.

# ---- what is cut ---------
words:
  most: 3       # of ไทย, العربية
  # हिन्दी: above its key
  least: 1
# ---- what is kept ---------
kept: {a: 1}
"""


class Inner(Section):
    """A part."""

    deep: int = Field(gt=0, le=9)


class Words(Section):
    """Some knobs."""

    rule: Literal["first", "last"]
    parts: list[Inner] | None
    named: dict[str, float]
    code: str = Field(pattern="^a|b$")


@pytest.fixture(scope="module")
def project() -> Project:
    return read_project(ROOT)


@pytest.fixture(scope="module")
def pages(project: Project, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return the written pages by name."""
    out = tmp_path_factory.mktemp("pages")
    (out / "gone.md").write_text("a stage that is no more")
    write_pages(ROOT, out)
    return {path.name: path.read_text("utf-8") for path in out.iterdir()}


def test_each_stage_has_a_page_and_nothing_else_has(
    pages: dict[str, str], project: Project
) -> None:
    names = {f"{one.name}.md" for one in project.stages}
    assert set(pages) == names | {"index.md", "settings.md", "graph.svg"}
    assert all(one.description in pages["index.md"] for one in project.stages)


def test_pages_that_are_the_same_are_left_alone(pages: dict[str, str], tmp_path: Path) -> None:
    for name, text in pages.items():
        (tmp_path / name).write_text(text if name != "ground.md" else "as it was", "utf-8")
        os.utime(tmp_path / name, (0, 0))
    write_pages(ROOT, tmp_path)
    changed = [path.name for path in tmp_path.iterdir() if path.stat().st_mtime]
    assert changed == ["ground.md"]


def test_a_page_tells_every_option_path_and_column(pages: dict[str, str], project: Project) -> None:
    for stage in project.stages:
        page = pages[f"{stage.name}.md"]
        for option, value in stage.options.items():
            assert f"| `{option}` | `{value}` | " in page, (stage.name, option)
        for path in stage.writes:
            for table in TABLES.get(folder(path), ()):
                assert all(f"| `{name}` |" in page for name in table.schema.names)


def test_every_folder_of_data_has_its_tables(project: Project) -> None:
    written = {folder(path) for one in project.stages for path in one.writes}
    assert {path for path in written if path.startswith("data/")} == set(TABLES)


def test_the_tables_are_those_of_the_golden_run() -> None:
    """A folder's golden rows have the columns of one of the tables that it is said to have."""
    seen = set()
    for path in sorted((ROOT / "tests/golden").glob("data.*.json")):
        rows = json.loads(path.read_text("utf-8"))
        place = f"data/{path.name.split('.')[1]}"
        if rows:
            varies = {"quality_score", "replies"}
            known = [set(table.schema.names) - varies for table in TABLES[place]]
            assert set(rows[0]) in known, path.name
            seen.add(place)
    assert len(seen) >= 9


def test_every_column_has_a_meaning() -> None:
    for tables in TABLES.values():
        for table in tables:
            told = list(columns(table))
            assert set(table.schema.names) <= {name for name, _, _ in told}
            assert all(kind and meaning for _, kind, meaning in told)


def test_every_section_is_told_once(pages: dict[str, str], project: Project) -> None:
    for name in SECTIONS:
        homes = [page for page, text in pages.items() if f"(section-{name})=" in text]
        assert homes == [f"{owner(name, project.stages)}.md"], name
        assert project.sections[name] in pages[homes[0]]
    assert set(SECTIONS) - set(project.models) == {"backbones"}, "it has no model but a mapping"


def test_every_knob_is_in_its_table(pages: dict[str, str], project: Project) -> None:
    params = yaml.safe_load((ROOT / "params.yaml").read_text("utf-8"))
    for name, model in project.models.items():
        rows = dict(accepted(model))
        value = params[name]
        if name in ("raters", "annotators", "judges"):
            value = next(iter(value.values()))
        assert set(value) <= set(rows), name
        page = pages[f"{owner(name, project.stages)}.md"]
        assert all(f"| `{key}` | " in page for key in rows)


def test_sections_stand_as_they_are_written() -> None:
    assert excerpts(PARAMS) == {
        "words": "words:\n  most: 3       # of ไทย, العربية\n  # हिन्दी: above its key\n  least: 1",
        "kept": "kept: {a: 1}",
    }
    text = (ROOT / "params.yaml").read_text("utf-8")
    whole = yaml.safe_load(text)
    for name, told in excerpts(text).items():
        assert yaml.safe_load(told) == {name: whole[name]}


def test_what_a_model_takes() -> None:
    assert accepted(Words) == [
        ("rule", "`first` | `last`"),
        ("parts", "list of the keys below, or null"),
        ("parts.deep", "integer > 0, ≤ 9"),
        ("named", "name: number"),
        ("code", "text like `^a or b$`"),
    ]


@pytest.mark.parametrize(
    ("schema", "told"),
    [
        ({"type": "string"}, "text"),
        ({"type": "number", "minimum": 0, "exclusiveMaximum": 1}, "number ≥ 0, < 1"),
        ({"const": "jsonl"}, "`jsonl`"),
        ({"type": "array", "items": {"enum": ["a", "b"]}}, "list of `a` | `b`"),
        ({"prefixItems": [{"type": "number"}] * 2, "type": "array"}, "list of number, number"),
        ({"anyOf": [{"type": "null"}, {"type": "boolean"}]}, "null, or boolean"),
    ],
)
def test_a_schema_in_words(schema: dict[str, Any], told: str) -> None:
    assert takes(schema, {}) == told


def test_figures_are_those_over_all_languages() -> None:
    node = {
        "overall": {"kept": 3, "of": {"ไทย": 0.5}},
        "languages": {"tha_Thai": {"kept": 3}},
        "x": [1],
    }
    assert list(figures(node)) == [("overall.kept", "3"), ("overall.of.ไทย", "0.5")]


def test_a_page_is_told_of_what_it_reads(project: Project) -> None:
    (ground,) = [one for one in project.stages if one.name == "ground"]
    page = stage_page(ground, project)
    assert "One instance for each `annotator`" in page
    assert "[annotate](annotate.md), [filter](filter.md)" in page
    assert "`out_of_order`" in page and "`metrics/ground/${item.annotator}.json`" in page


# ---- what is dropped ----------------------------------------------------------------------------


@lru_cache
def code_by_stage() -> dict[str, set[str]]:
    """Return the Python files that stages reach, by dvc.yaml, which `test_graph` holds to them."""
    stages = yaml.safe_load((ROOT / "dvc.yaml").read_text("utf-8"))["stages"]
    return {name: {d for d in one["deps"] if d.endswith(".py")} for name, one in stages.items()}


@lru_cache
def literals(name: str) -> frozenset[str]:
    """Return all strings in a Python file."""
    nodes = ast.walk(ast.parse((ROOT / name).read_text("utf-8")))
    found = [node.value for node in nodes if isinstance(node, ast.Constant)]
    return frozenset(one for one in found if isinstance(one, str))


def test_a_reason_that_is_told_is_in_the_code_of_its_stage(project: Project) -> None:
    for stage, reasons in project.reasons.items():
        known = frozenset().union(*map(literals, code_by_stage()[stage]))
        assert {reason for reason, _ in reasons} <= known, stage


def test_a_reason_that_a_stage_names_is_told(project: Project) -> None:
    """What is given to `drop` as it stands; what is made up elsewhere, the metrics below show."""
    for one in project.stages:
        told = {reason for reason, _ in project.reasons.get(one.name, [])}
        for name in code_by_stage()[one.name] - SHARED:
            text = (ROOT / name).read_text("utf-8")
            assert set(re.findall(r'\.drop\(\s*"([^"]+)"', text)) <= told, (one.name, name)


SHARED = {
    # Read by stages that report nothing of it, or another stage's drops.
    "finerweb/gold/sets.py",
    "finerweb/corpus/reviewed.py",
    "finerweb/binder/examples.py",
}


def dropped(node: Any) -> Iterable[str]:
    if isinstance(node, dict):
        if isinstance(node.get("dropped"), dict):
            yield from node["dropped"]
        for value in node.values():
            yield from dropped(value)


def test_a_reason_that_was_ever_counted_is_told(project: Project) -> None:
    files = [
        (p.relative_to(ROOT / "metrics").parts[0], p) for p in (ROOT / "metrics").rglob("*.json")
    ]
    files += [(p.name.split(".")[1], p) for p in (ROOT / "tests/golden").glob("metrics.*.json")]
    counted = 0
    names = {one.name for one in project.stages}
    for name, path in files:
        stage = name.removesuffix(".json")
        found = set(dropped(json.loads(path.read_text("utf-8"))))
        if stage in names:
            assert found <= {reason for reason, _ in project.reasons.get(stage, [])}, path
            counted += len(found)
    assert counted > 10


def test_reasons_are_told_once_with_a_meaning() -> None:
    with (ROOT / "docs/reference/reasons.csv").open(encoding="utf-8", newline="") as file:
        rows = [(row["stage"], row["reason"], row["meaning"]) for row in csv.DictReader(file)]
    assert len({row[:2] for row in rows}) == len(rows)
    assert all(meaning.endswith(".") for _, _, meaning in rows)
