"""Several judges side by side, and beside the paper's figures (section 7 of its facts)."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations
from statistics import fmean
from typing import Any

from finerweb.judging import VARIANT
from finerweb.llm.schemas import ASPECTS, FAULTS, SCORES
from finerweb.report.verdicts import given
from finerweb.tables.io import Row

FIGURE_4 = ("what", "faithfulness", "faithfulness_low", "faithfulness_high", "completeness",
            "completeness_low", "completeness_high", "passages")  # fmt: skip
PAPER: dict[str, Any] = {
    "judge": "Qwen3-235B-A22B",
    "faithfulness": 3.99,
    "completeness": 4.05,
    "languages": 91,
    "both_below_4": 21,
    "errors": {
        "annotations": 66_329,
        "missing": {
            "faults": 4_062,
            "share": 0.0612,
            "types": {
                "person": 0.287,
                "event": 0.163,
                "organization": 0.151,
                "date": 0.142,
                "location": 0.142,
            },
        },
        "wrong": {
            "faults": 3_961,
            "share": 0.0597,
            "types": {
                "cultural reference": 0.247,
                "person": 0.228,
                "location": 0.156,
                "scientific concept": 0.153,
                "organization": 0.152,
            },
        },
    },
}
"""Of 25 passages a language, scored from 0 to 5; its Table 5 has no extra annotations."""


def side_by_side(judged: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return every judge's scores and error table from its metrics, the paper's beside them."""
    ours = {}
    for name, metrics in judged.items():
        overall = metrics["overall"]
        found = {
            "judge": metrics["model"],
            "of": metrics["variant"].partition("-")[0],
            "judge_is_annotator": overall["judge_is_annotator"],
            **{aspect: overall["over_languages"][aspect] for aspect in ASPECTS},
            "languages": overall["over_languages"]["languages"],
            "both_below_4": overall["over_languages"]["both_below_4"],
            "both_below_4_rate": overall["over_languages"]["both_below_4_rate"],
            "errors": overall["errors"],
        }
        if overall["planted"]:
            found["recall"] = {kind: overall["planted"][kind]["recall"] for kind in FAULTS}
        ours[name] = found
    return {"ours": ours, "paper": PAPER}


def agreement(
    judges: Mapping[str, Iterable[Row]],
) -> dict[str, dict[str, Any]]:
    """Return, for every two judges, how far their scores of the same annotations agree.

    ``kappa`` is Cohen's with quadratic weights, None where it is not defined; ``difference`` the
    mean absolute one, in points.
    """
    from sklearn.metrics import cohen_kappa_score

    verdicts = {
        name: {row["passage_id"]: row for row in given(rows, VARIANT)}
        for name, rows in judges.items()
    }
    found: dict[str, dict[str, Any]] = {}
    for one, other in combinations(verdicts, 2):
        both = sorted(verdicts[one].keys() & verdicts[other].keys())
        figures: dict[str, Any] = {"passages": len(both)}
        for aspect in ASPECTS:
            pairs = [(verdicts[one][name][aspect], verdicts[other][name][aspect]) for name in both]
            mine, theirs = zip(*pairs, strict=True) if pairs else ((), ())
            is_defined = len({*mine, *theirs}) > 1
            options = {"weights": "quadratic", "labels": list(SCORES)}
            figures[aspect] = {
                "kappa": float(cohen_kappa_score(mine, theirs, **options)) if is_defined else None,
                "difference": fmean(abs(a - b) for a, b in pairs) if pairs else None,
            }
        found[f"{one}, {other}"] = figures
    return found


def figure_4(name: str, judged: Mapping[str, Any]) -> Iterator[dict[str, object]]:
    """Yield the points of the paper's Figure 4 for a judge's metrics, a language each.

    What a point is of names the language and the judge, and says where the judge annotates.
    """
    for code, row in judged["languages"].items():
        scores = {aspect: row[aspect] for aspect in ASPECTS}
        if None in scores.values():
            continue
        also = ", an annotator" if row["judge_is_annotator"] else ""
        point: dict[str, object] = {"what": f"{code}, by {name}{also}"}
        for aspect, one in scores.items():
            bounds = {f"{aspect}_{end}": one[end] for end in ("low", "high")}
            point |= {aspect: one["mean"], **bounds, "passages": one["passages"]}
        yield point
