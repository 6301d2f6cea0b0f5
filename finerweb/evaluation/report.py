"""What `evaluate` says: scores by predictor and set, beside the paper's Table 4."""

import csv
import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from finerweb.evaluation.zero_shot import Sums, by_type, count, rules, summed
from finerweb.gold.records import GoldText
from finerweb.gold.sets import GoldSet
from finerweb.params.evaluate import EvaluateParams, GoldSetParams

log = logging.getLogger(__name__)
PAPER = Path(__file__).parents[1] / "resources" / "paper_zero_shot.csv"
COLUMNS = ("predictor", "set", "language", "f1", "low", "high")
OVERALL = "overall"
IN_TABLE_4 = {"conll2003": "eng_Latn", "masakhaner": "swh_Latn", "thainer": "tha_Thai"}
"""The kinds of sets in the paper's Table 4, and the language each is in there."""
Figures = dict[str, Any]


def by_language(texts: Iterable[GoldText]) -> dict[str, list[GoldText]]:
    """Return the texts of each language, languages in the order of their codes."""
    found: dict[str, list[GoldText]] = {}
    for one in texts:
        found.setdefault(one.language, []).append(one)
    return dict(sorted(found.items()))


def scores(
    name: str, gold: GoldSet, predictions: Mapping[str, pa.Table], params: EvaluateParams
) -> Figures:
    """Return a predictor's figures on a set: overall, by language, and by type.

    ``predictions`` are the tables of `finerweb.tables.predictions` by language.

    Raises:
        ValueError: as `finerweb.evaluation.zero_shot.count`.
    """
    sums: dict[str, Sums] = {}
    for code, texts in by_language(gold.texts).items():
        if code not in predictions:
            raise ValueError(f"set {gold.name}: no predictions in {code}; run the stage `predict`")
        found = _of(predictions[code], name, gold.name)
        counts = count(texts, found, gold.types)
        sums[code] = summed(counts, params, f"{gold.name} {code}")
    total = _total(list(sums.values()))
    if not total.answered:
        log.warning(
            "predictor %s found nothing in the %d texts of set %s", name, total.texts, gold.name
        )
    return {
        OVERALL: rules(total, params.confidence),
        "languages": {code: rules(one, params.confidence) for code, one in sums.items()},
        "types": by_type(total, gold.types, params.confidence),
    }


def _of(table: pa.Table, predictor: str, source: str) -> pa.Table:
    is_theirs = pc.and_(pc.equal(table["predictor"], predictor), pc.equal(table["source"], source))
    return table.filter(is_theirs)


def _total(parts: Sequence[Sums]) -> Sums:
    total = parts[0]
    for part in parts[1:]:
        total += part
    return total


def of_set(gold: GoldSet) -> Figures:
    """Return what a set is: texts by language, types, and what was dropped."""
    texts = {code: len(some) for code, some in by_language(gold.texts).items()}
    return {"languages": texts, "types": list(gold.types), **gold.report.metrics()}


def coverage(sets: Sequence[GoldSet], trained: Iterable[str]) -> Figures:
    """Return the languages of training data that no gold set has, and the other way round."""
    gold = {text.language for one in sets for text in one.texts}
    trained = set(trained)
    figures = {"trained_without_gold": sorted(trained - gold)}
    if figures["trained_without_gold"]:
        log.warning(
            "no gold set has %s: what was learnt there is not scored",
            ", ".join(figures["trained_without_gold"]),
        )
    return figures | {"gold_without_training": sorted(gold - trained)}


def table_4(ours: Mapping[str, Figures], sets: Sequence[GoldSetParams]) -> list[Figures]:
    """Return the paper's Table 4 with our predictors below: exact F1, None where there is no set.

    The paper has ThaiNER 2.2; which version ours is, the set's path says.
    """
    with PAPER.open(encoding="utf-8", newline="") as file:
        rows: list[Figures] = [
            {name: value if name == "model" else float(value) for name, value in row.items()}
            | {"by": "paper"}
            for row in csv.DictReader(file)
        ]
    names = {
        kind: one.name
        for one in sets
        for kind, code in IN_TABLE_4.items()
        if (one.kind, one.language) == (kind, code)
    }
    for predictor, figures in ours.items():
        cells = {kind: _cell(figures, names.get(kind), code) for kind, code in IN_TABLE_4.items()}
        known = [value for value in cells.values() if value is not None]
        average = sum(known) / len(known) if len(known) == len(cells) else None
        rows.append({"model": predictor, "by": "ours", "average": average, **cells})
    return rows


def _cell(figures: Figures, name: str | None, code: str) -> float | None:
    if name is None:
        return None
    f1: float = figures[name]["languages"][code]["exact"]["f1"]
    return f1


def points(ours: Mapping[str, Figures]) -> Iterator[dict[str, object]]:
    """Yield exact F1 with its interval by predictor, set and language, for a plot."""
    for predictor, sets in ours.items():
        for name, figures in sets.items():
            for code, found in {OVERALL: figures[OVERALL], **figures["languages"]}.items():
                exact = {key: found["exact"][key] for key in ("f1", "low", "high")}
                yield {"predictor": predictor, "set": name, "language": code, **exact}
