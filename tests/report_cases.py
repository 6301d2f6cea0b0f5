"""A small site: hostile texts, several scripts, spans that overlap, that end inside letters."""

import json
import re
from pathlib import Path
from typing import Any

from finerweb.params.report import ReportParams
from finerweb.report.explorer import Folders
from finerweb.report.site import write_site
from finerweb.tables.confidence import CONFIDENCE
from finerweb.tables.entities import ENTITIES
from finerweb.tables.grounded import GROUNDED
from finerweb.tables.io import Row, write
from finerweb.tables.labels import LABELS
from finerweb.tables.passages import SELECTED

HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\u2028\u2029&amp; O'Neill"
# Language -> the texts, each with [surface, type] in text order.
TEXTS: dict[str, list[tuple[str, list[tuple[str, str]]]]] = {
    "eng_Latn": [
        ("👩🏽‍🚀 Ada 𝒳 flew from London 🇬🇧 to Köln.", [("Ada", "person"), ("London", "city")]),
        (HOSTILE, [("O'Neill", "<b>person</b>")]),
    ],
    "arb_Arab": [("وُلدت فيروز في بيروت عام 1934.", [("فيروز", "person"), ("بيروت", "city")])],
    "tha_Thai": [
        ("น้ำตกเอราวัณ อยู่ที่กาญจนบุรี", [("น้ำตกเอราวัณ", "natural feature"), ("กาญจนบุรี", "city")])
    ],
    "hin_Deva": [("प्रेमचंद वाराणसी में रहते थे।", [("प्रेमचंद", "person"), ("वाराणसी", "city")])],
    "cmn_Hani": [("𠮷野家在北京。", [("𠮷野家", "company"), ("北京", "city")])],
}
ANNOTATORS = ("a", "b")
EDGES = [0.0001, 0.001, 0.01]
# Surface -> its confidence, or why it has none: as of students that learnt little.
SURE: dict[str, float | str] = {
    "Ada": 0.15,
    "London": 0.00099999,
    "O'Neill": "in no window",
    "فيروز": 0.0023456,
    "بيروت": 0.00001,
    "น้ำตกเอราวัณ": "wider than max_width",
    "กาญจนบุรี": 0.0123,
    "प्रेमचंद": 0.0005,
    "वाराणसी": 0.00000123456,
    "𠮷野家": 0.0099999,
    "北京": 0.03,
}


def span(text: str, surface: str) -> tuple[int, int]:
    """Return where a surface is, in code points."""
    start = text.index(surface)
    return start, start + len(surface)


def passage(code: str, rank: int, text: str) -> Row:
    """Return a row of `selected`."""
    empty = dict.fromkeys(("url", "dump", "date", "language_score", "useful", "gold"))
    name = f"{code}-{rank}"
    return empty | {
        "rank": rank,
        "passage_id": f"{name}#0",
        "document_id": name,
        "language": code,
        "text": text,
        "start": 0,
        "n_words": 3,
        "part": "corpus",
        "url": "javascript:alert(3)" if "<" in text else "https://example.org/a?b=1&c",
        "personal": [],
        "quality_score": 0.75,
    }


def entity(code: str, rank: int, start: int, end: int, labels: list[str], by: list[Row]) -> Row:
    """Return a row of `entities`."""
    return {
        "passage_id": f"{code}-{rank}#0",
        "start": start,
        "end": end,
        "surface": TEXTS[code][rank][0][start:end] if rank < len(TEXTS[code]) else "",
        "labels": labels,
        "similarity": None,
        "sources": by,
    }


def confidence(row: Row) -> Row:
    """Return the row of `confidence` of a row of `entities`."""
    sure = SURE[row["surface"]]
    told = {name: row[name] for name in ("passage_id", "start", "end")} | {"fold": 0}
    if isinstance(sure, str):
        return told | dict.fromkeys(("probabilities", "confidence", "spread")) | {"reason": sure}
    return told | {"probabilities": [sure], "confidence": sure, "spread": 0.0, "reason": None}


def mention(name: str, position: int, said: tuple[str, str], where: tuple[int, int] | None) -> Row:
    """Return a row of `grounded`."""
    start, end = where or (None, None)
    return {
        "passage_id": name,
        "position": position,
        "mention": said[0],
        "type": said[1],
        "status": "grounded" if where else "not_found",
        "start": start,
        "end": end,
    }


