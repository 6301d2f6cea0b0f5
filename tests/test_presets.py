"""Presets: whole params, comments kept, the sample's to the byte."""

import re
from itertools import product
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest
import yaml
from conftest import run
from hypothesis import given
from hypothesis import strategies as st
from reach import ROOT

from finerweb import models
from finerweb.checks.used import named_models
from finerweb.languages import languages
from finerweb.params.load import SECTIONS
from finerweb.params.whole import ENTRIES, model_of
from finerweb.presets import override, preset

PRESETS = sorted(path.stem for path in (ROOT / "presets").glob("*.yaml"))
TEXTS = {name: preset(name, ROOT / "presets") for name in PRESETS}
PARAMS: dict[str, dict[str, Any]] = {name: yaml.safe_load(text) for name, text in TEXTS.items()}


def test_there_are_presets() -> None:
    assert PRESETS == ["paper", "sample"]


def test_the_sample_is_what_is_committed() -> None:
    """After a change of params.yaml: cp params.yaml presets/sample.yaml."""
    assert TEXTS["sample"].encode() == (ROOT / "params.yaml").read_bytes()


@pytest.mark.parametrize("name", PRESETS)
def test_every_section_loads(name: str) -> None:
    assert set(PARAMS[name]) == set(SECTIONS)
    for section, value in PARAMS[name].items():
        for entry in value.values() if section in ENTRIES else [value]:
            model_of(section).model_validate(entry)


@pytest.mark.parametrize("name", PRESETS)
def test_what_the_grid_names_is_there(name: str) -> None:
    params = PARAMS[name]
    assert set(params["rate"]["raters"]) == set(params["raters"])
    assert set(params["annotate"]["annotators"]) == set(params["annotators"])
    assert set(params["judge"]["judges"]) == set(params["judges"])
    assert set(params["train_regressor"]["raters"]) <= set(params["raters"])
    student = {params["train_binder"]["encoder"], params["train_binder"]["type_encoder"]} - {None}
    assert set(params["train_regressor"]["backbones"]) | student == set(params["backbones"])


@pytest.mark.parametrize("name", PRESETS)
def test_what_the_graph_reads_and_does_not_make_is_there(name: str) -> None:
    """DVC refuses a stage whose dep is missing, even one that its params leave unread."""
    graph = yaml.safe_load((ROOT / "dvc.yaml").read_text("utf-8"))["stages"]
    read = {dep for stage in graph.values() for dep in stage["deps"]}
    named = [dep for dep in read if dep.startswith("${") and "item" not in dep]
    assert "${documents.path}" in named
    for dep in read - set(named):
        if not dep.startswith(("data/", "metrics", "models/")):
            assert (ROOT / dep).exists(), dep
    for dep in named:
        section, key = dep[2:-1].split(".")
        assert (ROOT / PARAMS[name][section][key]).exists(), dep


@pytest.mark.parametrize("name", PRESETS)
def test_what_is_scored_on_is_not_learnt_from(name: str) -> None:
    scored = [one for one in PARAMS[name]["evaluate"]["sets"] if one["kind"] != "sample"]
    files = [{key: one[key] for key in ("kind", "path", "split")} for one in scored]
    assert PARAMS[name]["passages"]["evaluation_texts"] == files
    assert (name == "paper") == bool(files)


@pytest.mark.parametrize("name", PRESETS)
def test_every_knob_of_a_preset_has_a_comment(name: str) -> None:
    told: set[str] = set()
    above = ""
    for line in TEXTS[name].splitlines():
        knob = re.match(r" +(\w+): ", line)
        if knob and ("#" in line or above.lstrip().startswith("#")):
            told.add(knob[1])
        assert not knob or knob[1] in told, line
        assert len(line) <= 100 or line in TEXTS["sample"]
        above = line


def test_no_comment_above_a_section_is_lost() -> None:
    def banners(text: str) -> list[str]:
        return [line for line in text.splitlines() if line.startswith("#")]

    assert banners(TEXTS["paper"]) == banners(TEXTS["sample"])


