"""Packages beyond those that finerweb always has: which of them the params need."""

import subprocess
import sys
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from typing import Any

from finerweb.checks.check import Check
from finerweb.checks.used import asked

IMPORT_SECONDS = 120
INSTALL = "in a checkout of finerweb: pip install -e '.[{}]'"


def extras(params: Mapping[str, Any]) -> Iterator[Check]:
    """Yield whether the packages are here that params need; vLLM is imported, in a process.

    Raises:
        ValueError: as `asked`.
    """
    source = params["documents"]["source"]
    predictors = params["evaluate"]["predictors"].values()
    needed = {
        "google": ("google.auth", "translate.by", "google" in params["translate"]["by"]),
        "gliner": (
            "gliner",
            "evaluate.predictors or confidence.student",
            any(one["kind"] == "gliner" for one in predictors)
            or params["confidence"]["student"] == "gliner",
        ),
        "sat": ("wtpsplit", "variants.sentences", params["variants"]["sentences"] == "sat"),
        "ray": ("ray", "compute.backend", params["compute"]["backend"] == "ray"),
        "s3": ("s3fs", "documents.source", str(source.get("root", "")).startswith("s3://")),
    }
    for extra, (module, who, is_needed) in needed.items():
        if is_needed:
            yield _package(extra, module, who)
    if any(one["engine"] == "vllm" for one in asked(params)):
        yield vllm()


def _package(extra: str, module: str, who: str) -> Check:
    name = f"extra {extra}"
    if _is_installed(module):
        return Check(name, "ok", f"{module} is here, for {who}")
    return Check(name, "wrong", f"no package {module}, but {who} needs it", INSTALL.format(extra))


def _is_installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # The package that it would be in.
        return False


def vllm(seconds: float = IMPORT_SECONDS) -> Check:
    """Return whether vLLM can be imported: a build for other hardware is here, but cannot be."""
    todo = "./setup.sh installs it for processors; docs/gpu.md, for GPUs"
    if not _is_installed("vllm"):
        return Check("vllm", "wrong", "not here, but models with engine vllm need it", todo)
    command = [sys.executable, "-c", "from vllm import LLM"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=seconds)
    except subprocess.TimeoutExpired:
        return Check("vllm", "note", f"its import takes more than {seconds:.0f} s")
    if done.returncode:
        why = (done.stderr.strip().splitlines() or ["no word"])[-1]
        return Check("vllm", "wrong", f"cannot be imported: {why[:200]}", todo)
    return Check("vllm", "ok", "can be imported")
