"""`make repro` on two languages with the real vLLM and the smallest model, then the README.

Every command of the README runs here in a temporary clone, but `make test` itself.
"""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import commit, run
from documented import commands
from reach import ROOT

pytestmark = pytest.mark.slow
GEMMA = {"model": "mirror:gemma-3-270m-q4", "chat": False}
README = (ROOT / "README.md").read_text("utf-8")


def blocks(language: str) -> list[str]:
    """Return the README's code blocks of a language."""
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a clone of the project, small, in which the environment is set up already."""
    folder = tmp_path_factory.mktemp("real") / "clone"
    names = run("git", "ls-files", cwd=ROOT).stdout.splitlines()
    for name in names:
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        # With its time, so that `make` finds the environment up to date.
        shutil.copy2(ROOT / name, target)
    (folder / ".venv").symlink_to(sys.prefix)
    params: dict[str, Any] = yaml.safe_load((folder / "params.yaml").read_text("utf-8"))
    params["documents"] |= {
        "languages": ["eng_Latn", "tha_Thai"],
        "corpus_documents": 3,
    }
    # About the middle of what this model answers, so that its ratings differ at all.
    params["raters"]["qwen"] |= GEMMA | {"yes_at": [0.765, 0.705, 0.785]}
    params["annotate"]["annotators"] = ["gemma"]
    params["annotators"]["gemma"] |= {"max_tokens": 120}
    params["judges"]["qwen"] |= GEMMA | {"max_tokens": 60}
    params["filter_ablation"]["annotator"] = "gemma"
    params["train_regressor"] |= {"epochs": 1, "folds": 2, "tasks": ["multiclass"]}
    params["filter"]["threshold"] = -100.0
    params["train_binder"]["max_steps"] = params["confidence"]["max_steps"] = 2
    (folder / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False), "utf-8")
    run("git", "init", "--quiet", "--initial-branch", "main", cwd=folder)
    run("git", "config", "user.name", "test", cwd=folder)
    run("git", "config", "user.email", "test@example.org", cwd=folder)
    commit(folder, "Before")
    return folder


def test_make_repro(clone: Path) -> None:
    # Else `make` would set up an environment through the link, over the one the tests run in.
    if run("make", "--question", ".venv/ready", cwd=clone, check=False).returncode:
        pytest.fail("the environment is not the one that `make` made: run the tests by `make test`")
    (told,) = commands("docs/start.md", "The whole run")
    done = run(*told.split(), cwd=clone)
    assert "passages selected" in done.stdout
    metrics = json.loads((clone / "metrics/ground/gemma.json").read_text("utf-8"))["overall"]
    assert metrics["replies"]["seen"] == 6
    assert metrics["parse_rate"] > 0.5
    assert metrics["mentions"]["kept"] > 0
    statistics = json.loads((clone / "metrics/statistics.json").read_text("utf-8"))
    assert set(statistics["ours"]["merged"]["languages"]) == {"eng_Latn", "tha_Thai"}
    runs = [json.loads(line) for line in (clone / "runs.jsonl").read_text().splitlines()]
    # The two stages share replies, and which of them comes first is left to DVC.
    made = sum(r["requests_made"] for r in runs if r["stage"] in ("annotate", "filter_ablation"))
    assert 6 + 12 <= made <= 6 + 12 + 6, "passages, attacks, and what had to be asked once more"
    commit(clone, "After")


def test_warm_run_gives_the_same_bytes_and_asks_nothing(clone: Path) -> None:
    before = run("dvc", "status", cwd=clone).stdout
    lock = (clone / "dvc.lock").read_bytes()
    shutil.rmtree(clone / "data" / "annotations")
    run("dvc", "repro", "--force", "--single-item", "annotate@gemma", cwd=clone)
    assert (clone / "dvc.lock").read_bytes() == lock
    assert run("dvc", "status", cwd=clone).stdout == before
    runs = [json.loads(line) for line in (clone / "runs.jsonl").read_text().splitlines()]
    assert runs[-1]["stage"] == "annotate" and runs[-1]["requests_made"] == 0


def test_readme_commands(clone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FINERWEB_MODELS", str(tmp_path / "models"))
    (tmp_path / "model").mkdir()
    for name in ("config.json", "model.safetensors"):
        (tmp_path / "model" / name).write_text("{}")
    run("make", "remote-demo", cwd=clone)
    lines = [
        line.partition("#")[0].strip() for block in blocks("bash") for line in block.split("\n")
    ]
    for command in filter(None, lines):
        if command not in ("make repro", "make test"):
            words = command.replace("/path/to/model", str(tmp_path / "model")).split()
            run(*words, cwd=clone)


def test_readme_python(clone: Path, tmp_path: Path) -> None:
    (snippet,) = blocks("python")
    env = {"HF_DATASETS_CACHE": str(tmp_path), "HF_HUB_OFFLINE": "1"}
    run(sys.executable, "-c", snippet, cwd=clone, env=env)


def test_readme_picture_is_the_graph() -> None:
    done = run("dvc", "dag", "--mermaid", cwd=ROOT)
    assert done.stdout.strip() in README


def test_set_up_says_how_to_get_python(tmp_path: Path) -> None:
    """Without a Python 3.11 on PATH the set-up stops with instructions."""
    for tool in ("bash", "dirname", "sed", "df", "awk", "uname", "cat"):
        (tmp_path / tool).symlink_to(shutil.which(tool) or "")
    shutil.copy(ROOT / "setup.sh", tmp_path / "setup.sh")
    done = subprocess.run(
        [str(tmp_path / "bash"), "setup.sh"],
        cwd=tmp_path,
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "needs Python 3.11" in done.stderr and "uv python install 3.11" in done.stderr
