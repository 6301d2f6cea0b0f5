"""The graph itself: stages and scripts one to one, deps exact, imports pointing one way."""

import ast
import re
from typing import Any

import pytest
import yaml
from reach import ROOT, files_of, imports, is_empty, reached

GRAPH: dict[str, dict[str, Any]] = yaml.safe_load((ROOT / "dvc.yaml").read_text("utf-8"))["stages"]
PARAMS: dict[str, Any] = yaml.safe_load((ROOT / "params.yaml").read_text("utf-8"))
FREE = {"compute", "llm"}
"""Sections no stage depends on."""

# A module may import from its own layer and from those before it.
LAYERS = (
    ("finerweb.records", "finerweb.columns", "finerweb.languages", "finerweb.tally"),
    ("finerweb.progress", "finerweb.batching", "finerweb.flat"),
    ("finerweb.cards",),
    ("finerweb.mirror",),
    ("finerweb.models", "finerweb.params", "finerweb.tables"),
    ("finerweb.compute", "finerweb.llm"),
    ("finerweb.corpus", "finerweb.gold"),
    ("finerweb.regressor", "finerweb.injection"),
    ("finerweb.binder",),
    ("finerweb.gliner",),
    ("finerweb.evaluation",),
    ("finerweb.confidence",),
    ("finerweb.rating", "finerweb.filtering", "finerweb.annotation"),
    ("finerweb.planting", "finerweb.verdicts", "finerweb.judging"),
    ("finerweb.occurrences", "finerweb.grounding"),
    ("finerweb.similarity", "finerweb.normalisation", "finerweb.overlaps"),
    ("finerweb.merging", "finerweb.labels", "finerweb.ablation"),
    ("finerweb.lexicon", "finerweb.translation", "finerweb.naming", "finerweb.translators"),
    ("finerweb.release", "finerweb.report", "finerweb.forecast"),
    ("finerweb.exports", "finerweb.review", "finerweb.viewing"),
    ("finerweb.presets", "finerweb.projects"),
    ("finerweb.checks",),
    ("finerweb.stage", "finerweb.cli"),
)
ONLY_HERE = {"click": ("finerweb.stage", "finerweb.cli")}
HEAVY = (
    "torch",
    "transformers",
    "vllm",
    "ray",
    "datasets",
    "sentence_transformers",
    "pandas",
    "sklearn",
    "google",
    "spacy",
    "gliner",
)
MODULES = sorted((ROOT / "finerweb").rglob("*.py"))


def test_stages_and_scripts_one_to_one() -> None:
    assert set(GRAPH) == {path.stem for path in (ROOT / "stages").glob("*.py")}


@pytest.mark.parametrize("name", GRAPH)
def test_stage(name: str) -> None:
    stage = GRAPH[name]
    assert stage["desc"]
    assert stage["cmd"].startswith(f"python -m stages.{name} ")
    files = {dep for dep in stage["deps"] if dep.startswith(("finerweb/", "stages/"))}
    assert files == reached(ROOT / "stages" / f"{name}.py")
    assert all(list(metric.values()) == [{"cache": False}] for metric in stage["metrics"])


@pytest.mark.parametrize("name", GRAPH)
def test_stage_depends_on_the_sections_it_loads(name: str) -> None:
    source = (ROOT / "stages" / f"{name}.py").read_text("utf-8")
    loaded = {match.split(".")[0] for match in re.findall(r'load\(\s*f?"([\w.]+)', source)}
    declared = {param.split(".")[0] for param in GRAPH[name]["params"]}
    knobs = {p.split(".")[1] for p in GRAPH[name]["params"] if p.startswith("train_regressor.")}
    if name == "train_regressor":
        # The grid's own lists are the matrix; every other knob changes a training.
        grid = {"raters", "tasks", "backbones", "seeds"}
        assert knobs == set(PARAMS["train_regressor"]) - grid
    else:
        assert not knobs
    if "finerweb.params.backbones" in imports(source):
        loaded.add("backbones")
    assert declared == loaded - FREE


def test_every_section_is_used() -> None:
    declared = {param.split(".")[0] for stage in GRAPH.values() for param in stage["params"]}
    text = (ROOT / "dvc.yaml").read_text("utf-8")
    interpolated = set(re.findall(r"\$\{(\w+)\.\w+\}", text)) - {"item"}
    assert set(PARAMS) == declared | interpolated | FREE


def test_every_knob_has_a_comment() -> None:
    """On its line or above it; what an entry shares with the one before it is told there."""
    told: set[str] = set()
    above = ""
    for line in (ROOT / "params.yaml").read_text("utf-8").splitlines():
        knob = re.match(r" +(\w+): ", line)
        if knob and ("#" in line or above.lstrip().startswith("#")):
            told.add(knob[1])
        assert not knob or knob[1] in told, line
        above = line


def layer(module: str) -> int:
    for number, names in enumerate(LAYERS):
        if any(module == name or module.startswith(name + ".") for name in names):
            return number
    raise AssertionError(f"{module} is in no layer: add it to LAYERS")


@pytest.mark.parametrize("path", MODULES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_imports_point_one_way(path: Any) -> None:
    if is_empty(path):
        return
    module = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    for target in imports(path.read_text("utf-8")):
        real = [file for file in files_of(target) if not is_empty(file)]
        for file in real:
            name = ".".join(file.relative_to(ROOT).with_suffix("").parts)
            assert layer(name.removesuffix(".__init__")) <= layer(module), f"{module} <- {name}"


@pytest.mark.parametrize("path", MODULES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_heavy_libraries_are_imported_where_they_are_used(path: Any) -> None:
    module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for node in ast.parse(path.read_text("utf-8")).body:
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name.split(".")[0] for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [(node.module or "").split(".")[0]]
        assert not set(names) & set(HEAVY), f"{module} imports {names} at its top"
        for name, allowed in ONLY_HERE.items():
            assert name not in names or module.startswith(allowed)


def test_packages_hold_no_code() -> None:
    for path in MODULES:
        assert path.name != "__init__.py" or is_empty(path)
