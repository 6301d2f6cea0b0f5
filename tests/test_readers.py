"""Parquet files: columns by name, and what can be wrong with a file or a row."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from reach import ROOT
from texts import SENTENCES
from web_sources import COLUMNS, sampled

from finerweb.corpus import parquet
from finerweb.records import MAX_CHARACTERS, Provenance


def column(values: list[object], kind: pa.DataType, **metadata: str) -> tuple[Any, Any]:
    return pa.array(values, kind), pa.field("text", kind, metadata=metadata or None)


def file_with(folder: Path, text: tuple[Any, Any], name: str = "deu_Latn.parquet") -> Path:
    """Write a file with ids and this column of texts."""
    ids = pa.array([f"{name}-{i}" for i in range(len(text[0]))])
    schema = pa.schema([pa.field("id", pa.string()), text[1]])
    pq.write_table(pa.Table.from_arrays([ids, text[0]], schema=schema), folder / name)
    return folder / name


PICKLE = {"ARROW:extension:name": "arrow.py_extension_type", "ARROW:extension:metadata": "cos\n."}
WRONG_COLUMNS = {
    "numbers": (column([1, 2], pa.int64()), "'text' to be of type string, got int64"),
    "bytes": (column([b"a", b"b"], pa.binary()), "'text' to be of type string, got binary"),
    "lists": (column([["a"], []], pa.list_(pa.string())), "of type string, got list<"),
    "an extension type": (
        column(["a", "b"], pa.string(), **PICKLE),
        "got string (extension arrow.py_extension_type)",
    ),
}


@pytest.mark.parametrize(("text", "message"), WRONG_COLUMNS.values(), ids=WRONG_COLUMNS)
def test_wrong_type(tmp_path: Path, text: tuple[Any, Any], message: str) -> None:
    file_with(tmp_path, text)
    with pytest.raises(ValueError) as caught:
        sampled(tmp_path)
    assert message in str(caught.value) and "deu_Latn.parquet: " in str(caught.value)


STRINGS: list[pa.DataType] = [
    pa.string(),
    pa.large_string(),
    pa.dictionary(pa.int32(), pa.string()),
]


@pytest.mark.parametrize("kind", STRINGS, ids=str)
def test_kinds_of_strings(tmp_path: Path, kind: pa.DataType) -> None:
    file_with(tmp_path, column([*SENTENCES.values()], pa.string()))
    path = tmp_path / "deu_Latn.parquet"
    table = pq.read_table(path)
    pq.write_table(table.cast(pa.schema([("id", pa.string()), ("text", kind)])), path)
    assert {d.text for d in sampled(tmp_path)[0]} == {*SENTENCES.values()}


def test_missing_and_repeated_columns(tmp_path: Path) -> None:
    path = file_with(tmp_path, column(["a"], pa.string()))
    missing = {"columns": COLUMNS | {"url": "link"}}
    with pytest.raises(ValueError, match=r"one column 'link' .* as the url, got 0; .*id, text"):
        sampled(tmp_path, **missing)
    table = pq.read_table(path)
    pq.write_table(table.append_column("text", table["text"]), path)
    with pytest.raises(ValueError, match=r"deu_Latn\.parquet: .*one column 'text' .*got 2"):
        sampled(tmp_path)


def test_columns_by_their_names_and_further_ones(tmp_path: Path) -> None:
    table = pa.table(
        {
            "extra": [[1, 2], [3]],
            "key": ["a", "b"],
            "body": ["पहला लेख", "第二篇"],
            "link": ["https://example.org", None],
            "sure": pa.array([0.5, None], pa.float32()),
        }
    )
    pq.write_table(table, tmp_path / "hin_Deva-1.parquet")
    names = {"id": "key", "text": "body", "url": "link", "language_score": "sure"}
    documents, _ = sampled(tmp_path, languages=["hin_Deva"], columns=COLUMNS | names)
    assert {d.document_id: (d.text, d.provenance) for d in documents} == {
        "a": ("पहला लेख", Provenance(url="https://example.org", language_score=0.5)),
        "b": ("第二篇", Provenance()),
    }


DAMAGED: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda _: b"",
    "no parquet": lambda _: b"nothing of the kind",
    "cut": lambda content: content[:-100],
    "footer longer than the file": lambda c: c[:-8] + (2**31 - 1).to_bytes(4, "little") + b"PAR1",
    "footer of nonsense": lambda content: content[:-40] + b"\xff" * 32 + content[-8:],
    "pages of nonsense": lambda content: content[:4] + b"\xff" * 60 + content[64:],
}


@pytest.mark.parametrize("damage", DAMAGED.values(), ids=DAMAGED)
def test_damaged_file(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    path = file_with(tmp_path, column([*SENTENCES.values()], pa.string()))
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(ValueError, match=r"deu_Latn\.parquet"):
        sampled(tmp_path)


def test_huge_row_group_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten megabytes that take a few kilobytes on disk are refused before they are unpacked."""
    monkeypatch.setattr(parquet, "MAX_GROUP_BYTES", 10_000_000)
    table = pa.table({"id": [str(i) for i in range(11)], "text": ["x" * 1_000_000] * 11})
    path = tmp_path / "deu_Latn.parquet"
    pq.write_table(table, path, compression="zstd", use_dictionary=False)
    assert path.stat().st_size < 20_000
    with pytest.raises(ValueError, match=r"deu_Latn\.parquet, row group 0: 11,0\d\d,\d+ bytes"):
        sampled(tmp_path)
    pq.write_table(table, path, compression="zstd", use_dictionary=False, row_group_size=5)
    assert len(sampled(tmp_path)[0]) == 11


