"""Reading sources here: own JSON lines and parquet, FineWeb's layouts, and what can be wrong."""

import gzip
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from conftest import run
from reach import ROOT
from texts import SENTENCES
from web import FINEWEB, web_rows, write_files

from finerweb.corpus import jsonl, parquet
from finerweb.corpus.sources import sample_language
from finerweb.params.documents import DocumentsParams
from finerweb.params.load import load
from finerweb.records import MAX_CHARACTERS, Document, Provenance
from finerweb.tables.documents import DOCUMENTS
from finerweb.tables.io import read
from finerweb.tables.rows import document
from finerweb.tally import Tally

PASSAGES = Path(os.environ.get("FINERWEB_TEST_DATA", ROOT / "../shared/data")) / "passages"
COLUMNS = dict.fromkeys(("url", "dump", "date", "language_score")) | {"id": "id", "text": "text"}


PARQUET = {
    "kind": "parquet",
    "root": ".",
    "revision": "r",
    "files": "{language}*.parquet",
    "columns": COLUMNS,
    "oversample": 100,
    "max_files": None,
}


def params(source: dict[str, Any] = PARQUET, **changed: Any) -> DocumentsParams:
    """Return the section for a source, with the knobs of either that are changed."""
    of_source = {name: changed.pop(name) for name in source if name in changed}
    section = {
        "languages": ["deu_Latn"],
        "path": "unused",
        "source": source | of_source,
        "rating_documents": 1,
        "corpus_documents": 50,
        "seed": 0,
    }
    return DocumentsParams.model_validate(section | changed)


def sampled(folder: Path, **changed: Any) -> tuple[list[Document], Tally]:
    """Return what is sampled of a folder of parquet files."""
    section = params(root=str(folder), **changed)
    return sample_language(section.languages[0], section, folder, folder / "fetched")


# ---- JSON lines ----------------------------------------------------------------------------------

LINES = b"".join(
    json.dumps({"id": script, "text": text}, ensure_ascii=False).encode() + b"\n"
    for script, text in SENTENCES.items()
)
PACKED: dict[str, bytes] = {
    ".jsonl": LINES,
    ".jsonl.gz": gzip.compress(LINES[:200]) + gzip.compress(LINES[200:]),
    ".jsonl.zst": pa.compress(LINES, codec="zstd", asbytes=True),
}


@pytest.mark.parametrize("suffix", PACKED)
def test_packed_lines(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"deu_Latn{suffix}"
    path.write_bytes(PACKED[suffix])
    assert jsonl.find(tmp_path, "deu_Latn") == path
    documents = list(jsonl.read_jsonl(path, "deu_Latn"))
    assert {d.document_id: d.text for d in documents} == SENTENCES


def test_two_files_of_a_language(tmp_path: Path) -> None:
    for suffix, content in PACKED.items():
        (tmp_path / f"tha_Thai{suffix}").write_bytes(content)
    with pytest.raises(ValueError, match=r"got tha_Thai\.jsonl, tha_Thai\.jsonl\.gz, tha_Thai"):
        jsonl.find(tmp_path, "tha_Thai")


@pytest.mark.parametrize("suffix", [".jsonl.gz", ".jsonl.zst"])
@pytest.mark.parametrize("damage", ["cut", "not packed"])
def test_damaged_lines(tmp_path: Path, suffix: str, damage: str) -> None:
    path = tmp_path / f"deu_Latn{suffix}"
    path.write_bytes(PACKED[suffix][:-20] if damage == "cut" else LINES)
    with pytest.raises(ValueError, match=rf"deu_Latn{suffix}, line \d+: "):
        list(jsonl.read_jsonl(path, "deu_Latn"))


def test_a_line_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jsonl, "MAX_LINE_BYTES", 1000)
    path = tmp_path / "deu_Latn.jsonl.gz"
    path.write_bytes(gzip.compress(LINES[: LINES.index(b"\n") + 1] + b"x" * 10_000_000))
    with pytest.raises(ValueError, match=r"line 2: expected at most 1,000 bytes"):
        list(jsonl.read_jsonl(path, "deu_Latn"))


