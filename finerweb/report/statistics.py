"""The paper's dataset tables for ours: Table 3, and Tables 8 and 9 by language."""

import csv
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from finerweb.languages import language

PAPER = Path(__file__).parents[1] / "resources" / "paper_languages.csv"
DATASETS = Path(__file__).parents[1] / "resources" / "paper_datasets.csv"
THEIR_ANNOTATORS = ("gpt4o_mini", "gemma3_27b")
"""The paper's annotators, in the order in which their types stand in a merged label."""
TAIL_POINTS = 100


@cache
def paper() -> dict[str, dict[str, float]]:
    """Return the paper's per-language figures, by language code and column."""
    with PAPER.open(encoding="utf-8", newline="") as file:
        return {
            row.pop("code"): {name: float(value) for name, value in row.items()}
            for row in csv.DictReader(file)
        }


def of_language(table: pa.Table) -> tuple[dict[str, float], Counter[str]]:
    """Return the figures of a single-label variant in a language, and how often each label stands.

    Of at least one passage.
    """
    spans = table["char_spans"].combine_chunks()
    labels = spans.flatten().field("label").dictionary_encode()
    codes, names = labels.indices.to_numpy(zero_copy_only=False), labels.dictionary.to_pylist()
    lengths = pc.list_value_length(spans).to_numpy(zero_copy_only=False)
    of_passages = np.unique(np.repeat(np.arange(len(table)), lengths) * len(names) + codes)
    n = len(table)
    figures = {
        "passages": n,
        "documents": pc.count_distinct(table["document_id"]).as_py(),
        "entities": len(labels),
        "characters": pc.sum(pc.utf8_length(table["text"])).as_py() / n,
        "entities_per_passage": len(labels) / n,
        "types_per_passage": len(of_passages) / n,
        "types": len(names),
    }
    return figures, Counter(dict(zip(names, np.bincount(codes).tolist(), strict=True)))


def of_variant(languages: Iterable[tuple[str, pa.Table]], top: int) -> dict[str, Any]:
    """Return a variant's figures: by language, and overall as the paper's Table 3."""
    return figures_of(*count_variant(languages), top)


def count_variant(
    languages: Iterable[tuple[str, pa.Table]],
) -> tuple[dict[str, dict[str, float]], Counter[str]]:
    """Return a variant's figures by language, and how often each label stands in all of them.

    A language without a passage is not in the variant. One language is held at a time.
    """
    tables: dict[str, dict[str, float]] = {}
    counts: Counter[str] = Counter()
    for code, table in languages:
        if not len(table):
            continue
        tables[code], of_it = of_language(table)
        counts += of_it
    return tables, counts


def figures_of(
    tables: Mapping[str, Mapping[str, float]], counts: Counter[str], top: int
) -> dict[str, Any]:
    """Return the figures of what was counted, with so many of the most frequent labels.

    Overall means are unweighted over languages, types are the union (section 10 of the paper's
    facts).
    """
    sums = ("passages", "documents", "entities")
    means = ("characters", "entities_per_passage", "types_per_passage")
    return {
        "overall": {
            "languages": len(tables),
            "types": len(counts),
            **{name: sum(table[name] for table in tables.values()) for name in sums},
            **{name: fmean([t[name] for t in tables.values()] or [0.0]) for name in means},
        },
        "languages": tables,
        "top_types": dict(ranked(counts)[:top]),
    }


def ranked(counts: Counter[str]) -> list[tuple[str, int]]:
    """Return labels with their counts, the most frequent first, ties in the order of names."""
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def table_3(ours: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return the paper's Table 3, whose samples are not all passages, our variants beside it."""
    with DATASETS.open(encoding="utf-8", newline="") as file:
        published = {
            row.pop("dataset"): {name: float(value) for name, value in row.items()}
            for row in csv.DictReader(file)
        }
    columns = list(next(iter(published.values())))
    mine = {
        name: {column: variant["overall"][column] for column in columns}
        for name, variant in ours.items()
    }
    return {"ours": mine, "published": published}


def tables_8_9(
    ours: Mapping[str, Mapping[str, Any]], annotators: Sequence[str]
) -> dict[str, dict[str, dict[str, float | None]]]:
    """Return the paper's Tables 8 and 9 of the languages in ours: each figure, ours and theirs.

    Our first annotator stands beside the paper's first, the second beside the second, whoever they
    are; labels are entities a passage, types distinct ones. None where one of the two has none.
    """
    places = [("passages", "merged", "passages"), ("characters", "merged", "characters")]
    for theirs, mine in [*zip(THEIR_ANNOTATORS, annotators, strict=False), ("merged", "merged")]:
        places += [
            (f"labels_{theirs}", mine, "entities_per_passage"),
            (f"types_{theirs}", mine, "types"),
        ]
    codes = sorted({code for variant in ours.values() for code in variant["languages"]})
    tables: dict[str, dict[str, dict[str, float | None]]] = {}
    for code in codes:
        tables[code] = {}
        for name, variant, column in places:
            figures = ours.get(variant, {}).get("languages", {}).get(code, {})
            theirs_here = paper().get(code, {}).get(name)
            tables[code][name] = {"ours": figures.get(column), "paper": theirs_here}
    return tables


def long_tail(counts: Counter[str]) -> Iterator[dict[str, float]]:
    """Yield points of how often the label of each rank stands, as logarithms to the base of 10.

    The first and the last rank, and at most `TAIL_POINTS` ranks evenly between on that scale.
    """
    ordered = sorted(counts.values(), reverse=True)
    if ordered:
        spaced = np.geomspace(1, len(ordered), TAIL_POINTS).round().astype(int)
        for rank in np.unique(spaced).tolist():
            yield {"rank": math.log10(rank), "count": math.log10(ordered[rank - 1])}


def by_script(languages: Mapping[str, Mapping[str, float]]) -> Iterator[dict[str, Any]]:
    """Yield, for each script, its languages, and unweighted means over them."""
    scripts: dict[str, list[Mapping[str, float]]] = {}
    for code, figures in languages.items():
        scripts.setdefault(language(code).script, []).append(figures)
    means = ("characters", "entities_per_passage", "types_per_passage")
    for script, some in sorted(scripts.items()):
        yield {
            "script": script,
            "languages": len(some),
            **{name: fmean(one[name] for one in some) for name in means},
        }
