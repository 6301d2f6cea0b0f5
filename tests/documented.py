"""What README and docs/*.md tell a reader to type: blocks of code, by page and heading."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from conftest import run
from reach import ROOT

TYPED = ("bash", "python")
"""Languages of blocks that a reader runs."""


@dataclass(frozen=True, slots=True)
class Block:
    """A block of code; ``heading`` is the nearest one above it."""

    page: str
    heading: str
    language: str
    text: str


def blocks(page: str) -> Iterator[Block]:
    """Yield the blocks of code of a page, named from the project's root."""
    text = (ROOT / page).read_text("utf-8")
    heading = ""
    for found in re.finditer(r"^#+ (.+)$|^```(\w+)\n([\s\S]*?)^```$", text, re.M):
        if found[1]:
            heading = found[1]
        else:
            yield Block(page, heading, found[2], found[3])


def typed(page: str, heading: str, language: str) -> list[str]:
    """Return the texts of the blocks of a language under a heading; at least one.

    Raises:
        LookupError: there is none; the page changed, or the name is wrong.
    """
    found = [b.text for b in blocks(page) if b.heading == heading and b.language == language]
    if not found:
        raise LookupError(f"{page} has no {language} block under {heading!r}")
    return found


def commands(page: str, heading: str, stand_ins: Mapping[str, str] | None = None) -> list[str]:
    """Return the commands under a heading, what is only an example in them replaced.

    Raises:
        LookupError: there is none, or a stand-in is for something that none of them has.
    """
    text = "\n".join(typed(page, heading, "bash"))
    for example, real in (stand_ins or {}).items():
        if example not in text:
            raise LookupError(f"{page}, {heading!r}: no command has {example!r}")
        text = text.replace(example, real)
    lines = [re.sub(r"\s+#.*", "", line).strip() for line in text.splitlines()]
    return [line for line in lines if line and not line.startswith("#")]


def run_all(lines: list[str], cwd: Path, env: dict[str, str] | None = None) -> list[str]:
    """Run commands as a shell does; return what each printed; fail at the first that fails."""
    return [run("bash", "-c", line, cwd=cwd, env=env).stdout for line in lines]


def edit(project: Path, page: str, heading: str) -> None:
    """Make the changes to params.yaml that the yaml blocks under a heading show."""
    for text in typed(page, heading, "yaml"):
        change(project, text)


def change(project: Path, text: str) -> None:
    """Make a change to params.yaml that a text in YAML shows."""
    path = project / "params.yaml"
    params = yaml.safe_load(path.read_text("utf-8"))
    _merge(params, yaml.safe_load(text))
    path.write_text(yaml.safe_dump(params, sort_keys=False), "utf-8")


def _merge(params: dict[str, Any], changes: dict[str, Any]) -> None:
    for key, value in changes.items():
        if isinstance(value, dict) and isinstance(params.get(key), dict):
            _merge(params[key], value)
        else:
            params[key] = value
