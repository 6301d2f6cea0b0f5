"""The whole site: its own files, and all data it shows."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from finerweb.params.report import ReportParams
from finerweb.report import overview
from finerweb.report.explorer import Folders, confidences, read_shown
from finerweb.report.inventory import read_inventory
from finerweb.report.scripts import copy_site, put, put_chunks
from finerweb.report.steps import filter_of
from finerweb.tables.entities import MERGED
from finerweb.tables.io import languages_in

LABELS_AT_ONCE = 10_000
"""In one script."""


def write_site(
    folder: Path,
    folders: Folders,
    annotators: Sequence[str],
    metrics: overview.Metrics,
    params: ReportParams,
) -> dict[str, Any]:
    """Write the site into an empty folder; return what it shows, counted.

    ``metrics`` are what `overview.read_figures` returns.

    Raises:
        FileNotFoundError, ValueError: as `read_shown`.
    """
    copy_site(folder)
    languages = []
    found: Counter[float | str] = Counter()
    for code in languages_in(folders.selected):
        passages, audits = read_shown(code, folders, annotators, params.passages)
        found.update(confidences(passages))
        put_chunks(folder, f"{code}.audit", audits, params.chunk)
        size = {
            "passages": len(passages),
            "chunks": put_chunks(folder, code, passages, params.chunk),
        }
        put(folder, code, overview.figures_of(code, metrics))
        languages.append(overview.about_language(code, metrics) | size)
    variants = [MERGED, *annotators]
    labels = read_inventory(folders.labels, variants)
    n = put_chunks(folder, "labels", labels, LABELS_AT_ONCE)
    content = {
        "annotators": list(annotators),
        "languages": languages,
        "labels": {"variants": variants, "chunks": n},
        "confidence": filter_of(found, overview.edges(metrics)),
    }
    put(folder, "site", content | overview.site(metrics))
    return {
        "passages": {one["code"]: one["passages"] for one in languages},
        "labels": len(labels),
    }
