"""What types in the texts' own language do to zero-shot F1: the paper's Table 6.

The same predictors are asked for the same types of the same texts, once by their English names and
once by their translations. Differences are paired: each resample draws the same texts for both.
"""

import csv
import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from finerweb.evaluation.bootstrap import interval
from finerweb.evaluation.matching import Floats
from finerweb.evaluation.renamed import TRANSLATED, Naming, naming, renamed_predictions
from finerweb.evaluation.report import OVERALL, Figures, by_language
from finerweb.evaluation.zero_shot import Sums, count, exact_f1, predicted_by, rules, summed, total
from finerweb.gold.records import GoldText
from finerweb.gold.sets import GoldSet
from finerweb.lexicon import lexicon
from finerweb.params.evaluate import EvaluateParams, GoldSetParams
from finerweb.tables.io import Row
from finerweb.tables.predictions import PREDICTIONS
from finerweb.translation import ENGLISH, TRANSLATORS

log = logging.getLogger(__name__)
PAPER = Path(__file__).parents[1] / "resources" / "paper_label_study.csv"
IN_TABLE_6 = ("panx", "masakhaner")
"""The kinds of sets in the paper's Table 6."""
ORIGINAL = "original"
COLUMNS = ("predictor", "set", "language", "labels", "what", "f1", "low", "high")


def known_names(rows: Iterable[Row], code: str) -> dict[str, str]:
    """Return what types are called in a language, where a whole translation is known.

    That is the `label_translations` table's, of which ``rows`` are given; then the lexicon's, for
    types that no annotator wrote there.
    """
    if code == ENGLISH:
        return {}
    found = {row["type"]: row["translation"] for row in rows if row["status"] in TRANSLATORS}
    return lexicon().get(code, {}) | found


def namings(
    sets: Sequence[GoldSet], translations: Mapping[str, Sequence[Row]]
) -> dict[str, dict[str, Naming]]:
    """Return how each set's types are named in each language that has a name for any.

    ``translations`` has the rows of the `label_translations` table, by language.
    """
    found: dict[str, dict[str, Naming]] = {}
    for one in sets:
        ways = {
            code: naming(one.types, known_names(translations.get(code, ()), code))
            for code in by_language(one.texts)
        }
        found[one.name] = {code: way for code, way in ways.items() if way.is_other}
        if not found[one.name]:
            log.warning("set %s: no type has a translation; nothing is compared on it", one.name)
    return found


def without_gold(sets: Iterable[GoldSet], translated: Iterable[str]) -> list[str]:
    """Return the languages with translated types that no gold set has."""
    found = sorted(
        {*translated} - {ENGLISH} - {text.language for one in sets for text in one.texts}
    )
    if found:
        log.warning("no gold set has %s: translations are not scored there", ", ".join(found))
    return found


def of_sets(
    sets: Iterable[GoldSet], named: Mapping[str, Mapping[str, Naming]]
) -> dict[str, Figures]:
    """Return by set how many types have a name in each language, and where none has."""
    return {
        one.name: {
            "types": len(one.types),
            "languages": {
                code: dict(sorted(way.counts.items())) for code, way in named[one.name].items()
            },
            "not_compared": sorted(set(by_language(one.texts)) - set(named[one.name])),
        }
        for one in sets
    }


def scores(
    sets: Sequence[GoldSet],
    named: Mapping[str, Mapping[str, Naming]],
    original: Mapping[str, pa.Table],
    binder: Path,
    params: EvaluateParams,
) -> dict[str, Figures]:
    """Return each predictor's figures on each set that has something to compare and that it reads.

    ``named`` is what `namings` returns, ``original`` the `predictions` tables by language. Of these
    languages one that a predictor has no student for has None.

    Raises:
        ValueError, OSError: as `renamed_predictions` and `compare`.
    """
    translated = renamed_predictions(params.predictors, sets, named, binder)
    found: dict[str, Figures] = {}
    for name in params.predictors:
        found[name] = {}
        for one in sets:
            figures = compare(name, one, original, translated, params)
            if figures is not None:
                languages = {code: figures["languages"].get(code) for code in named[one.name]}
                found[name][one.name] = figures | {"languages": languages}
    return found


