"""What a project is made from: the graph and the stages, and which code they run.

In the repository a stage depends on the modules it reaches. A project of one's own has no modules:
finerweb is installed. There each stage depends on its key in `CODE`, the digest of those modules,
so that another finerweb reruns the stages whose code is another, and no others.
"""

import hashlib
import json
import re
from importlib.metadata import version
from pathlib import Path
from typing import Any

import yaml

PACKAGE = Path(__file__).parents[1]
CODE = "code.json"
GRAPH = "dvc.yaml"
BASE = "presets/sample.yaml"
HEAD = (
    "# The graph, in the order data flows; `finerweb init . --upgrade` writes it anew. What a\n"
    f"# stage runs of finerweb is told by its digest in {CODE}; replies of models are kept, so a\n"
    "# stale stage asks nothing that was asked before.\n"
)


def template() -> Path:
    """Return the folder with the graph, stages and params that projects are made from.

    In a wheel it is in the package (setup.py puts it there), in a checkout the checkout itself.

    Raises:
        FileNotFoundError: it is in neither.
    """
    places = (PACKAGE / "template", PACKAGE.parent)
    for folder in places:
        if (folder / GRAPH).is_file() and (folder / BASE).is_file():
            return folder
    raise FileNotFoundError(
        f"{places[0]}: expected {GRAPH}, {BASE} and stages/ there, or in a checkout; was finerweb "
        "installed from a wheel of its own build? Install it again"
    )


def graph(text: str) -> str:
    """Return the graph of the repository as that of a project: digests in place of modules."""
    lines = [line for line in text.splitlines(keepends=True) if not _is_module(line)]
    while lines and lines[0].startswith("#"):
        del lines[0]
    made = [HEAD]
    stage = ""
    for line in lines:
        if named := re.fullmatch(r"  (\w+):\n", line):
            stage = named[1]
        made.append(line)
        if line == "    params:\n":
            made.append(f"      - {CODE}:\n          - {stage}\n")
    return "".join(made)


def _is_module(line: str) -> bool:
    return line.startswith("      - finerweb/")


def code(text: str) -> dict[str, str]:
    """Return stage -> digest of the installed modules and tables that the repository's graph names.

    Beside the stages it has the ``finerweb`` that they are of, for people.

    Raises:
        FileNotFoundError: one of them is not installed.
    """
    stages: dict[str, dict[str, Any]] = yaml.safe_load(text)["stages"]
    digests = {name: _digest(stage["deps"]) for name, stage in stages.items()}
    return {"finerweb": version("finerweb"), **digests}


def _digest(deps: list[str]) -> str:
    digest = hashlib.sha256()
    for name in sorted(dep for dep in deps if dep.startswith("finerweb/")):
        for path in _files(PACKAGE.parent / name):
            of_file = hashlib.sha256(path.read_bytes()).hexdigest()
            digest.update(f"{path.relative_to(PACKAGE.parent).as_posix()} {of_file}\n".encode())
    return digest.hexdigest()


def _files(dep: Path) -> list[Path]:
    """Return the files of a folder, or the one file that it is."""
    return sorted(p for p in dep.rglob("*") if p.is_file()) if dep.is_dir() else [dep]


def stale(folder: Path) -> list[str]:
    """Return the stages of a project whose code is not the installed finerweb's; none elsewhere.

    Raises:
        ValueError: the project's `CODE` is not what `code` gave.
    """
    path = folder / CODE
    if not path.is_file():
        return []
    try:
        written = json.loads(path.read_text(encoding="utf-8"))
        here = code((template() / GRAPH).read_text(encoding="utf-8"))
        return sorted(n for n in here if n != "finerweb" and written.get(n) != here[n])
    except (ValueError, AttributeError) as error:
        raise ValueError(f"{path}: {error}; `finerweb init . --upgrade` writes it anew") from error