def test_provenance_of_lines(tmp_path: Path) -> None:
    said = {"dump": "d", "date": "2024-02-01", "language_score": 0.5}
    rows = [
        {"id": "1", "text": "กรุงเทพ", "url": "https://example.org/ก"} | said,
        {"id": "2", "text": "東京", "source": "https://example.org/東"},
        {"id": "3", "text": "Köln"},
    ]
    (tmp_path / "deu_Latn.jsonl").write_text("\n".join(map(json.dumps, rows)))
    documents = list(jsonl.read_jsonl(tmp_path / "deu_Latn.jsonl", "deu_Latn"))
    assert [d.provenance for d in documents] == [
        Provenance("https://example.org/ก", "d", "2024-02-01", 0.5),
        Provenance("https://example.org/東"),
        Provenance(),
    ]


# ---- Parquet: what can be wrong ------------------------------------------------------------------


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


def test_a_text_stored_once_and_meant_often(tmp_path: Path) -> None:
    """Eight hundred megabytes in a dictionary of one megabyte: unpacked a few rows at a time."""
    text = pa.DictionaryArray.from_arrays(pa.array([0] * 800, pa.int32()), ["語" * 333_000])
    table = pa.table({"id": [str(i) for i in range(800)], "text": text})
    pq.write_table(table, tmp_path / "deu_Latn.parquet", compression="zstd")
    code = (
        "import resource, sys; from pathlib import Path; from test_readers import sampled\n"
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


# ---- Which row groups are read -------------------------------------------------------------------


def test_only_as_many_row_groups_are_read_as_it_takes(tmp_path: Path) -> None:
    texts = [f"Ein kurzer Text, Nummer {i}." for i in range(600)]
    write_files(web_rows(texts, "deu_Latn"), tmp_path, 3, 20)
    few = {"files": "*.parquet", "corpus_documents": 9, "rating_documents": 3, "oversample": 4}
    documents, tally = sampled(tmp_path, **few)
    assert len(documents) == 12
    assert tally.metrics() == {"seen": 60, "kept": 12, "dropped": {"over quota": 48}}
    others, _ = sampled(tmp_path, revision="another", **few)
    assert {d.document_id for d in others} != {d.document_id for d in documents}
    whole, tally = sampled(tmp_path, **few | {"oversample": 1000})
    assert tally.seen == 600
    assert {d.document_id for d in whole} != {d.document_id for d in documents}


def test_some_of_the_files(tmp_path: Path) -> None:
    texts = [f"Ein kurzer Text, Nummer {i}." for i in range(90)]
    write_files(web_rows(texts, "deu_Latn"), tmp_path, 9, 5)
    numbers = {}
    for seed in (0, 1):
        documents, tally = sampled(
            tmp_path, files="*.parquet", max_files=2, corpus_documents=99, seed=seed
        )
        assert tally.seen == 20
        numbers[seed] = {int(d.document_id[-6:-1]) % 9 for d in documents}
        assert len(numbers[seed]) == 2
    assert numbers[0] != numbers[1]


# ---- The stage -----------------------------------------------------------------------------------


def configure(project: Path, languages: list[str], source: dict[str, Any]) -> None:
    file = project / "params.yaml"
    whole = yaml.safe_load(file.read_text("utf-8"))
    whole["documents"] |= {"languages": languages, "source": source, "rating_documents": 4}
    whole["documents"] |= {"corpus_documents": 6}
    file.write_text(yaml.safe_dump(whole), "utf-8")


def stage_command(out: str) -> list[str]:
    words = f"-m stages.documents --source sample --fetched f --out {out} --metrics {out}.json"
    return [sys.executable, *words.split()]


def fineweb(root: str, english: str | None = None) -> dict[str, Any]:
    """Return the source section for a folder in FineWeb-2's layout, English beside it."""
    files = {"root": root, "revision": "1f2e3d", "files": english}
    return {
        "kind": "fineweb",
        "root": root,
        "revision": "1f2e3d",
        "english": files if english else None,
        "oversample": 2,
        "max_files": None,
    }


def news(code: str) -> list[str]:
    """Return the paragraphs of real news in a language, each a text."""
    if not PASSAGES.is_dir():
        pytest.skip(f"no texts in {PASSAGES} (FINERWEB_TEST_DATA names their folder's parent)")
    lines = (PASSAGES / f"{code}.jsonl").read_text("utf-8").splitlines()
    return [part for line in lines for part in json.loads(line)["text"].split("\n") if part.strip()]


ENGLISH = ("sample/10BT/*.parquet", "data/CC-MAIN-2024-10/*.parquet")


@pytest.mark.parametrize("english", ENGLISH)
def test_the_stage_on_fineweb(project: Path, english: str) -> None:
    codes = ["arb_Arab", "hin_Deva", "tha_Thai", "eng_Latn"]
    texts = {code: news(code) for code in codes}
    web = project / "web"
    for code in codes[:3]:
        write_files(web_rows(texts[code], code), web / f"data/{code}/train", 3, 10)
    write_files(web_rows(texts["eng_Latn"], "eng_Latn", FINEWEB), (web / english).parent, 2, 10)
    configure(project, codes, fineweb(str(web), english))
    run(*stage_command("out"), cwd=project)
    counts = json.loads((project / "out.json").read_text())["languages"]
    for code in codes:
        documents = [document(row) for row in read(project / "out" / f"{code}.parquet", DOCUMENTS)]
        assert [d.part for d in documents] == ["rating"] * 4 + ["corpus"] * 6
        assert len({d.document_id for d in documents}) == 10
        for each in documents:
            number = int(each.document_id[-6:-1])
            assert each.document_id == f"<urn:uuid:{code}-{number:05}>"
            assert each.text == texts[code][number]
            assert each.provenance == Provenance(
                f"https://example.org/{code}/{number}",
                f"CC-MAIN-2024-{number % 9 + 10}",
                f"2024-02-{number % 28 + 1:02}T01:02:03Z",
                1 - number / 1000,
            )
        assert 20 <= counts[code]["seen"] < 40 and counts[code]["kept"] == 10


MACHINES = {
    "as it is": {},
    "another hash seed": {"PYTHONHASHSEED": "7"},
    "another locale": {"LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8"},
    "ASCII": {"LC_ALL": "C", "PYTHONUTF8": "0"},
    "another time zone": {"TZ": "Asia/Kathmandu"},
}


def test_same_bytes_on_any_machine(project: Path) -> None:
    """However the files are listed, wherever they are, whatever the machine's settings."""
    codes = ["ell_Grek", "cmn_Hani"]
    texts = [f"{text} {i}" for i in range(6) for text in SENTENCES.values()]
    found = set()
    for number, (name, settings) in enumerate(MACHINES.items()):
        web = project / f"web{number}"
        for code in codes:
            folder = web / f"data/{code}/train"
            paths = write_files(web_rows(texts, code), folder, 4, 5)
            for path in paths[number:] + paths[:number]:
                content = path.read_bytes()
                path.unlink()
                path.write_bytes(content)
        configure(project, codes, fineweb(str(web)))
        run(*stage_command(f"out{number}"), cwd=project, env=settings)
        files = [project / f"out{number}" / f"{code}.parquet" for code in codes]
        files.append(project / f"out{number}.json")
        found.add((*(path.read_bytes() for path in files),))
        assert len(found) == 1, name


BAD_SOURCES = {
    "hub without a commit": (
        fineweb("hf://datasets/HuggingFaceFW/fineweb-2"),
        "revision '1f2e3d' of hf://datasets/HuggingFaceFW/fineweb-2: expected the 40 hex digits",
    ),
    "revision in the root": (
        fineweb(f"hf://datasets/a/b@{'0' * 40}"),
        "expected hf://datasets/ORGANISATION/NAME, the revision beside it",
    ),
    "no English": (fineweb("web"), "eng_Latn is not in FineWeb-2: name a FineWeb under source."),
    "unknown kind": ({"kind": "csv"}, "does not match any of the expected tags"),
    "a further knob": ({"kind": "jsonl", "oversample": 2}, "oversample: unknown key"),
    "none read": (fineweb("web", "*.parquet") | {"oversample": 0}, "greater than or equal to 1"),
}


@pytest.mark.parametrize(("source", "message"), BAD_SOURCES.values(), ids=BAD_SOURCES)
def test_bad_source(tmp_path: Path, source: dict[str, Any], message: str) -> None:
    whole = yaml.safe_load((ROOT / "params.yaml").read_text("utf-8"))
    whole["documents"]["source"] = source
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(whole), "utf-8")
    with pytest.raises(ValueError) as caught:
        load("documents", DocumentsParams, tmp_path / "params.yaml")
    assert message in str(caught.value)


def test_the_sources_shown_in_params_yaml_are_right() -> None:
    """Each is a comment beside the one in use: it has to fit when it is taken in."""
    text = (ROOT / "params.yaml").read_text("utf-8")
    shown = re.findall(r"^  # (source:\n(?:  #   .*\n)+)", text, re.MULTILINE)
    sources = [yaml.safe_load(block.replace("\n  # ", "\n"))["source"] for block in shown]
    assert [params(source).source.kind for source in sources] == ["fineweb", "parquet"]