def test_the_paper() -> None:
    params = PARAMS["paper"]
    assert params["documents"]["languages"] == [r.code for r in languages().values() if r.in_paper]
    assert params["documents"]["rating_documents"] == 1000
    assert params["filter"]["quota"] == 2500
    assert params["passages"]["words"] == 256
    grid = params["train_regressor"]
    assert (grid["learning_rate"], grid["batch_size"], grid["epochs"]) == (5e-5, 64, 20)
    student = params["train_binder"]
    assert (student["learning_rate"], student["epochs"]) == (3e-5, 20)
    assert (student["encoder"], student["type_encoder"]) == ("mbert", "mbert")
    assert len(grid["tasks"]) == len(grid["backbones"]) == 2 and len(grid["seeds"]) == 3
    # The filter would take the processor otherwise, for two million passages.
    assert params["compute"]["gpus_per_worker"] == 1
    gemma = params["annotators"]["gemma3_27b"]
    assert gemma["dtype"] == "bfloat16" and "gemma-3-27b-it" in gemma["model"]


def test_a_revision_that_is_to_be_filled_in_is_refused() -> None:
    named = named_models(PARAMS["paper"])
    baselines = [r for r in named if r.startswith("local:")]
    assert len(baselines) == 3, "to be registered; their checks say so"
    references = [r for r in named if r not in baselines]
    whole = [r for r in references if "COMMIT" not in r]
    assert len(whole) == len(references) - 2
    for reference in whole:
        models.identity(reference)
    for use, name in product((models.identity, models.resolve), ("mdeberta", "multilingual-cased")):
        (reference,) = [r for r in references if "COMMIT" in r and name in r]
        with pytest.raises(ValueError, match=rf"{name}.*40 hex digits.*Files and versions"):
            use(reference)


BASE = """\
# top

a:            # about a
  one: 1      # about one
  two: [x, y] # about two
  list:
    - α
    - β       # about β

# above the names
raters:
  first:
    k: v      # about k
    # above l
    l: w

# ---- b ----
b:
  text: "a # b"   # about text
  none: null
"""


