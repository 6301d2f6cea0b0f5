"""A folder as remote, and other repositories that take from this one: `dvc get`, `dvc import`."""

import shutil
from pathlib import Path

import pytest
import yaml
from conftest import commit, run
from documented import commands, run_all
from encoders import make_regressor
from reach import ROOT
from remotes import RELEASE, files, git, publish, publisher, pulls

pytestmark = [pytest.mark.slow, pytest.mark.long]


@pytest.fixture(scope="module")
def pushed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a project that was pushed to a folder as docs/remotes.md says."""
    folder = tmp_path_factory.mktemp("folder")
    project = publisher(folder)
    stand_ins = {"/srv/finerweb": str(folder / "remote")}
    publish(project, commands("docs/remotes.md", "A folder", stand_ins))
    return project


def test_one_language_then_all(pushed: Path, tmp_path: Path) -> None:
    pulls(pushed, tmp_path / "clone")


def test_another_project_takes_and_follows(pushed: Path, tmp_path: Path) -> None:
    """As docs/remotes.md says; then the data changes there, and `dvc update` brings it."""
    consumer = tmp_path / "consumer"
    git(consumer)
    stand_ins = {"https://example.org/finerweb.git": f"file://{pushed}"}
    get, bring, update = commands("docs/remotes.md", "Take it from another project", stand_ins)
    run_all([get, bring], consumer)
    assert files(consumer / "dataset") == files(pushed / RELEASE / "data/merged-single")
    there = pushed / RELEASE / "data/merged-multi/tha_Thai"
    assert files(consumer / "thai") == files(there)
    told = (consumer / "thai.dvc").read_text()
    assert f"file://{pushed}" in told and "rev_lock" in told
    assert not run("git", "ls-files", "--others", "--exclude-standard", "thai", cwd=consumer).stdout
    commit(consumer, "Take the Thai passages")

    old = files(there)
    (there / "train-00000-of-00001.parquet").write_bytes(b"corrected")
    run("dvc", "add", "--quiet", RELEASE, cwd=pushed)
    run("dvc", "push", "--quiet", cwd=pushed)
    commit(pushed, "Correct a passage")
    run_all([update], consumer)
    assert files(consumer / "thai") == {"train-00000-of-00001.parquet": b"corrected"} != old


def test_an_old_version_is_taken_by_its_commit(pushed: Path, tmp_path: Path) -> None:
    first = run("git", "rev-list", "--max-parents=0", "HEAD", cwd=pushed).stdout.strip()
    run("git", "tag", "v1", "HEAD", cwd=pushed)
    for rev in ("v1", "main"):
        run(
            "dvc", "get", f"file://{pushed}", f"{RELEASE}/README.md", "--rev", rev,
            "--out", f"{rev}.md", cwd=tmp_path,
        )  # fmt: skip
    assert (tmp_path / "v1.md").read_bytes() == (tmp_path / "main.md").read_bytes()
    # The first commit names no remote: what it has cannot be found, and nothing is left behind.
    done = run(
        "dvc", "get", f"file://{pushed}", RELEASE, "--rev", first, "--out", "first", cwd=tmp_path,
        check=False,
    )  # fmt: skip
    assert done.returncode and not (tmp_path / "first").exists()


def test_a_version_of_the_regressor(pushed: Path, tmp_path: Path) -> None:
    graph = yaml.safe_load((ROOT / "dvc.yaml").read_text("utf-8"))
    graph = {"artifacts": graph["artifacts"]}
    (pushed / "dvc.yaml").write_text(yaml.safe_dump(graph), "utf-8")
    (path,) = (one["path"] for one in graph["artifacts"].values())
    make_regressor(pushed / path)
    run("dvc", "add", "--quiet", path, cwd=pushed)
    run("dvc", "push", "--quiet", cwd=pushed)
    commit(pushed, "Select a regressor")
    stand_ins = {"https://example.org/finerweb.git": f"file://{pushed}"}
    tag, get = commands("docs/remotes.md", "A version of the regressor", stand_ins)
    run_all([tag], pushed)
    made = files(pushed / path)
    (pushed / path / "config.json").write_text("{}")
    run("dvc", "add", "--quiet", path, cwd=pushed)
    commit(pushed, "Another, of no version yet")
    run_all([get], tmp_path)
    assert files(tmp_path / Path(path).name) == made and "model.safetensors" in made


def test_what_is_fetched_is_hashed(pushed: Path, tmp_path: Path) -> None:
    """An object that changed in the remote is taken, until `verify` is set."""
    remote = shutil.copytree(pushed.parent / "remote", tmp_path / "remote")
    readme = (pushed / RELEASE / "README.md").read_bytes()
    (kept,) = (one for one in remote.rglob("*") if one.is_file() and one.read_bytes() == readme)
    kept.chmod(0o644)
    kept.write_bytes(b"changed")
    verify, check = commands("docs/remotes.md", "What a remote does not do")
    lines = {"trusting": [], "hashing": [verify]}
    for name in lines:
        clone = tmp_path / name
        run("git", "clone", "--quiet", str(pushed), str(clone), cwd=tmp_path)
        run("dvc", "remote", "modify", "--local", "ours", "url", str(remote), cwd=clone)
        run_all(lines[name], clone)
        done = run("dvc", "pull", RELEASE, cwd=clone, check=False)
        assert bool(done.returncode) == bool(lines[name])
        assert (clone / RELEASE / "README.md").is_file() != bool(lines[name])
    done = run("bash", "-c", check, cwd=tmp_path / "trusting", check=False)
    assert done.returncode == 1 and "README.md" in done.stdout


def test_a_lost_object_is_named(pushed: Path, tmp_path: Path) -> None:
    """A remote without a file fails by name, and what was there before stays."""
    remote = tmp_path / "remote"
    clone = tmp_path / "clone"
    run("git", "clone", "--quiet", str(pushed), str(clone), cwd=tmp_path)
    run("dvc", "remote", "modify", "--local", "ours", "url", str(remote), cwd=clone)
    done = run("dvc", "pull", cwd=clone, check=False)
    assert done.returncode and "data/release" in done.stdout + done.stderr
    assert not files(clone / RELEASE)
