"""What `evaluate` says: scores by predictor and set, beside the paper's Table 4."""

import csv
import logging
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from finerweb.evaluation.students import readable
from finerweb.evaluation.zero_shot import Sums, by_type, count, predicted_by, rules, summed, total
from finerweb.gold.records import GoldText
from finerweb.gold.sets import GoldSet
from finerweb.params.evaluate import EvaluateParams, GoldSetParams

log = logging.getLogger(__name__)
PAPER = Path(__file__).parents[1] / "resources" / "paper_zero_shot.csv"
COLUMNS = ("predictor", "set", "language", "what", "f1", "low", "high")
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


def all_scores(
    sets: Sequence[GoldSet],
    predictions: Mapping[str, pa.Table],
    binder: Path,
    params: EvaluateParams,
) -> dict[str, dict[str, Figures]]:
    """Return each predictor's figures on each set, as `scores`; ``binder`` has the students.

    Raises:
        ValueError: as `scores` and `finerweb.evaluation.students.readable`.
    """
    languages = {text.language for one in sets for text in one.texts}
    found: dict[str, dict[str, Figures]] = {}
    for name, predictor in params.predictors.items():
        read = readable(name, predictor, binder, languages)
        found[name] = {one.name: scores(name, one, predictions, read, params) for one in sets}
    return found


def scores(
    name: str,
    gold: GoldSet,
    predictions: Mapping[str, pa.Table],
    read: Collection[str],
    params: EvaluateParams,
) -> Figures:
    """Return a predictor's figures on a set: overall, by language, and by type.

    ``predictions`` are the tables of `finerweb.tables.predictions` by language. A language that is
    not among those ``read`` has None, and counts for nothing; so have all figures without any.

    Raises:
        ValueError: as `finerweb.evaluation.zero_shot.count`.
    """
    sums: dict[str, Sums] = {}
    languages = by_language(gold.texts)
    for code in (one for one in languages if one in read):
        if code not in predictions:
            raise ValueError(f"set {gold.name}: no predictions in {code}; run the stage `predict`")
        found = predicted_by(name, gold.name, predictions[code])
        counts = count(languages[code], found, gold.types)
        sums[code] = summed(counts, params, f"{gold.name} {code}")
    if not sums:
        nothing = dict.fromkeys(languages), dict.fromkeys(gold.types)
        return {OVERALL: None, "languages": nothing[0], "types": nothing[1]}
    whole = total(sums.values())
    if not whole.answered:
        log.warning(
            "predictor %s found nothing in the %d texts of set %s", name, whole.texts, gold.name
        )
    told = {code: rules(one, params.confidence) for code, one in sums.items()}
    return {
        OVERALL: rules(whole, params.confidence),
        "languages": {code: told.get(code) for code in languages},
        "types": by_type(whole, gold.types, params.confidence),
    }


def of_set(gold: GoldSet) -> Figures:
    """Return what a set is: texts by language, types, and what was dropped."""
    texts = {code: len(some) for code, some in by_language(gold.texts).items()}
    return {"languages": texts, "types": list(gold.types), **gold.report.metrics()}


def coverage(sets: Sequence[GoldSet], trained: Iterable[str]) -> Figures:
    """Return the languages that students learnt from and no gold set has, and the other way round.

    ``trained`` is what `finerweb.evaluation.students.learnt_by` returns.
    """
    gold = {text.language for one in sets for text in one.texts}
    trained = set(trained)
    figures = {"trained_without_gold": sorted(trained - gold)}
    if figures["trained_without_gold"]:
        log.warning(
            "no gold set has %s: what was learnt there is not scored",
            ", ".join(figures["trained_without_gold"]),
        )
    return figures | {"gold_without_training": sorted(gold - trained)}


def table_4(ours: Mapping[str, Figures], sets: Sequence[GoldSetParams]) -> dict[str, Figures]:
    """Return the paper's Table 4 by model, and ours by predictor: exact F1, None where no set is.

    The paper has ThaiNER 2.2; which version ours is, the set's path says.
    """
    with PAPER.open(encoding="utf-8", newline="") as file:
        paper = {
            row.pop("model"): {name: float(value) for name, value in row.items()}
            for row in csv.DictReader(file)
        }
    names = {
        kind: one.name
        for one in sets
        for kind, code in IN_TABLE_4.items()
        if (one.kind, one.language) == (kind, code)
    }
    rows: Figures = {}
    for predictor, figures in ours.items():
        cells = {kind: _cell(figures, names.get(kind), code) for kind, code in IN_TABLE_4.items()}
        known = [value for value in cells.values() if value is not None]
        average = sum(known) / len(known) if len(known) == len(cells) else None
        rows[predictor] = cells | {"average": average}
    return {"ours": rows, "paper": paper}


def _cell(figures: Figures, name: str | None, code: str) -> float | None:
    if name is None:
        return None
    found = figures[name]["languages"][code]
    return float(found["exact"]["f1"]) if found else None


def points(ours: Mapping[str, Figures]) -> Iterator[dict[str, object]]:
    """Yield exact F1 with its interval by predictor, set and language, for a plot."""
    for predictor, sets in ours.items():
        for name, figures in sets.items():
            for code, found in {OVERALL: figures[OVERALL], **figures["languages"]}.items():
                if found:
                    exact = {key: found["exact"][key] for key in ("f1", "low", "high")}
                    where = {"predictor": predictor, "set": name, "language": code}
                    yield {**where, "what": f"{predictor}, {name}: {code}", **exact}