@pytest.mark.parametrize(
    ("changes", "old", "new"),
    [
        ("a:\n  one: 22\n", "  one: 1      #", "  one: 22     #"),
        ("a:\n  one: 1234567\n", "  one: 1      #", "  one: 1234567  #"),
        ("a:\n  one: 2  # other\n", "  one: 1      # about one", "  one: 2  # other"),
        ("a:\n  two: [z]\n", "  two: [x, y] # about", "  two: [z]    # about"),
        ("a:\n  list:\n    - γ\n", "    - α\n    - β       # about β\n", "    - γ\n"),
        ("a:\n  list: []\n", "  list:\n    - α\n    - β       # about β\n", "  list: []\n"),
        (
            "raters:\n  # who\n  other:\n    k: x\n",
            "  first:\n    k: v      # about k\n    # above l\n    l: w\n",
            "  # who\n  other:\n    k: x\n",
        ),
        ("b:\n  text: 'ไ # ไ'\n", '  text: "a # b"   #', "  text: 'ไ # ไ'   #"),
        ("b:\n  none: 中\na:\n  one: 1\n", "  none: null\n", "  none: 中\n"),
        (
            f"a:\n  one: {'x' * 90}\n",
            "  one: 1      # about one",
            f"  # about one\n  one: {'x' * 90}",
        ),
    ],
)
def test_override(changes: str, old: str, new: str) -> None:
    assert BASE.count(old) == 1
    assert override(BASE, changes) == BASE.replace(old, new)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ("c: 1\n", "no key c to change; the file has a, raters, b"),
        ("b:\n  txt: 1\n  none: 1\n", "no key b.txt to change; b. has text, none"),
        ("a:\n    one: 2\n", "two spaces a level"),
        ("a: {one: 2}\n", "one key a line"),
        ("- a\n", "expected a mapping"),
        ("", "expected a mapping"),
    ],
)
def test_override_that_does_not_fit(changes: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        override(BASE, changes)


VALUES = st.one_of(
    st.integers(-9, 9999),
    st.booleans(),
    st.none(),
    st.text("aбक中ไ ", max_size=6),
    st.lists(st.integers(0, 99), max_size=3),
)


@given(st.fixed_dictionaries({}, optional={"one": VALUES, "two": VALUES, "list": VALUES}))
def test_override_changes_the_values_and_nothing_else(changes: dict[str, object]) -> None:
    text = "a:\n" + "".join(f"  {k}: {flow(v)}\n" for k, v in changes.items()) if changes else "{}"
    merged = override(BASE, text)
    base = yaml.safe_load(BASE)
    assert yaml.safe_load(merged) == base | {"a": base["a"] | changes}
    assert all(
        comment in merged for comment in ("# top", "# about a\n", "# ---- b ----", "# about k")
    )


def flow(value: object) -> str:
    return yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, width=999).split(
        "\n"
    )[0]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with params.yaml and presets alone."""
    (tmp_path / "presets").mkdir()
    for name in PRESETS:
        file = Path("presets", f"{name}.yaml")
        (tmp_path / file).write_bytes((ROOT / file).read_bytes())
    (tmp_path / "params.yaml").write_bytes((ROOT / "params.yaml").read_bytes())
    return tmp_path


def call(folder: Path, *options: str) -> CompletedProcess[str]:
    return run("finerweb", "preset", *options, cwd=folder, check=False)


@pytest.mark.slow
def test_there_and_back(folder: Path) -> None:
    params = folder / "params.yaml"
    before = params.read_bytes()
    done = call(folder, "paper", "--yes")
    assert done.returncode == 0
    assert "+    - zsm_Latn" in done.stdout
    assert "-  quota: 8  " in done.stdout and "+  quota: 2500  " in done.stdout
    assert params.read_bytes() == TEXTS["paper"].encode()
    assert call(folder, "sample", "--yes").returncode == 0
    assert params.read_bytes() == before
    assert "is the preset sample already" in call(folder, "sample").stdout


def test_nothing_is_written_without_a_yes(folder: Path) -> None:
    before = (folder / "params.yaml").read_bytes()
    done = call(folder, "paper")
    assert done.returncode == 1
    assert "Write params.yaml? [y/N]" in done.stdout and "+  quota: 2500" in done.stdout
    assert (folder / "params.yaml").read_bytes() == before


@pytest.mark.parametrize("name", ["papers", "../params", "../../evil", "/etc/passwd", "de;rm -rf"])
def test_unknown_preset(folder: Path, name: str) -> None:
    done = call(folder, name, "--yes")
    assert done.returncode == 1
    assert f"no preset {name!r}; presets are paper, sample" in done.stderr
    assert (folder / "params.yaml").read_bytes() == TEXTS["sample"].encode()


@pytest.mark.slow
def test_a_preset_of_ones_own(folder: Path) -> None:
    mine = folder / "presets" / "mine.yaml"
    mine.write_text("filter:\n  quotas: 3\n", "utf-8")
    done = call(folder, "mine")
    assert "presets/mine.yaml: no key filter.quotas to change" in done.stderr
    mine.write_text("filter: [\n", "utf-8")
    assert "presets/mine.yaml: " in call(folder, "mine").stderr
    mine.write_text("filter:\n  quota: 3\n", "utf-8")
    assert call(folder, "mine", "--yes").returncode == 0
    assert "\n  quota: 3                  # passages a language\n" in (
        folder / "params.yaml"
    ).read_text("utf-8")


def test_outside_a_project(tmp_path: Path) -> None:
    done = call(tmp_path, "paper")
    assert "presets: expected sample.yaml there" in done.stderr


def test_the_graph_of_the_paper(project: Path) -> None:
    (project / "params.yaml").write_bytes(TEXTS["paper"].encode())
    stages = run("dvc", "stage", "list", "--name-only", cwd=project).stdout.split()
    assert {"rate@gpt4o_mini", "annotate@gemma3_27b"} <= set(stages)
    assert sum(stage.startswith("train_regressor@") for stage in stages) == 2 * 2 * 2 * 3