@pytest.mark.slow
def test_a_text_stored_once_and_meant_often(tmp_path: Path) -> None:
    """Eight hundred megabytes in a dictionary of one megabyte: unpacked a few rows at a time."""
    text = pa.DictionaryArray.from_arrays(pa.array([0] * 800, pa.int32()), ["語" * 333_000])
    table = pa.table({"id": [str(i) for i in range(800)], "text": text})
    pq.write_table(table, tmp_path / "deu_Latn.parquet", compression="zstd")
    code = (
        "import resource, sys; from pathlib import Path; from web_sources import sampled\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "documents, tally = sampled(Path(sys.argv[1]), corpus_documents=3)\n"
        "peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before\n"
        "print(len(documents), tally.seen, peak // 1024)"
    )
    where = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests")])}
    done = subprocess.run(
        [sys.executable, "-c", code, tmp_path], env=where, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    kept, seen, megabytes = map(int, done.stdout.split())
    assert (kept, seen) == (4, 800)
    assert megabytes < 200


def test_no_rows(tmp_path: Path) -> None:
    empty = column([], pa.string())
    file_with(tmp_path, empty, "deu_Latn-0.parquet")
    with pytest.raises(ValueError, match=r"no usable document for deu_Latn in 1 files: 0 rows"):
        sampled(tmp_path)
    file_with(tmp_path, column(["eins", "zwei"], pa.string()), "deu_Latn-1.parquet")
    documents, tally = sampled(tmp_path)
    assert (len(documents), tally.seen) == (2, 2)


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"expected files deu_Latn\*\.parquet, found none"):
        sampled(tmp_path)


BAD_ROWS = {
    "no id": [(None, "ein"), ("", "ein"), (" ", "ein")],
    "no text": [("1", None), ("2", ""), ("3", " \u3000\n")],
    "unusable characters": [
        ("4", "a\0b"),
        ("5\0", "ein"),
        ("6", b"a\xed\xa0\x80b"),  # a lone surrogate as UTF-8 would have it
        ("7", b"\xff"),
        (b"\xff", "ein"),
    ],
    "too long": [("8", "字" * (MAX_CHARACTERS + 1))],
    "same id": [("good-Thai", "ein anderer")],
}


def test_rows_that_cannot_be_used_are_counted(tmp_path: Path) -> None:
    """Of web text there is always some: it is left out, and told."""
    good = [(f"good-{script}", text) for script, text in SENTENCES.items()] + [("one", "字")]
    rows: list[tuple[Any, Any]] = [*good, *(row for rows in BAD_ROWS.values() for row in rows)]
    raw = [
        pa.array([v.encode() if isinstance(v, str) else v for v in values], pa.binary())
        for values in zip(*rows, strict=True)
    ]
    table = pa.table([column.view(pa.string()) for column in raw], ["id", "text"])
    pq.write_table(table, tmp_path / "deu_Latn.parquet")
    documents, tally = sampled(tmp_path)
    assert {d.document_id: d.text for d in documents} == dict(good)
    assert tally.dropped == {reason: len(rows) for reason, rows in BAD_ROWS.items()}
    assert tally.seen == len(rows) == tally.kept + sum(tally.dropped.values())
