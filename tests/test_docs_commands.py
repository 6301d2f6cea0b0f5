"""The commands of docs/, in the order a reader would type them, on two languages.

The models are the scripted server's; what needs a real one, `make` or Ray is in `test_real` and
`test_cluster_scripts`, what needs another kind of remote in `test_remote_*`.
"""

import json
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import commit, run
from documented import commands, edit, run_all, typed
from hub import TOKEN, hub_server
from reach import ROOT
from scripted_server import scripted_server
from test_golden import KEY, configure

from finerweb.tables.io import languages_in

pytestmark = [pytest.mark.slow, pytest.mark.long]
LANGUAGES = ["eng_Latn", "tha_Thai"]


def make_smaller(project: Path) -> None:
    """Leave little to judge and to train."""
    path = project / "params.yaml"
    params: dict[str, Any] = yaml.safe_load(path.read_text("utf-8"))
    params["judge"] |= {"passages": 1, "resamples": 100}
    params["train_binder"]["max_steps"] = 1
    path.write_text(yaml.safe_dump(params, sort_keys=False), "utf-8")


@pytest.fixture(scope="module")
def ran(
    new_project: Callable[[Path], Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Path]:
    """Yield a project that ran the whole graph and names a folder as its remote."""
    folder = tmp_path_factory.mktemp("docs")
    project = new_project(folder / "project")
    with scripted_server() as server:
        configure(project, server.base_url, LANGUAGES)
        make_smaller(project)
        run("dvc", "remote", "add", "--default", "ours", str(folder / "remote"), cwd=project)
        run("dvc", "repro", cwd=project, env=KEY)
        commit(project, "Run the graph")
        yield project


def clone_of(project: Path, folder: Path) -> Path:
    run("git", "clone", "--quiet", str(project), str(folder), cwd=project)
    for name, value in (("user.name", "test"), ("user.email", "test@example.org")):
        run("git", "config", name, value, cwd=folder)
    return folder


def test_what_came_out(ran: Path, tmp_path: Path) -> None:
    figures, metrics, status = run_all(commands("docs/start.md", "See what came out"), ran)
    assert "passages selected" in figures and "merge.json" in metrics
    assert "up to date" in status
    (snippet,) = typed("docs/start.md", "See what came out", "python")
    env = {"HF_DATASETS_CACHE": str(tmp_path), "HF_HUB_OFFLINE": "1"}
    run(sys.executable, "-c", snippet, cwd=ran, env=env)


def test_replies_are_given_and_taken(ran: Path, tmp_path: Path) -> None:
    lines = commands("docs/replies.md", "Give")
    stat, verified, exported, *_ = run_all(lines, ran)
    assert "replies" in stat and " 0 damaged" in verified and "replies/" in exported
    other = clone_of(ran, tmp_path / "clone")
    run_all(commands("docs/replies.md", "Take"), other)
    assert run("finerweb", "replies", "stat", cwd=other).stdout == stat


def test_the_data_is_pulled(ran: Path, tmp_path: Path) -> None:
    run("dvc", "push", cwd=ran)
    _, repro = run_all(
        commands("docs/remotes.md", "Pull all of it"), clone_of(ran, tmp_path / "all")
    )
    assert "up to date" in repro
    some = clone_of(ran, tmp_path / "some")
    release, *parts = commands("docs/remotes.md", "Pull only what you need")
    run_all(parts, some)
    found = [p.relative_to(some / "data/release").as_posix() for p in files(some)]
    assert found == ["README.md", "data/merged-single/tha_Thai/train-00000-of-00001.parquet"]
    run_all([release], some)
    assert len(files(some)) == len(files(ran)) > 2
    assert not (some / "data/variants").exists()


def files(project: Path) -> list[Path]:
    return sorted(path for path in (project / "data/release").rglob("*") if path.is_file())


def test_the_release_is_checked_and_sent(ran: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_all(commands("docs/publish.md", "Check it"), ran)
    run_all(commands("docs/publish.md", "Leave out what may not be published"), ran, KEY)
    with hub_server() as hub:
        env = {"HF_ENDPOINT": hub.url, "HF_TOKEN": TOKEN, "HF_HUB_DISABLE_XET": "1"}
        said, sent = run_all(commands("docs/publish.md", "Send it"), ran, env)
        assert "nothing was sent" in said and "nothing was sent" not in sent
        assert list(hub.branches) == ["my-organisation/my-dataset"]


def test_corrections_become_gold(ran: Path, tmp_path: Path) -> None:
    run_all(commands("docs/review.md", "Take the passages into Label Studio"), ran)
    exported = ran / "export/label-studio"
    assert (exported / "label_config.xml").is_file()
    tasks = json.loads((exported / "tha_Thai/train.json").read_text("utf-8"))
    for task in tasks:
        task["annotations"] = task.pop("predictions")
    (ran / "project.json").write_text(json.dumps(tasks), "utf-8")
    taken, *_ = run_all(commands("docs/review.md", "Bring the corrections back"), ran, KEY)
    assert f"{len(tasks)} taken" in taken
    reviewed = json.loads((ran / "metrics/passages.json").read_text("utf-8"))["reviewed"]
    assert reviewed["overall"]["kept"] == len(tasks)
    commit(ran, "Correct some passages")


def test_a_changed_param_moves_figures(ran: Path) -> None:
    edit(ran, "docs/start.md", "Change something")
    repro, params, metrics = run_all(commands("docs/start.md", "Change something"), ran, KEY)
    assert "Running stage 'ground@gemma'" in repro and "Running stage 'annotate" not in repro
    assert "ground.rule" in params and "overall.mentions.dropped.repeated" in metrics


def test_a_set_s_files_have_changed(ran: Path) -> None:
    """Nothing before `predict` runs again: `--force` alone would rerun the whole graph."""
    lines = commands("docs/gold.md", "Human-labelled sets, and who is scored on them")
    forced, rest = run_all(lines, ran, KEY)
    assert re.findall(r"Running stage '(\w+)", forced) == ["predict"]
    assert set(re.findall(r"Running stage '(\w+)", rest)) <= {"evaluate", "label_study"}
    assert "up to date" in run("dvc", "status", cwd=ran).stdout


def test_a_language_is_added(ran: Path, tmp_path: Path) -> None:
    """German text stands in for French: the page is about the steps."""
    german = (ran / "sample/documents/deu_Latn.jsonl").read_text("utf-8")
    rows = [json.loads(line) for line in german.splitlines()]
    plain = [{"id": row["id"].replace("deu", "fra"), "text": row["text"]} for row in rows]
    source = tmp_path / "french.jsonl"
    source.write_text("".join(json.dumps(row) + "\n" for row in plain), "utf-8")
    edit(ran, "docs/languages.md", "From your own text")
    stand_ins = {"/path/to/french.jsonl": str(source)}
    lines = commands("docs/languages.md", "From your own text", stand_ins)
    _, plan, *_ = run_all(lines, ran, KEY)
    assert "requests" in plan
    assert languages_in(ran / "data/entities") == ["eng_Latn", "fra_Latn", "tha_Thai"]


def test_an_annotator_is_added(ran: Path) -> None:
    edit(ran, "docs/models.md", "Another annotator")
    plan, repro, _ = run_all(commands("docs/models.md", "Another annotator"), ran, KEY)
    assert "requests" in plan and "Running stage 'annotate@mine'" in repro
    assert "Running stage 'annotate@qwen'" not in repro
    assert (ran / "data/release/data/mine-single").is_dir()


def model_in(folder: Path) -> Path:
    (folder / "model").mkdir()
    for name in ("config.json", "model.safetensors"):
        (folder / "model" / name).write_text("{}")
    return folder / "model"


def test_a_model_is_added(ran: Path, tmp_path: Path) -> None:
    stand_ins = {"/path/to/model": str(model_in(tmp_path))}
    lines = commands("docs/models.md", "A folder of your own", stand_ins)
    env = {"FINERWEB_MODELS": str(tmp_path / "models")}
    run_all(lines, ran, env)
    assert "my-llm" in run("finerweb", "models", "list", cwd=ran, env=env).stdout


def test_the_paper_is_one_preset_away(project: Path) -> None:
    shutil.copytree(ROOT / "presets", project / "presets")
    before = (project / "params.yaml").read_bytes()
    _, plan, _ = run_all(commands("docs/models.md", "The paper's set-up"), project)
    assert "annotate@" in plan and "GB" in plan
    assert (project / "params.yaml").read_bytes() == before


def test_the_console(ran: Path) -> None:
    run_all(commands("docs/console.md", "Errors"), ran, KEY)
    doctor, *others = commands("docs/console.md", "For machines")
    json.loads(run("bash", "-c", f"{doctor} || true", cwd=ran, env=KEY).stdout)
    for said in run_all(others, ran, KEY):
        json.loads(said)


def test_own_data(ran: Path, tmp_path: Path) -> None:
    run_all(commands("docs/own_data.md", "Run it"), ran, KEY)
    stand_ins = {"/models/my-llm": str(model_in(tmp_path))}
    env = {"FINERWEB_MODELS": str(tmp_path / "models")}
    run_all(commands("docs/own_data.md", "The models", stand_ins), ran, env)


def test_the_tab_key(ran: Path, tmp_path: Path) -> None:
    run_all(commands("docs/console.md", "The Tab key"), ran, {"HOME": str(tmp_path)})
    told = (tmp_path / ".local/share/bash-completion/completions/finerweb").read_text("utf-8")
    assert "_FINERWEB_COMPLETE" in told
