"""The paper's dataset tables for ours: Table 3, and Tables 8 and 9 by language."""

import csv
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from statistics import fmean

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

PAPER = Path(__file__).parents[1] / "resources" / "paper_languages.csv"


@cache
def paper() -> dict[str, dict[str, float]]:
    """Return the paper's per-language figures, by language code and column."""
    with PAPER.open(encoding="utf-8", newline="") as file:
        return {
            row.pop("code"): {name: float(value) for name, value in row.items()}
            for row in csv.DictReader(file)
        }


def of_language(table: pa.Table) -> tuple[dict[str, float], Counter[str]]:
    """Return the figures of one single-label variant in one language, and its labels' counts.

    Per passage where the name says so.
    """
    spans = table["char_spans"].combine_chunks()
    labels = spans.flatten().field("label").dictionary_encode()
    codes, names = labels.indices.to_numpy(zero_copy_only=False), labels.dictionary.to_pylist()
    lengths = pc.list_value_length(spans).to_numpy(zero_copy_only=False)
    of_passages = np.unique(np.repeat(np.arange(len(table)), lengths) * len(names) + codes)
    n = max(len(table), 1)
    figures = {
        "passages": len(table),
        "characters": (pc.sum(pc.utf8_length(table["text"])).as_py() or 0) / n,
        "entities_per_passage": len(labels) / n,
        "types_per_passage": len(of_passages) / n,
        "types": len(names),
    }
    return figures, Counter(dict(zip(names, np.bincount(codes).tolist(), strict=True)))


def of_variant(languages: Iterable[tuple[str, pa.Table]], top: int) -> dict[str, object]:
    """Return a variant's figures: by language, and overall as the paper's Table 3.

    Overall means are unweighted over languages, types are the union (section 10 of the paper's
    facts). One language is held at a time.
    """
    tables: dict[str, dict[str, float]] = {}
    counts: Counter[str] = Counter()
    for code, table in languages:
        tables[code], of_it = of_language(table)
        counts += of_it
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    means = ("characters", "entities_per_passage", "types_per_passage")
    return {
        "overall": {
            "languages": len(tables),
            "passages": sum(figures["passages"] for figures in tables.values()),
            "types": len(counts),
            **{name: fmean(figures[name] for figures in tables.values()) for name in means},
        },
        "languages": tables,
        "top_types": dict(ranked[:top]),
    }


def paper_rows(codes: Sequence[str]) -> dict[str, dict[str, float]]:
    """Return the paper's figures for those of the languages it has."""
    return {code: paper()[code] for code in codes if code in paper()}
