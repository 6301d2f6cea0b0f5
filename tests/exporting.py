"""Rows of a release, exported and read back."""

import json
from collections.abc import Iterable
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from hypothesis import strategies as st
from texts import SENTENCES, slices, texts

from finerweb.exports.folder import Format
from finerweb.exports.loss import Ledger
from finerweb.tables.io import Row

LABELS = (
    "person",
    "historical event",
    "50 % | half",
    "人物",
    "شخص",
    "นักร้อง",
    "person / human",
    "a\u3000b",
)
LANGUAGES = ("eng_Latn", "arb_Arab", "hin_Deva", "tha_Thai", "cmn_Hani")
Label = tuple[str, int, int, str]
"""Id of the passage, start, end, label."""


class Exported(NamedTuple):
    """The file of a language and split, those beside it, the report, and what is lost."""

    data: bytes
    beside: dict[str, str]
    report: dict[str, Any]
    lost: list[dict[str, Any]]


def row(text: str, *entities: tuple[Any, ...], code: str = "eng_Latn", name: str = "d#0") -> Row:
    """Return a row of a multi-label variant; an entity is start, end, and its labels."""
    spans = [
        {
            "start": start,
            "end": end,
            "labels": list(labels),
            "concepts": [],
            "surface": text[start:end],
            "sources": ["a"],
        }
        for start, end, *labels in entities
    ]
    nothing = dict.fromkeys(("url", "dump", "date", "language_score"))
    same = {"document_id": "d", **nothing, "quality_score": 0.5}
    return {"id": name, "text": text, "language": code, "char_spans": spans, **same}


@st.composite
def rows(draw: st.DrawFn) -> list[Row]:
    """Return rows of one language with entities anywhere in texts of all scripts."""
    code = draw(st.sampled_from(LANGUAGES))
    found = []
    for number in range(draw(st.integers(1, 3))):
        text = draw(texts(min_size=1)) + draw(st.sampled_from(list(SENTENCES.values())))
        places = draw(st.lists(slices(text), unique=True, max_size=5))
        labels = st.lists(st.sampled_from(LABELS), min_size=1, max_size=3, unique=True)
        entities = [(start, end, *draw(labels)) for start, end in places]
        found.append(row(text, *entities, code=code, name=f"d {number}#0"))
    return found


def exported(form: Format, found: Iterable[Row]) -> Exported:
    """Return what an export of rows of one language and split writes."""
    lost = StringIO()
    ledger = Ledger(lost)
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"train{form.suffix}"
        form.write(found, path, ledger)
        data = path.read_bytes()
    lines = lost.getvalue().splitlines()
    return Exported(data, form.beside(), ledger.metrics(), [json.loads(line) for line in lines])


def labels_of(found: Iterable[Row]) -> set[Label]:
    """Return all labels of rows."""
    return {
        (one["id"], span["start"], span["end"], label)
        for one in found
        for span in one["char_spans"]
        for label in span["labels"]
    }


def lost_of(made: Exported) -> set[Label]:
    """Return the labels that an export says it lost, after a look at its sums."""
    overall = made.report["overall"]
    assert overall["seen"] == overall["kept"] + sum(overall["dropped"].values())
    assert len(made.lost) == overall["seen"] - overall["kept"]
    assert sorted(one["reason"] for one in made.lost) == sorted(
        reason for reason, n in overall["dropped"].items() for _ in range(n)
    )
    return {(one["id"], one["start"], one["end"], one["label"]) for one in made.lost}


def places(text: str, tokens: Iterable[str]) -> list[tuple[int, int]]:
    """Return where tokens stand in the text that they are all of, but for white space."""
    at = 0
    found = []
    for token in tokens:
        at += len(text[at:]) - len(text[at:].lstrip())
        assert text.startswith(token, at)
        found.append((at, at + len(token)))
        at += len(token)
    assert not text[at:].strip()
    return found
