"""Python, packages, GPU, disk: what this machine has."""

import os
import re
import runpy
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, requires, version
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from packaging.requirements import Requirement

from finerweb.checks.check import Check, failure

LOCK = Path("requirements-cpu.lock")
LOCKED_PYTHON = (3, 11)
OLDEST_PYTHON = (3, 11)
GPU_SECONDS = 30.0
"""For nvidia-smi, which is slow where GPUs have just been woken."""
MEMORY = 12e9
LEAST_MEMORY = 9.8e9
"""The peak of the sample's judge, 9.11 GiB; and with room for all else."""
CGROUP = Path("/sys/fs/cgroup/memory.max")
SPARE = 2e9
"""Bytes that a run of the sample writes beside its models, and some more."""


def python() -> Check:
    """Return how this Python is."""
    here = sys.version_info[:2]
    said = f"{sys.version.split()[0]} in {sys.prefix}"
    if here < OLDEST_PYTHON:
        return Check("python", "wrong", said, "make a virtual environment with Python 3.11")
    stages = shutil.which("python")
    # Not the files themselves: environments share an interpreter by links.
    if stages is None or not Path(stages).parent.samefile(Path(sys.executable).parent):
        todo = f"stages run with `python`: source {sys.prefix}/bin/activate"
        return Check("python", "wrong", f"{said}, but `python` is {stages or 'none'}", todo)
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
        todo = "in a checkout of finerweb: ./setup.sh; with a GPU, as docs/gpu.md says"
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


def gpu(needed: bool, seconds: float = GPU_SECONDS) -> Check:
    """Return which GPUs there are; none is wrong only where ``needed``."""
    command = shutil.which("nvidia-smi")
    found: list[str] = []

    def look() -> None:
        found.extend(_smi(command or "", "--query-gpu=name,memory.total", "--format=csv,noheader"))

    why = failure(look, seconds) if command else ""
    if found:
        return Check("gpu", "ok", "; ".join(found))
    said = f"none: nvidia-smi: {why}" if why else "none"
    if needed:
        todo = "set compute.gpus_per_worker to 0, or run where nvidia-smi finds a GPU"
        return Check("gpu", "wrong", f"{said}, but compute.gpus_per_worker asks for one", todo)
    return Check("gpu", "note", f"{said}: models run on the processor")


def _smi(command: str, *options: str) -> list[str]:
    """Return the lines of nvidia-smi; none where it fails."""
    done = subprocess.run([command, *options], capture_output=True, text=True, check=False)
    return done.stdout.strip().splitlines() if done.returncode == 0 else []


def cuda(needed: bool, built_for: str | None, seconds: float = GPU_SECONDS) -> Check:
    """Return whether PyTorch uses the GPUs that there are.

    ``built_for`` is `torch_cuda`'s. Any CUDA of a major version runs on a driver of that one or a
    later one.
    """
    drivers: list[str] = []

    def look() -> None:
        lines = _smi(shutil.which("nvidia-smi") or "")
        drivers.extend(re.findall(r"CUDA (?:UMD )?Version: *(\d+\.\d+)", "\n".join(lines)))

    why = failure(look, seconds)
    state: Literal["note", "wrong"] = "wrong" if needed else "note"
    if built_for is None:
        said = "this PyTorch is built for processors; the GPU is idle"
        return Check("cuda", state, said, "docs/gpu.md installs one for GPUs, in another .venv")
    if not drivers:
        return Check("cuda", "note", f"PyTorch wants {built_for}; nvidia-smi names none {why}")
    said = f"PyTorch wants {built_for}, the driver has {drivers[0]}"
    if int(built_for.partition(".")[0]) > int(drivers[0].partition(".")[0]):
        return Check("cuda", state, said, "update the driver, or install a PyTorch of its CUDA")
    return Check("cuda", "ok", said)


def torch_cuda() -> str | None:
    """Return the CUDA that PyTorch is built for, None for processors; it is not imported."""
    found = find_spec("torch")
    if found is None or found.origin is None:
        return None
    told: str | None = runpy.run_path(str(Path(found.origin).with_name("version.py")))["cuda"]
    return told


def memory(needed: float = MEMORY, least: float = LEAST_MEMORY, cgroup: Path = CGROUP) -> Check:
    """Return whether the memory holds the sample's models, on processors; bytes.

    The file ``cgroup`` has the limit of the container that this is in.
    """
    has = _memory(cgroup)
    said = f"{has / 1e9:,.1f} GB, about {needed / 1e9:,.0f} GB needed by models on the processor"
    if has >= needed:
        return Check("memory", "ok", said)
    todo = "a stage may be killed: take smaller models, or put them behind a server"
    return Check("memory", "wrong" if has < least else "note", said, todo)


def _memory(cgroup: Path) -> float:
    """Return the bytes of this machine, or of the container that it is in."""
    whole = float(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    limit = cgroup.read_text(encoding="ascii").strip() if cgroup.is_file() else "max"
    return whole if limit == "max" else min(whole, float(limit))


def disk(folder: Path, needed: float) -> Check:
    """Return whether the disk of a folder, which need not be there yet, has so many bytes free."""
    there = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
    free = shutil.disk_usage(there).free
    said = f"{free / 1e9:,.1f} GB free at {there}, about {needed / 1e9:,.1f} GB needed"
    if free >= needed:
        return Check("disk", "ok", said)
    todo = "make room, or name another disk with FINERWEB_MODELS (models)"
    return Check("disk", "wrong", said, todo)
