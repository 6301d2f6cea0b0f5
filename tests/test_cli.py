"""The command line: help everywhere, quick, errors in one line."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest
import yaml
from click.testing import CliRunner
from conftest import run
from reach import ROOT

from finerweb.checks.used import named_models
from finerweb.cli.main import main
from finerweb.cli.plan import ASKING
from finerweb.params.load import document

STAGES = sorted(path.stem for path in (ROOT / "stages").glob("*.py"))


def commands(group: click.Group, *names: str) -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = []
    for name, command in group.commands.items():
        found.append((*names, name))
        if isinstance(command, click.Group):
            found += commands(command, *names, name)
    return found


@pytest.mark.parametrize("command", commands(main), ids=" ".join)
def test_every_command_has_help(command: tuple[str, ...]) -> None:
    done = run("finerweb", *command, "--help", cwd=ROOT)
    assert len(done.stdout.splitlines()) > 3
    assert f"finerweb {' '.join(command)}" in done.stdout


@pytest.mark.parametrize("command", commands(main), ids=" ".join)
def test_examples_stand_on_lines_of_their_own(command: tuple[str, ...]) -> None:
    told = CliRunner().invoke(main, [*command, "--help"]).output
    assert "\\b" not in told
    assert told.count("Example") == told.count("\n  Example:\n      finerweb ")


@pytest.mark.parametrize("name", STAGES)
def test_every_stage_has_help(name: str) -> None:
    done = run(sys.executable, "-m", f"stages.{name}", "--help", cwd=ROOT)
    assert f"Stage `{name}`" in done.stdout
    for line in done.stdout.partition("Options:")[2].strip().splitlines():
        is_rest = line.startswith(" " * 10)
        assert is_rest or len(line.split()) > 2, f"an option without help: {line}"


def test_the_stages_that_plan_are_those_that_ask() -> None:
    asking = [n for n in STAGES if "Answers(" in (ROOT / "stages" / f"{n}.py").read_text("utf-8")]
    assert sorted(ASKING) == asking


def test_errors_are_one_line(tmp_path: Path) -> None:
    done = run("finerweb", "models", "path", "mirror:nothing", cwd=tmp_path, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("Error: mirror:nothing: unknown; the mirror has")
    assert len(done.stderr.splitlines()) == 1


def test_outside_a_project(tmp_path: Path) -> None:
    done = run("finerweb", "models", "pull", cwd=tmp_path, check=False)
    assert done.returncode == 1
    assert "run from the folder that has params.yaml" in done.stderr


def test_models_that_params_name() -> None:
    assert named_models(document(ROOT / "params.yaml")) == [
        "mirror:qwen2.5-coder-1.5b-instruct-q4",
        "mirror:gemma-3-270m-q4",
        "mirror:multilingual-e5-small-q4",
        "mirror:lid.176",
        "mirror:all-minilm-l6-v2",
    ]


def test_a_missing_input_is_named(
    stage: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    options = ("--documents", "nowhere", "--out", "o", "--metrics", "m")
    done = stage("passages", *options)
    assert done.returncode == 2
    assert "Path 'nowhere' does not exist" in done.stderr


@pytest.mark.slow
def test_passages_are_cut_on_the_processor(
    project: Path, stage: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    """With a GPU for each worker of the filter, and no GPU here."""
    params = yaml.safe_load((project / "params.yaml").read_text("utf-8"))
    params["documents"]["languages"] = ["arb_Arab"]
    params["compute"] |= {"gpus_per_worker": 64, "workers": 1}
    (project / "params.yaml").write_text(yaml.safe_dump(params), "utf-8")
    source = ("--source", "sample/documents", "--fetched", "f", "--out", "d", "--metrics", "d.json")
    assert stage("documents", *source).returncode == 0
    options = ("--documents", "d", "--gold", "gold", "--out", "p", "--metrics", "p.json")
    done = stage("passages", *options)
    assert done.returncode == 0, done.stderr
    assert (project / "p/arb_Arab.parquet").is_file()
