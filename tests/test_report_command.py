"""`finerweb report`: a copy of the site with runs, costs and another commit's figures beside it."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result
from conftest import commit, run
from reach import ROOT
from report_cases import small_site, value

from finerweb.cli.main import main


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_site(tmp_path_factory.mktemp("report"))


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
    assert {stage["name"] for stage in added(here)["graph"]["stages"]} == set(
        yaml.safe_load((ROOT / "dvc.yaml").read_text("utf-8"))["stages"]
    )
    assert (site / "data" / "added.js").read_bytes() == before


def test_a_run_that_a_kill_cut_off_is_told_and_left_out(site: Path, here: Path) -> None:
    line = {
        "stage": "annotate",
        "annotator": "qwen",
        "seconds": 2.0,
        "peak_gib": 0.5,
        "money": 0.75,
    }
    (here / "runs.jsonl").write_text(f'{json.dumps(line)}\n{{"stage": "mer')
    done = report(site)
    assert "runs.jsonl:2: not whole, left out" in done.output
    (row,) = added(here)["runs"]
    assert row["money"] == 0.75


def test_no_report_yet(here: Path) -> None:
    done = CliRunner().invoke(main, ["report"])
    assert done.exit_code == 1 and "`dvc repro report` makes it" in done.output


def test_the_command_replaces_nothing_but_a_copy(site: Path, here: Path) -> None:
    done = report(site, "--out", "metrics")
    assert done.exit_code == 1
    assert "metrics: there is something else" in done.output
    assert (here / "metrics" / "merge.json").is_file()


@pytest.mark.parametrize("out", ["report", "report/data", ".", "linked", "report/../report"])
def test_the_site_itself_is_no_place_for_its_copy(site: Path, here: Path, out: str) -> None:
    shutil.copytree(site, here / "report")
    (here / "linked").symlink_to("report")
    done = report(Path("report"), "--out", out)
    assert done.exit_code == 1
    assert f"--out {Path(out)}: expected a folder apart from the site" in done.output
    assert files_of(here / "report") == files_of(site)


def files_of(folder: Path) -> dict[Path, bytes]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(folder): path.read_bytes() for path in files}


def test_a_copy_that_was_broken_off_is_made_whole(site: Path, here: Path) -> None:
    copy = here / ".finerweb" / "report"
    (copy / "js").mkdir(parents=True)
    (copy / "index.html").write_text("<html>")
    assert report(site).exit_code == 0
    assert set(files_of(copy)) == set(files_of(site))


def test_a_copy_stays_until_the_next_is_whole(site: Path, here: Path) -> None:
    assert report(site).exit_code == 0
    before = files_of(here / ".finerweb")
    (here / "unread").mkdir()
    (here / "unread" / "index.html").write_text("<html>")
    (here / "unread" / "gone.js").symlink_to("nowhere")
    assert report(here / "unread").exit_code == 1
    assert files_of(here / ".finerweb") == before


def test_a_folder_that_is_no_report(here: Path) -> None:
    done = report(here / "metrics")
    assert done.exit_code == 1
    assert "`dvc repro report` makes it" in done.output


def repository(folder: Path) -> None:
    run("git", "init", "--quiet", cwd=folder)
    run("git", "config", "user.name", "test", cwd=folder)
    run("git", "config", "user.email", "test@example.org", cwd=folder)


@pytest.mark.slow
def test_figures_of_a_commit_through_dvc(site: Path, here: Path) -> None:
    (here / ".gitignore").write_text("/.finerweb/\n")
    repository(here)
    run("dvc", "init", "--quiet", cwd=here)
    commit(here, "before")
    agreement(here, 0.5)
    assert report(site, "--against", "HEAD").exit_code == 0
    assert added(here)["against"]["figures"] == {"merge.json:overall.agreement.exact": 0.25}
    done = report(site, "--against", "nowhere")
    assert done.exit_code == 1
    assert "--against nowhere: " in done.output
    done = report(site, "--against", "HEAD", "--figures", str(site))
    assert done.exit_code == 1
    assert f"expected a folder in the git repository {here.resolve()}" in done.output


@pytest.mark.slow
def test_figures_of_a_commit_below_the_root_of_git(
    site: Path, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As `finerweb init` makes a project in a repository that is there already."""
    repository(here)
    below = here / "ไทย"
    (below / "metrics").mkdir(parents=True)
    monkeypatch.chdir(below)
    run("dvc", "init", "--quiet", "--subdir", cwd=below)
    (below / "params.yaml").write_bytes((ROOT / "params.yaml").read_bytes())
    agreement(below, 0.125)
    commit(here, "before")
    agreement(below, 0.5)
    assert report(site, "--against", "HEAD").exit_code == 0
    assert added(below)["against"]["figures"] == {"merge.json:overall.agreement.exact": 0.125}


def test_nothing_to_compare_with(site: Path, here: Path) -> None:
    done = report(site, "--against", "HEAD")
    assert done.exit_code == 1
    assert "expected a folder in a git repository" in done.output
