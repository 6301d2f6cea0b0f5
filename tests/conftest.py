"""Fixtures: a temporary copy of the project, and texts in several scripts."""

import importlib
import os
import shutil
import subprocess
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from encoders import make_encoder
from hypothesis import settings
from reach import ROOT
from works import Noting

# A slow machine is no error of the code.
settings.register_profile("finerweb", deadline=None)
settings.load_profile("finerweb")

COPIED = (".gitignore", "dvc.yaml", "params.yaml", "stages", "finerweb", "sample", "gold")


@pytest.fixture(scope="session")
def new_project(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], Path]:
    """Return a function that makes a copy of the project without data, in a git and DVC repository.

    They are set up once and then copied, which takes a tenth of the time.
    """
    template = tmp_path_factory.mktemp("template") / "project"
    template.mkdir()
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, template / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, template / name)
    run("git", "init", "--quiet", "--initial-branch", "main", cwd=template)
    run("git", "config", "user.name", "test", cwd=template)
    run("git", "config", "user.email", "test@example.org", cwd=template)
    run("dvc", "init", "--quiet", cwd=template)
    run("dvc", "config", "core.analytics", "false", cwd=template)
    return lambda folder: Path(shutil.copytree(template, folder))


@pytest.fixture
def project(new_project: Callable[[Path], Path], tmp_path: Path) -> Path:
    """Return a new copy of the project."""
    return new_project(tmp_path / "project")


def commit(folder: Path, message: str) -> None:
    """Commit everything in a temporary project."""
    run("git", "add", "--all", cwd=folder)
    run("git", "commit", "--quiet", "--message", message, cwd=folder)


def run(
    *command: str, cwd: Path, check: bool = True, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a command of the environment the tests run in; fail with what it printed."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        command,
        cwd=cwd,
        env={**os.environ, "PATH": path, **(env or {})},
        capture_output=True,
        text=True,
        check=False,
    )
    if check and done.returncode:
        pytest.fail(f"{' '.join(command)} ended with {done.returncode}\n{done.stdout}{done.stderr}")
    return done


@pytest.fixture
def stage(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Return a function that runs a stage in the temporary project, in this process.

    `test_cli` and the golden run start the scripts themselves.
    """
    monkeypatch.chdir(project)

    def call(name: str, *options: str) -> subprocess.CompletedProcess[str]:
        script = importlib.import_module(f"stages.{name}")
        done = CliRunner().invoke(script.main, options)
        if done.exc_info and done.exc_info[0] is not SystemExit:
            traceback.print_exception(*done.exc_info)
            pytest.fail(f"stage {name} ended with a traceback")
        return subprocess.CompletedProcess(options, done.exit_code, done.stdout, done.stderr)

    return call


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add --approve: take what the golden run gives as the new golden files."""
    parser.addoption("--approve", action="store_true", help="rewrite tests/golden")


@pytest.fixture
def approve(request: pytest.FixtureRequest) -> bool:
    """Return whether golden files are to be rewritten."""
    return bool(request.config.getoption("--approve"))


@pytest.fixture
def noting(tmp_path: Path) -> Callable[..., Noting]:
    """Return a function that makes a work that notes its calls in the file `notes`."""
    return lambda how="", **fields: Noting(str(tmp_path / "notes"), how, **fields)


@pytest.fixture(scope="session")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a two-layer encoder."""
    return make_encoder(tmp_path_factory.mktemp("made") / "encoder")


@pytest.fixture(scope="session")
def tokenizer(encoder: Path) -> Any:
    """Return its tokenizer, one token a character."""
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(encoder)
