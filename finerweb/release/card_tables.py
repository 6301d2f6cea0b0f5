"""The tables of the dataset card, line by line: nothing but what the metrics say.

`finerweb verify` makes the same lines once more, and looks for them in the card.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from finerweb.languages import language
from finerweb.llm.schemas import ASPECTS, FAULTS
from finerweb.release.sentences import SUFFIX
from finerweb.tables.entities import MERGED
from finerweb.tables.io import read_metrics

Figures = Mapping[str, Any]
OVERALL = (
    "passages",
    "documents",
    "characters",
    "entities",
    "entities_per_passage",
    "types_per_passage",
    "types",
)
BY_LANGUAGE = ("passages", "documents", "characters", "entities", "entities_per_passage", "types")
"""The columns of the tables of figures."""
NOTHING = "–"


@dataclass(frozen=True, slots=True)
class CardMetrics:
    """The metrics that the card is made from; ``grounding`` by annotator, released ones alone."""

    statistics: Figures
    variants: Figures
    merging: Figures
    types: Figures
    labels: Figures
    translation: Figures
    judging: Figures
    grounding: Mapping[str, Figures]


def read_card_metrics(folder: Path, annotators: Iterable[str]) -> CardMetrics:
    """Return the metrics of a project's folder of them.

    Raises:
        FileNotFoundError: a stage has not written its own yet.
    """
    return CardMetrics(
        statistics=read_metrics(folder / "statistics.json"),
        variants=read_metrics(folder / "variants.json"),
        merging=read_metrics(folder / "merge.json"),
        types=read_metrics(folder / "types.json"),
        labels=read_metrics(folder / "labels.json"),
        translation=read_metrics(folder / "translate.json"),
        judging=read_metrics(folder / "verdicts.json"),
        grounding={name: read_metrics(folder / "ground" / f"{name}.json") for name in annotators},
    )


def tables(metrics: CardMetrics, default: str) -> dict[str, list[str]]:
    """Return the card's tables by name, ``default`` is whose variant is told language by language.

    Each is a list of lines of Markdown. An annotator that is not released is not in them, nor is
    ``merged`` without all of its annotators; ``judged`` is empty unless what was judged is told.
    """
    ours = metrics.statistics["ours"]
    names = [name for name in (MERGED, *metrics.grounding) if name in ours]
    if default != MERGED:
        names.remove(MERGED)
    return {
        "variants": _table(
            ["variant", *map(_words, OVERALL)],
            [figures_line(name, ours[name]["overall"], OVERALL) for name in names],
        ),
        "languages": _table(
            ["language", *map(_words, BY_LANGUAGE)],
            [
                figures_line(language(code).name, figures, BY_LANGUAGE)
                for code, figures in ours[default]["languages"].items()
            ],
        ),
        "making": _making(metrics, list(ours[default]["languages"]), default),
        "grounding": _grounding(metrics),
        "labels": _labels(metrics, names),
        "judged": _judged(metrics.judging, default),
        "defects": _table(["what", "how much"], _defects(metrics, names, default)),
    }


def figures_line(name: str, figures: Figures, columns: Sequence[str]) -> str:
    """Return the row of a table; figures are those of a metrics file, rounded to 4 decimals."""
    cells = [figures[column] for column in columns]
    return _line(name, *(c if isinstance(c, int) else round(round(c, 4), 1) for c in cells))


def _making(metrics: CardMetrics, codes: Sequence[str], default: str) -> list[str]:
    """Return how each language's entities came about."""
    agreed = ("exact", "overlap", "type_given_span") if default == MERGED else ()
    rows = []
    for code in codes:
        grounded = [one["languages"].get(code, {}) for one in metrics.grounding.values()]
        agreement = metrics.merging["languages"].get(code, {}).get("agreement") or {}
        translated = metrics.translation["languages"].get(code, {}).get("mentions", {})
        rows.append(
            _line(
                language(code).name,
                *(_share(one.get("survival_rate")) for one in grounded),
                *(_share(agreement.get(name)) for name in agreed),
                _share(translated.get("coverage")),
            )
        )
    header = [f"grounded, `{name}`" for name in metrics.grounding]
    agreements = ["same span", "overlapping", "same type, of those"] if agreed else []
    return _table(["language", *header, *agreements, "translated"], rows)


