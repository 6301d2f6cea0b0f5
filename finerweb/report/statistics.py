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


def of_variant(languages: Iterable[tuple[str, pa.Table]], top: int) -> dict[str, object]:
    """Return a variant's figures: by language, and overall as the paper's Table 3.

    Overall means are unweighted over languages, types are the union (section 10 of the paper's
    facts). A language without a passage is not in the variant. One language is held at a time.
    """
    tables: dict[str, dict[str, float]] = {}
    counts: Counter[str] = Counter()
    for code, table in languages:
        if not len(table):
            continue
        tables[code], of_it = of_language(table)
        counts += of_it
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
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
        "top_types": dict(ranked[:top]),
    }


def paper_rows(codes: Sequence[str]) -> dict[str, dict[str, float]]:
    """Return the paper's figures for those of the languages it has."""
    return {code: paper()[code] for code in codes if code in paper()}
