"""Every number of the paper that the graph computes: ours, theirs, and why they differ.

``resources/paper_numbers.csv`` has a row a number: where ours stands in the metrics, and by which
of `REASONS` it may differ. A number that a later stage computes is one more row.
"""

import csv
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

NUMBERS = Path(__file__).parents[1] / "resources" / "paper_numbers.csv"
N_LANGUAGES = 91
ANNOTATORS = ("gpt4o_mini", "gemma3_27b")
RATERS = ANNOTATORS
BACKBONES = ("xlmr", "mdeberta")
JUDGES = ("qwen3_235b",)
STUDENT = "mbert"
"""What `finerweb preset paper` calls the paper's models."""


@dataclass(frozen=True, slots=True)
class SetUp:
    """Who did what in this run, in the order of params, and in how many languages."""

    annotators: Sequence[str]
    raters: Sequence[str]
    backbones: Sequence[str]
    judges: Sequence[str]
    student: str
    n_languages: int

    def names(self) -> dict[str, str]:
        """Return who stands for each of the paper's: ``annotator1`` and so on."""
        lists = {
            "annotator": self.annotators,
            "rater": self.raters,
            "backbone": self.backbones,
            "judge": self.judges,
        }
        return {
            f"{role}{number}": name
            for role, names in lists.items()
            for number, name in enumerate(names, 1)
        }


REASONS: dict[str, tuple[Callable[[SetUp], bool], str]] = {
    "annotators": (
        lambda run: tuple(run.annotators) != ANNOTATORS,
        "other annotators; the embedded ones are far smaller",
    ),
    "rater": (lambda run: tuple(run.raters) != RATERS, "other raters, on another read-out"),
    "backbone": (lambda run: tuple(run.backbones) != BACKBONES, "a smaller encoder"),
    "judge": (
        lambda run: tuple(run.judges[:1]) != JUDGES,
        "another judge; the embedded one is an annotator too",
    ),
    "encoder": (lambda run: run.student != STUDENT, "another encoder under the students"),
    "sample": (
        lambda run: run.n_languages != N_LANGUAGES,
        "another sample: fewer languages, documents, passages",
    ),
    "few": (lambda run: run.n_languages != N_LANGUAGES, "few passages: wide intervals"),
    "folds": (
        lambda run: run.n_languages != N_LANGUAGES,
        "over all held-out passages where a language has too few for figures of its own",
    ),
    "words": (lambda run: True, "passages of 256 ICU words; theirs are longer without spaces"),
    "rule": (lambda run: True, "which of its two grounding rules it used is not stated"),
    "policy": (lambda run: True, "its printed rule and its released data differ (merge.policy)"),
    "share": (lambda run: True, "of which annotations it is a share is not stated"),
    "states": (lambda run: True, "its Table 3 and Tables 8 and 9 are of different states of data"),
    "dropped": (lambda run: True, "passages without a surviving entity are left out"),
    "scale": (lambda run: True, "1 to 5 with anchors; its prompt says 0 to 5, without"),
    "labels": (
        lambda run: True,
        "means over the languages of the set here; which the paper's had is not stated",
    ),
    "verbalised": (lambda run: True, "how its sets' tags were put into words is not stated"),
    "student": (lambda run: True, "the encoder and settings of its students are not stated"),
    "distinct": (lambda run: True, "each surface and type of a passage is shown once"),
}


def beside(run: SetUp, metrics: Callable[[str], Mapping[str, Any] | None]) -> dict[str, Any]:
    """Return the paper's numbers by their place there, with ours and why they differ.

    ``metrics`` gives the content of a metrics file, None where there is none. ``not_computed``
    names the numbers that this run has nothing for. ``languages`` are Tables 8 and 9.
    """
    found: dict[str, Any] = {}
    lacking = []
    for row in numbers():
        ours = _ours(row, run, metrics)
        if ours is None:
            lacking.append(row["number"])
            continue
        found[row["number"]] = {
            "ours": ours,
            "paper": float(row["paper"]),
            "place": row["place"],
            "why": _why(row["why"].split(), run),
        }
    tables = (metrics("statistics.json") or {}).get("tables_8_9", {})
    languages = {"figures": tables, "why": _why(("annotators", "sample", "words", "states"), run)}
    return {"numbers": found, "not_computed": lacking, "languages": languages}


def _why(names: Iterable[str], run: SetUp) -> str:
    return "; ".join(text for holds, text in map(REASONS.__getitem__, names) if holds(run))


def numbers() -> list[dict[str, str]]:
    """Return the rows of the table of numbers."""
    with NUMBERS.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _ours(
    row: Mapping[str, str], run: SetUp, metrics: Callable[[str], Mapping[str, Any] | None]
) -> float | None:
    """Return our number: the first of its places (parted by ``|``) that has one."""
    try:
        file, places = row["file"].format(**run.names()), row["keys"].format(**run.names())
    except KeyError:
        return None  # There is no second annotator, or whoever it is about.
    content = metrics(file)
    values = (_value(content, place.strip()) for place in places.split("|"))
    return next((value for value in values if value is not None), None)


def _value(content: Mapping[str, Any] | None, place: str) -> float | None:
    """Return the number, the length of the mapping, or the quotient (``a / b``) at a place."""
    if " / " in place:
        above, below = (_value(content, part) for part in place.split(" / "))
        return above / below if above is not None and below else None
    value: Any = content
    for key in place.split("."):
        value = value.get(key) if isinstance(value, Mapping) else None
    if isinstance(value, Mapping):
        return len(value)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None