def _grounding(metrics: CardMetrics) -> list[str]:
    counts = {name: one["overall"]["mentions"] for name, one in metrics.grounding.items()}
    reasons = sorted({reason for one in counts.values() for reason in one["dropped"]})
    rows = [
        _line(
            f"`{name}`",
            one["seen"],
            _of(one["kept"], one["seen"]),
            *(_of(one["dropped"].get(reason, 0), one["seen"]) for reason in reasons),
        )
        for name, one in counts.items()
    ]
    return _table(["annotator", "mentions", "grounded", *map(_words, reasons)], rows)


def _labels(metrics: CardMetrics, names: Sequence[str]) -> list[str]:
    columns = ("entities", "labels", "labels_once", "concepts")
    header = ("variant", "entities", "labels", "of one entity alone", "concepts they name")
    found = metrics.labels
    rows = [_line(name, *(found[name][c] for c in columns)) for name in names if name in found]
    return _table(header, rows)


def _judged(judging: Figures, default: str) -> list[str]:
    """Return each judge's scores and errors, with whose model it is, and the paper's."""
    header = (
        "judge", "its model also annotated", "faithfulness", "completeness",
        "missing, of the annotations", "extra", "wrong", "faults it finds, of planted ones",
    )  # fmt: skip
    ours = {f"`{name}`": one for name, one in judging["ours"].items() if one["of"] == default}
    theirs = {f"{judging['paper']['judge']}, in the paper": judging["paper"]}
    rows = []
    for name, one in (ours | theirs).items():
        scores = (one[aspect] for aspect in ASPECTS)
        shares = (one["errors"].get(kind, {}).get("share") for kind in FAULTS)
        found = one.get("recall") or {}
        recall = [f"{kind} {_share(found[kind])}" for kind in FAULTS if kind in found]
        rows.append(
            _line(
                name,
                ", ".join(f"as `{who}`" for who in one.get("judge_is_annotator", ())) or "no",
                *(NOTHING if score is None else round(score, 2) for score in scores),
                *map(_share, shares),
                ", ".join(recall) or NOTHING,
            )
        )
    return _table(header, rows) if ours else []


def _defects(metrics: CardMetrics, names: Sequence[str], default: str) -> list[str]:
    """Return what is known to be wrong, and how much of it there is."""
    rows = []
    for name in names:
        found = metrics.merging if name == MERGED else metrics.grounding[name]
        if gold := found["overall"]["gold"]:
            spans, where = gold["mention"], f"in {gold['passages']} passages"
            what = f"of {spans['gold']} entities that people marked {where}, found by `{name}`"
            rows.append(_line(what, _share(spans["recall"])))
            what = f"of {spans['predicted']} entities of `{name}` there, marked by people too"
            rows.append(_line(what, _share(spans["precision"])))
    left_out = metrics.variants[f"{default}-single"]
    rows.append(
        _line(
            f"passages left out of `{default}`, since no entity survived",
            _of(left_out["dropped"].get("no entity", 0), left_out["seen"]),
        )
    )
    cut = metrics.variants.get(f"{default}-single{SUFFIX}")
    if cut:
        what = f"entities of `{default}` that cross a sentence's border, and are in none"
        rows.append(_line(what, _of(cut["crossing"], cut["entities"])))
    types, translated = metrics.types, metrics.translation["overall"]
    what = "types, of all annotators, that are not in Latin script"
    rows.append(_line(what, _of(types["not_latin"], types["written"])))
    what = "mentions whose label wants a translation, and has one"
    rows.append(_line(what, _share(translated["mentions"]["coverage"])))
    rows.append(_line("labels that share a translation with another", translated["n_collisions"]))
    return rows


def _table(header: Sequence[str], rows: Sequence[str]) -> list[str]:
    return [_line(*header), "|" + "---|" * len(header), *rows]


def _line(*cells: object) -> str:
    return f"| {' | '.join(map(str, cells))} |"


def _words(name: str) -> str:
    return name.replace("_per_passage", " a passage").replace("_", " ")


def _share(value: float | None) -> str:
    return NOTHING if value is None else f"{100 * value:.1f} %"


def _of(part: int, whole: int) -> str:
    return f"{part} of {whole} ({_share(part / whole if whole else None)})"
