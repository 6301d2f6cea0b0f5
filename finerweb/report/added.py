"""What is added to a copy of the site: the runs of a machine, the figures of another commit.

Neither is the stage's: its bytes are a function of what it reads, and these change without that.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from finerweb.report.figures import figure

INSTANCE = ("rater", "annotator", "judge", "setup", "task", "backbone", "seed")
"""What tells the runs of one stage apart."""
SUMMED = ("requests_made", "prompt_tokens", "cached_tokens", "output_tokens", "money")
HIGHEST = ("seconds", "peak_gib")

Row = Mapping[str, Any]


def runs(rows: Iterable[Row]) -> list[dict[str, Any]]:
    """Return what the runs of each stage, or instance of one, took, in the order they first ran.

    ``rows`` are those of runs.jsonl. Seconds and memory are the longest run's and the largest's,
    since most runs find what they need and ask nothing; requests, tokens and money (by the prices
    that held then; None where none was known) are those of all runs.
    """
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for row in rows:
        instance = "-".join(str(row[name]) for name in INSTANCE if name in row)
        key = (row["stage"], instance)
        name = " ".join(filter(None, key))
        one = found.setdefault(key, {"name": name, "runs": 0} | dict.fromkeys(SUMMED + HIGHEST))
        one["runs"] += 1
        for name in HIGHEST:
            one[name] = max(one[name] or 0, row[name])
        for name in SUMMED:
            if name in row:
                one[name] = (one[name] or 0) + row[name]
    return [one | {"money": one["money"] or None} for one in found.values()]


def against(
    rev: str, headlines: Iterable[Row], metrics: Callable[[str], dict[str, Any] | None]
) -> dict[str, Any]:
    """Return the headline figures and the paper's numbers as a commit had them.

    ``headlines`` are those of `overview.headlines`; ``metrics`` gives the content of a metrics file
    at the commit, None where it had none, and such figures are null.
    """
    told = list(headlines)
    files = {name: metrics(name) for name in {one["file"] for one in told}}
    numbers = (metrics("paper.json") or {}).get("numbers", {})
    return {
        "rev": rev,
        "figures": {f"{o['file']}:{o['keys']}": figure(files[o["file"]], o["keys"]) for o in told},
        "paper": {name: one["ours"] for name, one in numbers.items()},
    }
