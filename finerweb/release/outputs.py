"""Whether what DVC put here is what `dvc.lock` says, whatever DVC believes.

DVC trusts its cache: an object that changed there is checked out as it is, and `dvc status` sees
nothing. So everything is hashed once more.
"""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import yaml

FOLDER = ".dir"


def differing(project: Path, cache: Path) -> Iterator[str]:
    """Yield every output of the graph that is there but not as in `dvc.lock`, file by file.

    ``cache`` is DVC's folder of objects, which has the list of a folder's files.

    Raises:
        FileNotFoundError: there is no dvc.lock.
    """
    lock = yaml.safe_load((project / "dvc.lock").read_text("utf-8"))
    for stage in lock["stages"].values():
        for out in stage.get("outs", []):
            path = project / out["path"]
            if path.is_dir():
                yield from _folder(path, out["path"], out["md5"], cache)
            elif path.is_file() and (found := _md5(path)) != out["md5"]:
                yield f"{out['path']}: dvc.lock has md5 {out['md5']}, the file {found}"


def _folder(path: Path, name: str, expected: str, cache: Path) -> Iterator[str]:
    files = sorted(p for p in path.rglob("*") if p.is_file())
    there = {p.relative_to(path).as_posix(): _md5(p) for p in files}
    if _of_folder(there) == expected:
        return
    noted = _noted(cache, expected)
    if noted is None:
        yield f"{name}: dvc.lock has md5 {expected}, the folder {_of_folder(there)}"
        return
    for file in sorted(noted.keys() | there.keys()):
        if file not in there:
            yield f"{name}/{file}: is in dvc.lock's list, but not there"
        elif file not in noted:
            yield f"{name}/{file}: is not in dvc.lock's list"
        elif there[file] != noted[file]:
            yield f"{name}/{file}: dvc.lock has md5 {noted[file]}, the file {there[file]}"


def _noted(cache: Path, expected: str) -> dict[str, str] | None:
    """Return the files of a folder as DVC noted them; None where it has no such list, whole."""
    path = cache / expected[:2] / expected[2:]
    if not path.is_file() or f"{_md5(path)}{FOLDER}" != expected:
        return None
    return {row["relpath"]: row["md5"] for row in json.loads(path.read_text("utf-8"))}


def _of_folder(files: dict[str, str]) -> str:
    """Return what DVC calls a folder of these files: the md5 of their list."""
    rows = [{"md5": md5, "relpath": name} for name, md5 in sorted(files.items())]
    return hashlib.md5(json.dumps(rows).encode(), usedforsecurity=False).hexdigest() + FOLDER


def _md5(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
