"""What a commit had, told by git: for the commands that compare with one."""

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

Committed = Callable[[str], dict[str, Any] | None]
"""A metrics file, named from the folder one is in -> what it held; None where it was not there."""


def committed(rev: str) -> Committed:
    """Return a function that reads metrics files of a commit.

    Raises:
        ValueError: git is not there, the folder is in no repository, or it has no such commit.
    """
    found = _git("rev-parse", "--quiet", "--verify", f"{rev}^{{commit}}")
    if found is None:
        repository()
        raise ValueError(f"{rev}: git knows no such commit, branch or tag; `git log` lists them")

    def read(name: str) -> dict[str, Any] | None:
        # Without ./ git takes a name from the root of the repository, which may be further up.
        shown = _git("show", f"{found}:./{name}")
        return None if shown is None else json.loads(shown)

    return read


def repository() -> Path:
    """Return the root of the git repository that one is in, its links resolved.

    Raises:
        ValueError: git is not there, or there is no repository.
    """
    root = _git("rev-parse", "--show-toplevel")
    if root is None:
        raise ValueError(
            f"{Path.cwd()}: expected a folder in a git repository, to compare with a commit of it"
        )
    return Path(root).resolve()


def _git(*words: str) -> str | None:
    """Return what git says, None where it fails or is not there."""
    if shutil.which("git") is None:
        return None
    done = subprocess.run(["git", *words], capture_output=True, text=True, check=False)
    return None if done.returncode else done.stdout.strip()
