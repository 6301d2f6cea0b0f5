"""The headline figures of a run, beside those of a commit, and how far such figures move."""

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

STUDENT = "metrics/evaluate.json"
# (what it is called, the metrics file, the keys down to the figure); a star stands for every
# instance of the stage, whose name goes before the figure's.
HEADLINES: tuple[tuple[str, str, str], ...] = (
    ("passages cut", "metrics/passages.json", "overall.kept"),
    ("ratings, ROC-AUC against useful", "metrics/rate/*.json", "overall.roc_auc"),
    ("regressor selected, F1 macro", "metrics/select_regressor.json", "f1"),
    ("filter, F1 against useful", "metrics/filter.json", "overall.useful.filter.f1"),
    ("  if it accepted everything", "metrics/filter.json", "overall.useful.accept_all.f1"),
    ("passages selected", "metrics/filter.json", "overall.kept"),
    ("parse rate", "metrics/ground/*.json", "overall.parse_rate"),
    ("grounding survival", "metrics/ground/*.json", "overall.survival_rate"),
    ("mention F1", "metrics/ground/*.json", "overall.gold.mention.f1"),
    ("coarse F1", "metrics/ground/*.json", "overall.gold.coarse.f1"),
    ("typed F1", "metrics/ground/*.json", "overall.gold.typed.f1"),
    ("merged, mention F1", "metrics/merge.json", "overall.gold.mention.f1"),
    ("merged, coarse F1", "metrics/merge.json", "overall.gold.coarse.f1"),
    ("merged, typed F1", "metrics/merge.json", "overall.gold.typed.f1"),
    ("judge: faithfulness", "metrics/judge/*.json", "overall.over_languages.faithfulness"),
    ("judge: completeness", "metrics/judge/*.json", "overall.over_languages.completeness"),
    ("judge: planted missing, found", "metrics/judge/*.json", "overall.planted.missing.recall"),
    ("judge: planted extra, found", "metrics/judge/*.json", "overall.planted.extra.recall"),
    ("judge: planted wrong, found", "metrics/judge/*.json", "overall.planted.wrong.recall"),
    ("student, mention F1 on gold", STUDENT, "scores.binder.sample.overall.mention.f1"),
    ("student, typed F1 on gold", STUDENT, "scores.binder.sample.overall.exact.f1"),
    ("  fitted to it, mention F1", STUDENT, "scores.binder-lenient.sample.overall.mention.f1"),
    ("  fitted to it, typed F1", STUDENT, "scores.binder-lenient.sample.overall.exact.f1"),
    ("annotators agree exactly", "metrics/merge.json", "overall.agreement.exact"),
    ("entities a passage", "metrics/statistics.json", "ours.merged.overall.entities_per_passage"),
    ("distinct labels, merged", "metrics/labels.json", "merged.labels"),
)
SPREAD = Path("metrics/spread.json")
"""Figure -> largest less smallest value over runs that differed in kernels and batches alone."""


def table(
    headlines: Sequence[tuple[str, str, str]],
    root: Path,
    committed: Callable[[str], dict[str, Any] | None],
) -> str:
    """Return the figures as text, one a line: here, committed, their spread between processors."""
    lines = [f"{'':44} {'here':>9} {'committed':>9} {'spread':>9}"]
    for row in rows(headlines, root, committed):
        shown = (f"{_show(row[which]):>9}" for which in ("here", "committed", "spread"))
        lines.append(" ".join((f"{row['name']:44}", *shown)))
    return "\n".join(lines)


def rows(
    headlines: Sequence[tuple[str, str, str]],
    root: Path,
    committed: Callable[[str], dict[str, Any] | None],
) -> Iterator[dict[str, Any]]:
    """Yield each figure: its name, file and key, here, committed, spread; None where unknown."""
    spread = _read(root / SPREAD) or {}
    for name, file, keys in _instances(headlines, root):
        yield {
            "name": name,
            "file": file,
            "key": keys,
            "here": figure(_read(root / file), keys),
            "committed": figure(committed(file), keys),
            "spread": spread.get(f"{file}:{keys}"),
        }


def _instances(
    headlines: Sequence[tuple[str, str, str]], root: Path
) -> Iterator[tuple[str, str, str]]:
    for name, pattern, keys in headlines:
        if "*" not in pattern:
            yield name, pattern, keys
        for path in sorted(root.glob(pattern)) if "*" in pattern else ():
            yield f"{path.stem}: {name}", path.relative_to(root).as_posix(), keys


def _read(path: Path) -> dict[str, Any] | None:
    if not path.is_file():
        return None
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def figure(metrics: dict[str, Any] | None, keys: str) -> float | None:
    """Return the number at the end of the keys (joined by dots), None where there is none."""
    value: Any = metrics
    for key in keys.split("."):
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, (int, float)) else None


def _show(value: float | None) -> str:
    if value is None:
        return "-"
    return str(value) if isinstance(value, int) else f"{value:.3f}"
