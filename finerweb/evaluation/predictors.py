"""Whatever finds entities of given types in texts: what `evaluate` asks, and how it is loaded.

A predictor is asked for types by name, among them ones it never learnt: zero-shot.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

from finerweb.evaluation.students import folder_of, readable
from finerweb.gold.records import GoldText
from finerweb.gold.sets import GoldSet
from finerweb.params.evaluate import BinderParams, GlinerParams
from finerweb.tables.io import Row


class Predicted(NamedTuple):
    """A span that was found: half-open, in code points of its text; ``score`` in [0, 1]."""

    start: int
    end: int
    type: str
    score: float


class Predictor(Protocol):
    """Finds entities of given types."""

    def predict(
        self, texts: Sequence[str], types: Sequence[str]
    ) -> Sequence[Sequence[tuple[int, int, str, float]]]:
        """Return each text's (start, end, type, score), as `Predicted`; none is fine."""


def load_predictor(
    params: BinderParams | GlinerParams, binder: Path | None, code: str
) -> Predictor:
    """Return a predictor for texts of a language.

    ``binder`` is the folder of the trained students, which has one for each instance.

    Raises:
        ValueError: there is no such student, or none for the language, or no library for the model
            (the message names the extra), or its folder is not as it has to be.
        OSError: the model cannot be had.
    """
    if params.kind == "gliner":
        from finerweb.evaluation.gliner_models import load_gliner

        return load_gliner(params)
    from finerweb.evaluation.binder_models import load_binder

    return load_binder(folder_of(params, binder), params, code)


def rows(
    name: str, predictor: Predictor, texts: Sequence[GoldText], types: Sequence[str]
) -> Iterator[Row]:
    """Yield the rows of the `predictions` table: what a predictor finds in texts of one set.

    Raises:
        ValueError: it returns not one list a text, or a span that runs past the text or has a type
            that was not asked for.
    """
    found = predictor.predict([one.text for one in texts], types)
    if len(found) != len(texts):
        raise ValueError(
            f"predictor {name}: expected {len(texts)} lists of spans, got {len(found)}"
        )
    asked = set(types)
    for one, spans in zip(texts, found, strict=True):
        for start, end, kind, _ in spans:
            if not 0 <= start < end <= len(one.text) or kind not in asked:
                raise ValueError(
                    f"predictor {name}: span [{start}, {end}) of type {kind!r} in text "
                    f"{one.gold_id} ({len(one.text)} code points); expected a span inside it, of a "
                    f"type that was asked for: {', '.join(types)}"
                )
        yield {
            "predictor": name,
            "source": one.source,
            "gold_id": one.gold_id,
            "gold": one.digest,
            "spans": [_row(span) for span in sorted(spans)],
        }


def predictions(
    named: Mapping[str, BinderParams | GlinerParams],
    sets: Sequence[GoldSet],
    languages: Iterable[str],
    binder: Path,
) -> tuple[dict[str, list[Row]], dict[str, dict[str, dict[str, int]]]]:
    """Return the rows of the `predictions` table by language, and counts by predictor and set.

    The ``languages`` are there, and those of the sets; without predictors none has rows. Texts that
    a predictor has no student for have no row of it and are counted.

    Raises:
        ValueError, OSError: as `load_predictor` and `rows`; or a predictor reads no language of the
            sets.
    """
    of_sets = {text.language for one in sets for text in one.texts}
    found: dict[str, list[Row]] = {code: [] for code in sorted({*languages, *of_sets})}
    counts: dict[str, dict[str, dict[str, int]]] = {}
    for name, params in named.items():
        counts[name] = {one.name: _nothing(one) for one in sets}
        for code in _read_by(name, params, binder, of_sets):
            predictor = load_predictor(params, binder, code)
            for one in sets:
                texts = [text for text in one.texts if text.language == code]
                made = list(rows(name, predictor, texts, one.types))
                found[code] += made
                tally = counts[name][one.name]
                tally["texts"] += len(made)
                tally["without_student"] -= len(made)
                tally["empty"] += sum(not row["spans"] for row in made)
                tally["spans"] += sum(len(row["spans"]) for row in made)
    return found, counts


def _nothing(one: GoldSet) -> dict[str, int]:
    """Return the counts of a set before any of its texts was read."""
    return {"texts": 0, "without_student": len(one.texts), "empty": 0, "spans": 0}


def _read_by(
    name: str, params: BinderParams | GlinerParams, binder: Path, languages: set[str]
) -> list[str]:
    found = readable(name, params, binder, languages)
    if languages and not found:
        raise ValueError(
            f"predictor {name}: has no student for any language of evaluate.sets "
            f"({', '.join(sorted(languages))}); add one of them to train_binder.languages, name "
            "another instance, or take the predictor out of evaluate.predictors"
        )
    return found


def _row(span: tuple[int, int, str, float]) -> Mapping[str, object]:
    return Predicted(*span)._asdict()