def compare(
    name: str,
    gold: GoldSet,
    original: Mapping[str, pa.Table],
    translated: Mapping[str, pa.Table],
    params: EvaluateParams,
) -> Figures | None:
    """Return a predictor's exact F1 on a set by both kinds of names, and the difference.

    ``original`` and ``translated`` are `predictions` tables by language; compared are the languages
    that the latter has the set in, None where it has it in none. ``overall`` is over all their
    entities, ``mean`` over languages.

    Raises:
        ValueError: as `finerweb.evaluation.zero_shot.count`.
    """
    pairs: dict[str, tuple[Sums, Sums]] = {}
    for code, texts in by_language(gold.texts).items():
        tables = [
            predicted_by(name, gold.name, one.get(code, PREDICTIONS.schema.empty_table()))
            for one in (original, translated)
        ]
        if len(tables[1]):
            first, second = (_sums(texts, one, gold, code, params) for one in tables)
            pairs[code] = (first, second)
    if not pairs:
        return None
    first, second = (total(side) for side in zip(*pairs.values(), strict=True))
    return {
        OVERALL: _pair(first, second, params.confidence),
        "mean": _mean(list(pairs.values()), params.confidence),
        "languages": {code: _pair(*pair, params.confidence) for code, pair in pairs.items()},
    }


def _sums(
    texts: Sequence[GoldText], found: pa.Table, gold: GoldSet, code: str, params: EvaluateParams
) -> Sums:
    return summed(count(texts, found, gold.types), params, f"{gold.name} {code}")


def _pair(original: Sums, translated: Sums, confidence: float) -> Figures:
    return {
        ORIGINAL: rules(original, confidence)["exact"],
        TRANSLATED: rules(translated, confidence)["exact"],
        "difference": _figure(exact_f1(translated) - exact_f1(original), confidence),
        "texts": original.texts,
    }


def _mean(pairs: Sequence[tuple[Sums, Sums]], confidence: float) -> Figures:
    original, translated = (
        np.mean([exact_f1(sums) for sums in side], axis=0) for side in zip(*pairs, strict=True)
    )
    return {
        ORIGINAL: _figure(original, confidence),
        TRANSLATED: _figure(translated, confidence),
        "difference": _figure(translated - original, confidence),
    }


def _figure(values: Floats, confidence: float) -> Figures:
    """Return the first of values, (1 + resamples,), with the interval of the others."""
    low, high = interval(values[1:], confidence)
    return {"f1": float(values[0]), "low": low, "high": high}


def table_6(ours: Mapping[str, Figures], sets: Sequence[GoldSetParams]) -> list[Figures]:
    """Return the paper's Table 6 with our predictors below: means over languages.

    None where there is no such set. Which languages the paper's sets had is not stated.
    """
    with PAPER.open(encoding="utf-8", newline="") as file:
        rows: list[Figures] = [
            {"model": row["model"], "by": "paper"}
            | {kind: _theirs(row, kind) for kind in IN_TABLE_6}
            for row in csv.DictReader(file)
        ]
    names: dict[str, str] = {one.kind: one.name for one in reversed(sets)}
    for predictor, figures in ours.items():
        found = {kind: figures.get(names.get(kind, "")) for kind in IN_TABLE_6}
        cells = {kind: _cells(one) for kind, one in found.items()}
        rows.append({"model": predictor, "by": "ours", **cells})
    return rows


def _theirs(row: Mapping[str, str], kind: str) -> dict[str, float]:
    original, translated = (float(row[f"{kind}_{which}"]) for which in (ORIGINAL, TRANSLATED))
    return {ORIGINAL: original, TRANSLATED: translated, "difference": translated - original}


def _cells(figures: Figures | None) -> dict[str, float] | None:
    if figures is None:
        return None
    return {which: found["f1"] for which, found in figures["mean"].items()}


def points(ours: Mapping[str, Mapping[str, Figures]]) -> Iterator[dict[str, Any]]:
    """Yield exact F1 with its interval by predictor, set, language and names, for a plot."""
    for predictor, sets in ours.items():
        for name, figures in sets.items():
            for code, found in {OVERALL: figures[OVERALL], **figures["languages"]}.items():
                for which in (ORIGINAL, TRANSLATED) if found else ():
                    shown = {key: found[which][key] for key in ("f1", "low", "high")}
                    where = {"predictor": predictor, "set": name, "language": code}
                    what = f"{predictor}, {name}: {code}, {which}"
                    yield {**where, "labels": which, "what": what, **shown}
