"""Finished batches, kept outside of DVC's outputs so that no interruption costs them.

``.finerweb/batches/<what>/<run>/<batch>``: ``run`` is the sha256 of the work and of the code,
``batch`` that of the batch's rows. So a result is only ever taken for the same rows, params and
code; nothing is taken because it is there. The code is every file of this package and the versions
of all others: more than a work reaches, and never less.
"""

import hashlib
import inspect
import json
import logging
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, fields
from importlib import metadata
from pathlib import Path

from pydantic import BaseModel

import finerweb
from finerweb.compute.batches import Described, Work
from finerweb.tables.io import replacing

PACKAGE = Path(finerweb.__file__).parent
DIGEST = 32
"""Bytes of the sha256 that a checkpoint begins with."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Checkpoints:
    """The finished batches of one run: of one work under one code."""

    folder: Path

    def get(self, batch: str) -> bytes | None:
        """Return a finished batch's result; None where there is none, or a damaged one."""
        path = self.folder / batch
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            return None
        if data[:DIGEST] != hashlib.sha256(data[DIGEST:]).digest():
            log.warning("%s: damaged; the batch is computed again", path)
            return None
        return data[DIGEST:]

    def put(self, batch: str, result: bytes) -> None:
        """Keep a batch's result; on an error nothing is left behind."""
        with replacing(self.folder / batch) as temporary:
            temporary.write_bytes(hashlib.sha256(result).digest() + result)


def checkpoints(work: Work, what: str, home: Path, keep_runs: int) -> Checkpoints:
    """Return the checkpoints of a work; of earlier runs of ``what`` only the newest are left."""
    return Checkpoints(run_folder(work, what, home, keep_runs))


def run_folder(work: Described, what: str, home: Path, keep_runs: int) -> Path:
    """Return the folder of a run; of earlier runs of ``what`` only the newest are left."""
    run = home.absolute() / what / run_digest(work)
    run.mkdir(parents=True, exist_ok=True)
    others = [path for path in run.parent.iterdir() if path != run]
    others.sort(key=lambda path: path.stat().st_mtime, reverse=True)
    for path in others[keep_runs:]:
        shutil.rmtree(path, ignore_errors=True)
    return run


def forget(work: Described, what: str, home: Path) -> None:
    """Remove a work's checkpoints: what they were for is written."""
    shutil.rmtree(home.absolute() / what / run_digest(work), ignore_errors=True)


def run_digest(work: Described) -> str:
    """Return the sha256 of a work's fields, the content of the paths among them, and the code."""
    kind = type(work)
    source = Path(inspect.getfile(kind))
    said = {
        "work": f"{kind.__module__}.{kind.__qualname__}",
        "fields": {field.name: _plain(getattr(work, field.name)) for field in fields(work)},
        "code": _content(PACKAGE),
        "module": _content(source),
        "packages": sorted({f"{d.name} {d.version}" for d in metadata.distributions()}),
    }
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def _plain(value: object) -> object:
    """Return a field's value as JSON has it, a path as the digest of what it names."""
    if isinstance(value, Path):
        return _content(value)
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, BaseModel):
        return {name: _plain(getattr(value, name)) for name in type(value).model_fields}
    raise TypeError(
        f"a work's field is a {type(value).__name__}: expected a path, a string, a number, None, "
        "a tuple of them or a params model, so that it can be told from another"
    )


def _content(path: Path) -> dict[str, str]:
    """Return the sha256 of a file, or of each file of a folder but compiled ones, by name."""
    found = {}
    for name, file in sorted(_files(path)):
        with file.open("rb") as opened:
            found[name] = hashlib.file_digest(opened, "sha256").hexdigest()
    return found


def _files(path: Path) -> Iterator[tuple[str, Path]]:
    if path.is_file():
        yield "", path
        return
    if not path.is_dir():
        raise FileNotFoundError(f"{path}: no such file or folder, though the work names it")
    for file in path.rglob("*"):
        if file.is_file() and "__pycache__" not in file.parts:
            yield file.relative_to(path).as_posix(), file