def language(code: str, folders: Folders) -> None:
    """Write a language's tables: annotator a finds everything, b the first and an invented one."""
    rows: dict[str, list[Row]] = {"selected": [], "entities": [], "a": [], "b": []}
    for rank, (text, found) in enumerate(TEXTS[code]):
        name = f"{code}-{rank}#0"
        rows["selected"].append(passage(code, rank, text))
        for n, said in enumerate(found):
            start, end = span(text, said[0])
            who = ANNOTATORS if n == 0 else ANNOTATORS[:1]
            by = [{"annotator": w, "start": start, "end": end, "type": said[1]} for w in who]
            rows["entities"].append(entity(code, rank, start, end, [said[1]], by))
            for annotator in who:
                rows[annotator].append(mention(name, n, said, (start, end)))
        rows["b"].append(mention(name, 9, ("<i>nowhere</i>", "place"), None))
    # Inside the first letter that has a mark of its own, and across another span.
    if code in ("tha_Thai", "hin_Deva"):
        rows["a"].append(mention(f"{code}-0#0", 8, ("", "inside"), (1, 4)))
    write(folders.selected / f"{code}.parquet", rows["selected"], SELECTED)
    write(folders.entities / f"{code}.parquet", rows["entities"], ENTITIES)
    if folders.confidence:
        sure = [confidence(row) for row in rows["entities"]]
        write(folders.confidence / f"{code}.parquet", sure, CONFIDENCE)
    for annotator in ANNOTATORS:
        path = folders.grounded / annotator / f"{code}.parquet"
        write(path, rows[annotator], GROUNDED)
    labels = [
        {"label": label, "variant": variant, "language": code, "count": 1, "concepts": [label]}
        for label in sorted({said[1] for _, found in TEXTS[code] for said in found})
        for variant in ("merged", "a")
    ]
    write(folders.labels / f"{code}.parquet", labels, LABELS)


def small_tables(root: Path, has_confidence: bool = True) -> Folders:
    """Write the tables into a folder; return where they are."""
    names = ("selected", "grounded", "entities", "labels")
    sure = root / "confidence" if has_confidence else None
    folders = Folders(**{name: root / name for name in names}, confidence=sure)
    for code in TEXTS:
        language(code, folders)
    return folders


def subsets() -> Row:
    """Return what metrics/subsets.json may say of `SURE`."""
    told = {"right": 0.5, "calibration_error": 0.25, "auc": 0.7721}
    place = told | {"subsets": {"1": 0.25, "2": None, "3": 0.5, "4": 1.0}}
    return {
        "edges": EDGES,
        "overall": {"entities": 9, "found": 0.0, "subsets": {"1": 2, "2": 2, "3": 2, "4": 3}},
        "languages": {"tha_Thai": {"entities": 1, "median": 0.0123}},
        "gold": {"entities": 4, "place": place, "place and coarse type": place | {"auc": None}},
        "paper": {"above": 0.97, "share_above": 0.5, "ours": None},
    }


def small_site(root: Path, chunk: int = 1, has_confidence: bool = True) -> Path:
    """Write the tables and the site; return the site's folder."""
    folders = small_tables(root, has_confidence)
    number = {"ours": 5, "paper": 91, "place": "Table 1", "why": "few"}
    metrics = {
        "filter.json": {"overall": {"kept": 6}, "languages": {c: {"kept": 1} for c in TEXTS}},
        "annotate/a.json": {"overall": {"prompt_tokens": 70, "output_tokens": 7}},
        "paper.json": {"numbers": {"languages": number}},
    }
    if has_confidence:
        metrics["subsets.json"] = subsets()
    params = ReportParams(passages=None, chunk=chunk)
    (root / "site").mkdir()
    write_site(root / "site", folders, ANNOTATORS, metrics, params)
    return root / "site"


def value(source: str) -> Any:
    """Return what a script gives the site."""
    (told,) = re.findall(r'^finerweb\.put\("[^"]+",(.*)\);$', source, re.DOTALL)
    return json.loads(told)
