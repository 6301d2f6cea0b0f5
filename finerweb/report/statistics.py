"""The paper's dataset tables for ours: Table 3, and Tables 8 and 9 by language."""

import csv
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from statistics import fmean

from finerweb.tables.io import Row

PAPER = Path(__file__).parents[1] / "resources" / "paper_languages.csv"


@cache
def paper() -> dict[str, dict[str, float]]:
    """Return the paper's per-language figures, by language code and column."""
    with PAPER.open(encoding="utf-8", newline="") as file:
        return {
            row.pop("code"): {name: float(value) for name, value in row.items()}
            for row in csv.DictReader(file)
        }


def of_language(rows: Sequence[Row]) -> dict[str, float]:
    """Return the figures of one single-label variant in one language, of at least one passage."""
    labels = [[span["label"] for span in row["char_spans"]] for row in rows]
    n = len(rows)
    return {
        "passages": n,
        "documents": len({row["document_id"] for row in rows}),
        "entities": sum(map(len, labels)),
        "characters": sum(len(row["text"]) for row in rows) / n,
        "entities_per_passage": sum(map(len, labels)) / n,
        "types_per_passage": sum(len(set(names)) for names in labels) / n,
        "types": len({name for names in labels for name in names}),
    }


def of_variant(languages: Iterable[tuple[str, Sequence[Row]]], top: int) -> dict[str, object]:
    """Return a variant's figures: by language, and overall as the paper's Table 3.

    Overall means are unweighted over languages, types are the union (section 10 of the paper's
    facts). A language without a passage is not in the variant. One language is held at a time.
    """
    tables: dict[str, dict[str, float]] = {}
    counts: Counter[str] = Counter()
    for code, rows in languages:
        if not rows:
            continue
        tables[code] = of_language(rows)
        counts.update(span["label"] for row in rows for span in row["char_spans"])
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
