"""What predictors find where types go by other names: in the language of the texts."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from finerweb.evaluation.predictors import Predictor, load_predictor, rows
from finerweb.evaluation.students import readable
from finerweb.gold.records import GoldText
from finerweb.gold.sets import GoldSet
from finerweb.params.evaluate import BinderParams, GlinerParams
from finerweb.tables.io import Row
from finerweb.tables.predictions import PREDICTIONS

TRANSLATED, UNKNOWN, TAKEN = "translated", "unknown", "taken"


@dataclass(frozen=True, slots=True)
class Naming:
    """What each type of a set is called in a language, no two alike; and how many are so.

    ``counts``: types that are ``translated``, and of those that stay in English, ones that have no
    translation (``unknown``) and ones whose translation another type has (``taken``).
    """

    names: dict[str, str]
    counts: Counter[str]

    @property
    def is_other(self) -> bool:
        """Return whether any type has a name of its own in the language."""
        return self.counts[TRANSLATED] > 0


def naming(types: Sequence[str], known: Mapping[str, str]) -> Naming:
    """Return the names of a set's types, by those that are ``known`` in a language.

    Of two types with one name the first has it: a set keeps as many types as it had, so that scores
    differ by names alone.

    >>> naming(["city", "town", "lake"], {"city": "mji", "town": "mji"}).names
    {'city': 'mji', 'town': 'town', 'lake': 'lake'}
    """
    names: dict[str, str] = {}
    counts: Counter[str] = Counter()
    for kind in types:
        name = known.get(kind)
        is_taken = name in names.values() or (name in types and name != kind)
        how = UNKNOWN if name is None else TAKEN if is_taken else TRANSLATED
        names[kind] = name if name is not None and how == TRANSLATED else kind
        counts[how] += 1
    return Naming(names, counts)


def renamed_rows(
    name: str, predictor: Predictor, texts: Sequence[GoldText], names: Mapping[str, str]
) -> Iterator[Row]:
    """Yield the rows of the `predictions` table of a predictor that is asked for other names.

    The rows have the types, not their ``names``.

    Raises:
        ValueError: as `finerweb.evaluation.predictors.rows`.
    """
    type_of = {other: kind for kind, other in names.items()}
    for row in rows(name, predictor, texts, list(type_of)):
        spans = [{**span, "type": type_of[span["type"]]} for span in row["spans"]]
        yield {**row, "spans": spans}


def renamed_predictions(
    predictors: Mapping[str, BinderParams | GlinerParams],
    sets: Sequence[GoldSet],
    namings: Mapping[str, Mapping[str, Naming]],
    binder: Path,
) -> dict[str, pa.Table]:
    """Return the `predictions` table of each language, as `renamed_rows` has them.

    ``namings`` are those of each set, by language; only languages that are there are asked about. A
    predictor that has no student for one has no rows in it.

    Raises:
        ValueError, OSError: as `load_predictor` and `renamed_rows`.
    """
    codes = sorted({code for by_language in namings.values() for code in by_language})
    found: dict[str, list[Row]] = {code: [] for code in codes}
    for name, params in predictors.items():
        for code in readable(name, params, binder, codes):
            predictor = load_predictor(params, binder, code)
            for one in sets:
                if code in namings[one.name]:
                    texts = [text for text in one.texts if text.language == code]
                    names = namings[one.name][code].names
                    found[code] += renamed_rows(name, predictor, texts, names)
    return {code: pa.Table.from_pylist(some, PREDICTIONS.schema) for code, some in found.items()}
