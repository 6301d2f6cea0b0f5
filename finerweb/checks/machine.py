"""Python, packages, GPU, disk: what this machine has."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

from packaging.requirements import Requirement

from finerweb.checks.check import Check

LOCK = Path("requirements-cpu.lock")
LOCKED_PYTHON = (3, 11)
OLDEST_PYTHON = (3, 11)
SPARE = 2e9
"""Bytes that a run of the sample writes beside its models, and some more."""


def python() -> Check:
    """Return how this Python is."""
    here = sys.version_info[:2]
    said = f"{sys.version.split()[0]} in {sys.prefix}"
    if here < OLDEST_PYTHON:
        return Check("python", "wrong", said, "make a virtual environment with Python 3.11")
    if here != LOCKED_PYTHON:
        return Check("python", "note", f"{said}; the lock is proven on 3.11 alone")
    return Check("python", "ok", said)


def packages(lock: Path = LOCK) -> Iterator[Check]:
    """Yield how the packages are that finerweb requires, and how far they are from the lock."""
    needed = [Requirement(text) for text in requires("finerweb") or ()]
    here: dict[str, str] = {}
    missing = []
    for one in needed:
        if one.marker and not one.marker.evaluate({"extra": ""}):
            continue
        try:
            here[one.name] = version(one.name)
        except PackageNotFoundError:
            missing.append(str(one))
        else:
            if not one.specifier.contains(here[one.name], prereleases=True):
                missing.append(f"{one} (here {here[one.name]})")
    if missing:
        todo = "run ./setup.sh in a checkout, else `pip install --upgrade finerweb`"
        yield Check("packages", "wrong", f"expected {', '.join(missing)}", todo)
    else:
        yield Check("packages", "ok", f"finerweb {version('finerweb')}, {len(here)} it requires")
    if lock.is_file():
        yield _against_lock(here, locked(lock.read_text(encoding="utf-8")))


def locked(text: str) -> dict[str, str]:
    """Return package -> version of a lock; torch, which stands apart, by its comment."""
    found = re.findall(r"^(?:# )?([\w.-]+)(?:==|: )(\d[\w.+!-]*)", text, re.MULTILINE)
    return {_canonical(name): number for name, number in found}


def _against_lock(here: Mapping[str, str], wanted: Mapping[str, str]) -> Check:
    # What stands after a + is which build it is, as of torch for CPUs.
    differ = [
        f"{name} {number} (lock: {wanted[_canonical(name)]})"
        for name, number in here.items()
        if number.partition("+")[0] != wanted.get(_canonical(name), number)
    ]
    if not differ:
        return Check("lock", "ok", f"{LOCK}: the same versions")
    more = f" and {len(differ) - 5} more" if len(differ) > 5 else ""
    todo = "./setup.sh installs the lock; other versions may give other figures"
    return Check("lock", "note", f"{', '.join(differ[:5])}{more}", todo)


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def gpu(needed: bool) -> Check:
    """Return which GPUs there are; none is wrong only where ``needed``."""
    command = shutil.which("nvidia-smi")
    found: list[str] = []
    if command:
        query = [command, "--query-gpu=name,memory.total", "--format=csv,noheader"]
        done = subprocess.run(query, capture_output=True, text=True, check=False, timeout=30)
        found = done.stdout.strip().splitlines() if done.returncode == 0 else []
    if found:
        return Check("gpu", "ok", "; ".join(found))
    if needed:
        todo = "set compute.gpus_per_worker to 0, or run where nvidia-smi finds a GPU"
        return Check("gpu", "wrong", "none, but compute.gpus_per_worker asks for one", todo)
    return Check("gpu", "note", "none: models run on the processor")


def disk(folder: Path, needed: float) -> Check:
    """Return whether the disk of a folder, which need not be there yet, has so many bytes free."""
    there = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
    free = shutil.disk_usage(there).free
    said = f"{free / 1e9:,.1f} GB free at {there}, about {needed / 1e9:,.1f} GB needed"
    if free >= needed:
        return Check("disk", "ok", said)
    todo = "make room, or name another disk with FINERWEB_MODELS (models)"
    return Check("disk", "wrong", said, todo)
