"""The console: exit codes, one-line errors, tracebacks when asked for, JSON, the Tab key."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from annotated import annotated
from click.testing import CliRunner
from conftest import run
from dvc.repo import Repo
from reach import ROOT
from test_cli import commands

from finerweb.cli.main import Group, main
from finerweb.progress import bar
from finerweb.stage import DEBUG, FAULT, STOPPED, TRACEBACK, Stage

ERRORS = [
    (ValueError("span [1, 0): expected 0 <= start < end"), 1, "span [1, 0): expected"),
    (FileNotFoundError("data/x: no such file; run the stage"), 1, "data/x: no such file"),
    (OSError(), 1, "OSError"),
    (KeyError("gone"), FAULT, "KeyError: 'gone' (a fault of finerweb: please report it"),
    (RuntimeError("line one\nline two"), FAULT, "RuntimeError: line one line two (a fault"),
    (KeyboardInterrupt(), STOPPED, "stopped; what was done is kept"),
    (click.UsageError("no such thing"), 2, "no such thing"),
    (click.Abort(), 1, "Aborted!"),
]


@pytest.fixture(params=["stage", "command"])
def kind(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> type[click.Command]:
    """Return what runs: a stage script, or a command of finerweb; outside a project."""
    monkeypatch.chdir(tmp_path)
    return Stage if request.param == "stage" else click.Command


def failing(kind: type[click.Command], error: BaseException) -> click.Command:
    """Return a command that fails."""

    @click.command("failing", cls=kind)
    def fail() -> None:
        """Fail."""
        raise error

    if kind is Stage:
        return fail
    option = click.Option(["--debug"], is_flag=True, envvar=DEBUG)
    return Group("finerweb", commands=[fail], params=[option])


@pytest.mark.parametrize(("error", "code", "said"), ERRORS, ids=lambda v: type(v).__name__)
def test_an_error_is_a_line_and_a_code(
    kind: type[click.Command], error: BaseException, code: int, said: str
) -> None:
    words = [] if kind is Stage else ["failing"]
    done = CliRunner().invoke(failing(kind, error), words)
    assert done.exit_code == code
    last = done.stderr.strip().splitlines()[-1]
    assert last.removeprefix("Error: ").startswith(said)
    assert "Traceback" not in done.output
    if code in (1, FAULT, STOPPED):
        assert len(done.stderr.strip().splitlines()) == 1
    if code == FAULT:
        assert f"{DEBUG}=1" in last


def test_a_fault_in_a_project_keeps_its_traceback(
    kind: type[click.Command], tmp_path: Path
) -> None:
    (tmp_path / ".finerweb").mkdir()
    words = [] if kind is Stage else ["failing"]
    done = CliRunner().invoke(failing(kind, KeyError("ที่นี่")), words)
    assert done.exit_code == FAULT
    assert f"its traceback is in {TRACEBACK})" in done.stderr
    kept = (tmp_path / TRACEBACK).read_text("utf-8")
    assert kept.startswith("Traceback") and kept.rstrip().endswith("KeyError: 'ที่นี่'")


@pytest.mark.parametrize("how", ["variable", "before", "after"])
def test_a_traceback_where_it_is_asked_for(kind: type[click.Command], how: str) -> None:
    """Stages have the options that dvc.yaml gives them: of theirs, the variable alone."""
    if kind is Stage:
        how = "variable"
    words = {"variable": ["failing"], "before": ["--debug", "failing"]}
    words["after"] = words["before"][::-1]
    env = {DEBUG: "1"} if how == "variable" else {}
    wanted = [] if kind is Stage else words[how]
    done = CliRunner().invoke(failing(kind, ValueError("bad data")), wanted, env=env)
    lines = done.stderr.strip().splitlines()
    assert lines[0] == "Traceback (most recent call last):"
    assert (lines[-2], lines[-1]) == ("ValueError: bad data", "Error: bad data")
    assert done.exit_code == 1


@pytest.mark.parametrize("text", [main.help or "", (ROOT / "docs/console.md").read_text("utf-8")])
def test_exit_codes_are_documented(text: str) -> None:
    told = {int(n) for n in re.findall(r"^(?:\| | +)(\d+) +(?:\||\w)", text, re.MULTILINE)}
    assert told == {0, *(code for _, code, _ in ERRORS)}


def test_docs_name_every_command() -> None:
    told = (ROOT / "docs/console.md").read_text("utf-8")
    assert [name for name in main.commands if f"`finerweb {name}" not in told] == []


def test_a_reader_that_has_enough_is_no_error(tmp_path: Path) -> None:
    annotated(tmp_path / "data")
    finerweb = shutil.which("finerweb", path=str(Path(sys.executable).parent))
    script = f"{finerweb} show tha_Thai --json | true"
    done = subprocess.run(
        ["bash", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_help_loads_nothing_heavy() -> None:
    """Which keeps `finerweb --help` and the Tab key under half a second."""
    heavy = {"pydantic", "yaml", "pyarrow", "rich", "jinja2", "dvc", "huggingface_hub", "numpy"}
    code = "import sys, finerweb.cli.main; print(*sys.modules)"
    done = run(sys.executable, "-c", code, cwd=ROOT)
    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    assert "click" in loaded and not heavy & loaded


def has_json(names: tuple[str, ...]) -> bool:
    command: click.Command = main
    for name in names:
        assert isinstance(command, click.Group)
        command = command.commands[name]
    return any("--json" in option.opts for option in command.params)


JSON = {
    "doctor": (("checks", "ok"), (0, 1)),
    "figures": ((), (0,)),
    "models list": (("folder", "here", "mirror"), (0,)),
    "plan": (("stages",), (0,)),
    "replies stat": (("by_settings", "quarantined", "replies", "store"), (0,)),
    "replies verify": (("damaged", "intact", "segments", "shared", "store"), (0,)),
    "show": ((), (0,)),
    "verify": (("faults", "release"), (1,)),
}
"""Command -> keys of its document (none: it is a list), and codes it may end with."""
ARGUMENTS = {"show": ["tha_Thai"], "verify": ["release"], "plan": ["rate@qwen"]}


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Yield a project with params, annotated passages and a release, as working directory."""
    folder = tmp_path_factory.mktemp("small")
    for name in ("params.yaml", "dvc.yaml"):
        shutil.copy(ROOT / name, folder)
    annotated(folder / "data")
    (folder / "release").mkdir()
    run("git", "init", "--quiet", cwd=folder)
    Repo.init(str(folder)).close()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        yield folder


