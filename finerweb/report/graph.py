"""The picture of the graph: each stage's place, and who takes what from whom.

It is added to the site, as runs are: DVC lets no stage depend on dvc.yaml.
"""

from collections.abc import Mapping, Sequence
from typing import Any


def picture(stages: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return the stages of a dvc.yaml with their places, and the edges between them.

    ``row`` is the longest way down from a stage that takes nothing from others; ``column`` the
    place in the row, by the mean column of those it takes from. Edges are pairs of names; those
    that a longer way tells too are left out, or nobody could follow any.
    """
    parents = {name: _parents(name, stages) for name in stages}
    rows: dict[str, int] = {}
    for name in stages:
        _place(name, parents, rows)
    columns: dict[str, int] = {}
    for row in range(max(rows.values(), default=-1) + 1):
        within = [name for name in stages if rows[name] == row]
        within.sort(key=lambda name: _mean([columns[parent] for parent in parents[name]]))
        columns |= {name: column for column, name in enumerate(within)}
    return {
        "stages": [
            {
                "name": name,
                "desc": stage.get("desc", ""),
                "by": sorted(stage.get("matrix", {})),
                "row": rows[name],
                "column": columns[name],
            }
            for name, stage in stages.items()
        ],
        "edges": [[parent, name] for name in stages for parent in _nearest(parents[name], parents)],
    }


def _parents(name: str, stages: Mapping[str, Mapping[str, Any]]) -> list[str]:
    deps = [_known(dep) for dep in stages[name].get("deps", [])]
    return [
        other
        for other, stage in stages.items()
        if other != name and any(_meet(dep, out) for out in _outs(stage) for dep in deps)
    ]


def _nearest(some: Sequence[str], parents: Mapping[str, Sequence[str]]) -> list[str]:
    """Return those of some stages that none of the others takes from, however far up."""
    above: set[str] = set()
    queue = [name for one in some for name in parents[one]]
    while queue:
        name = queue.pop()
        if name not in above:
            above.add(name)
            queue += parents[name]
    return [name for name in some if name not in above]


def _outs(stage: Mapping[str, Any]) -> list[str]:
    """Return the paths a stage writes; DVC lets each be a path, or a path with settings."""
    written = [*stage.get("outs", []), *stage.get("metrics", []), *stage.get("plots", [])]
    return [_known(path) for out in written for path in ([out] if isinstance(out, str) else out)]


def _known(path: str) -> str:
    """Return what is known of a path before DVC fills it in: up to ``${``."""
    return path.partition("${")[0].rstrip("/")


def _meet(one: str, other: str) -> bool:
    """Return whether two paths are the same, or one lies in the other."""
    if not one or not other:
        return False
    return one == other or one.startswith(f"{other}/") or other.startswith(f"{one}/")


def _place(name: str, parents: Mapping[str, Sequence[str]], rows: dict[str, int]) -> int:
    """Return a stage's row, and note it; DVC refuses graphs with cycles."""
    if name not in rows:
        rows[name] = 1 + max(
            (_place(parent, parents, rows) for parent in parents[name]), default=-1
        )
    return rows[name]


def _mean(values: Sequence[int]) -> float:
    return sum(values) / len(values) if values else 0.0
