"""A small project whose release is in DVC, and what is asked of every kind of remote."""

import shutil
from pathlib import Path

from conftest import commit, run
from documented import run_all
from releases import make_release, make_variants, params

RELEASE = "data/release"
THAI = f"{RELEASE}/data/merged-single/tha_Thai"


def git(folder: Path) -> None:
    """Make a folder a git and DVC repository."""
    folder.mkdir(parents=True)
    run("git", "init", "--quiet", "--initial-branch", "main", cwd=folder)
    run("git", "config", "user.name", "test", cwd=folder)
    run("git", "config", "user.email", "test@example.org", cwd=folder)
    run("dvc", "init", "--quiet", cwd=folder)
    run("dvc", "config", "core.analytics", "false", cwd=folder)


def publisher(folder: Path) -> Path:
    """Return a new repository with a release that DVC tracks; it has no remote yet."""
    project = folder / "publisher"
    git(project)
    made = folder / "made"
    make_variants(made / "variants")
    make_release(made, params())
    shutil.copytree(made / "release", project / RELEASE)
    run("dvc", "add", "--quiet", RELEASE, cwd=project)
    commit(project, "A release")
    return project


def files(folder: Path) -> dict[str, bytes]:
    """Return the files of a folder by their paths in it."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != ".gitignore"
    }


def publish(project: Path, lines: list[str], env: dict[str, str] | None = None) -> None:
    """Run the commands that name a remote and push to it; commit what they changed."""
    run_all(lines, project, env)
    assert "up to date" in run("dvc", "push", cwd=project, env=env).stdout.lower()
    commit(project, "Name the remote")


def cloned(project: Path, out: Path) -> Path:
    """Return a clone of a project, with what of its settings git does not hold."""
    run("git", "clone", "--quiet", str(project), str(out), cwd=project)
    local = project / ".dvc/config.local"
    if local.is_file():
        shutil.copy(local, out / ".dvc/config.local")
    assert not (out / RELEASE).exists()
    return out


def pulls(project: Path, out: Path, env: dict[str, str] | None = None) -> None:
    """Check that a clone gets one language's file alone where that is asked for, then all."""
    clone = cloned(project, out)
    run("dvc", "pull", THAI, cwd=clone, env=env)
    whole = files(project / RELEASE)
    thai = {name: data for name, data in whole.items() if name.startswith(THAI[len(RELEASE) + 1 :])}
    assert files(clone / RELEASE) == thai and len(thai) == 1
    cached = [path for path in (clone / ".dvc/cache/files").rglob("*") if path.is_file()]
    assert len(cached) == 2, "the file, and the list of the folder"
    run("dvc", "pull", cwd=clone, env=env)
    assert files(clone / RELEASE) == whole
    assert "in sync" in run("dvc", "status", "--cloud", cwd=clone, env=env).stdout