def test_what_machines_read_has_json() -> None:
    assert {" ".join(names) for names in commands(main) if has_json(names)} == set(JSON)


@pytest.mark.parametrize("command", JSON)
def test_json_is_one_document(
    small: Path, command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if command == "doctor":  # Of the machine alone; tests/test_doctor.py has the rest.
        monkeypatch.chdir(tmp_path)
    keys, codes = JSON[command]
    words = [*command.split(), *ARGUMENTS.get(command, []), "--json"]
    done = CliRunner().invoke(main, words)
    assert done.exit_code in codes, done.output
    document = json.loads(done.stdout)
    assert sorted(document) == sorted(keys) if keys else isinstance(document, list) and document


def test_json_says_what_is_wrong_too(small: Path) -> None:
    done = CliRunner().invoke(main, ["verify", "release", "--json"])
    assert done.exit_code == 1
    faults = json.loads(done.stdout)["faults"]
    assert faults
    assert done.stderr.strip() == f"Error: release: {len(faults)} faults"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts(shell: str) -> None:
    script = CliRunner().invoke(main, ["completion", shell]).stdout
    assert "_FINERWEB_COMPLETE" in script and "finerweb" in script
    if shutil.which(shell):
        run(shell, "-n", "-c", script, cwd=ROOT)


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("finerweb do", ["doctor"]),
        ("finerweb replies s", ["salvage", "stat"]),
        ("finerweb show ar", ["arb_Arab"]),
        ("finerweb show ", ["arb_Arab", "deu_Latn", "hin_Deva", "jpn_Jpan", "tha_Thai"]),
        ("finerweb show tha_Thai --annotator ge", ["gemma"]),
        ("finerweb completion ", ["bash", "fish", "zsh"]),
    ],
)
def test_the_tab_key(small: Path, typed: str, expected: list[str]) -> None:
    words = typed.split(" ")
    env = {"COMP_WORDS": typed, "COMP_CWORD": str(len(words) - 1)}
    done = run("finerweb", cwd=small, env=env | {"_FINERWEB_COMPLETE": "bash_complete"})
    assert sorted(line.partition(",")[2] for line in done.stdout.split()) == expected


def test_progress_where_nobody_looks(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO", "finerweb.progress"), bar("รายการ", 3) as advance:
        advance(2)
        advance(1, tokens=30)
    (line,) = [json.loads(record.message) for record in caplog.records]
    assert (line["what"], line["done"], line["total"]) == ("รายการ", 3, 3)
