"""The graph of dvc.yaml: what each stage is told, reads and writes, and what follows what."""

import shlex
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import Any

import yaml

CODE = (".py", ".jinja")


@dataclass(frozen=True, slots=True)
class StageEntry:
    """A stage as dvc.yaml has it; paths and names of instances as they are there (``${item...}``).

    ``options`` are those of its command, ``reads`` and ``writes`` files and folders (code left
    out), ``sections`` the sections of params.yaml, ``factors`` what it has an instance for each of.
    """

    name: str
    description: str
    factors: tuple[str, ...]
    options: dict[str, str]
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    metrics: tuple[str, ...]
    sections: tuple[str, ...]


def read_graph(path: Path) -> list[StageEntry]:
    """Return the stages of a dvc.yaml, in its order."""
    stages = yaml.safe_load(path.read_text("utf-8"))["stages"]
    return [_stage(name, entry) for name, entry in stages.items()]


def _stage(name: str, entry: dict[str, Any]) -> StageEntry:
    words = shlex.split(entry["cmd"])[3:]
    sections = [str(one).split(".")[0] for one in entry.get("params", [])]
    return StageEntry(
        name,
        entry["desc"],
        tuple(entry.get("matrix", {})),
        dict(zip(words[::2], words[1::2], strict=True)),
        tuple(one for one in _paths(entry["deps"]) if not one.endswith(CODE)),
        _paths(entry.get("outs", [])),
        _paths(entry.get("metrics", [])),
        tuple(dict.fromkeys(sections)),
    )


def _paths(entries: Iterable[str | dict[str, Any]]) -> tuple[str, ...]:
    return tuple(one if isinstance(one, str) else next(iter(one)) for one in entries)


def folder(path: str) -> str:
    """Return a path up to the part that differs between the instances of a stage.

    >>> folder("data/grounded/${item.annotator}")
    'data/grounded'
    """
    return "/".join(takewhile(lambda part: "${" not in part, path.split("/")))


def edges(stages: Iterable[StageEntry]) -> list[tuple[str, str]]:
    """Return (before, after) for all stages of which one reads what the other writes, sorted."""
    stages = list(stages)
    return sorted(
        (before.name, after.name)
        for before in stages
        for after in stages
        if any(
            _overlap(folder(out), folder(dep))
            for out in before.writes + before.metrics
            for dep in after.reads
        )
    )


def reduced(edges: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the edges of a graph that no longer path of it stands for.

    >>> reduced([("a", "b"), ("b", "c"), ("a", "c")])
    [('a', 'b'), ('b', 'c')]
    """
    after: dict[str, set[str]] = {}
    for one, other in (pairs := list(edges)):
        after.setdefault(one, set()).add(other)

    def reach(name: str) -> set[str]:
        return {name}.union(*(reach(one) for one in after.get(name, ())))

    longer = {
        name: {r for one in found for r in reach(one) - {one}} for name, found in after.items()
    }
    return [(one, other) for one, other in pairs if other not in longer[one]]


def _overlap(one: str, other: str) -> bool:
    return one == other or one.startswith(f"{other}/") or other.startswith(f"{one}/")
