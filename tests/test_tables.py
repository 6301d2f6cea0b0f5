"""Artefacts: checked, sorted, byte-stable, never half-written."""

import hashlib
import random
from dataclasses import asdict
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from texts import SENTENCES, texts
from viewed import viewed

from finerweb.corpus.passages import cut
from finerweb.records import Document, Provenance, Span, check_text
from finerweb.tables.documents import DOCUMENTS
from finerweb.tables.grounded import GROUNDED
from finerweb.tables.io import languages_in, read, read_metrics, replacing, write, write_metrics
from finerweb.tables.passages import PASSAGES
from finerweb.tables.rows import document, document_row, passage, passage_row
from finerweb.tables.variants import SINGLE
from finerweb.tally import Tally

SAID = (Provenance("https://example.org/東", "CC-MAIN-2024-10", "2024-02-01", 0.1), Provenance())
DOCS = [
    Document(f"d{i}", "deu_Latn", text, "corpus", SAID[i % 2], None, (Span(0, 2, "x"),), rank=i)
    for i, text in enumerate(SENTENCES.values())
]


def test_round_trip(tmp_path: Path) -> None:
    path = tmp_path / "deu_Latn.parquet"
    write(path, map(document_row, DOCS), DOCUMENTS)
    assert list(map(document, read(path, DOCUMENTS))) == DOCS


def test_provenance_goes_along_to_the_release(tmp_path: Path) -> None:
    path = tmp_path / "deu_Latn.parquet"
    write(path, [passage_row(p) for d in DOCS for p, _ in cut(d, 4)], PASSAGES)
    passages = list(map(passage, read(path, PASSAGES)))
    assert len(passages) > len(DOCS)
    rows, _ = viewed([(p, 0.5) for p in passages], {}, "single", False, {})
    write(path, rows, SINGLE)
    said = {d.document_id: asdict(d.provenance) for d in DOCS}
    for row in read(path, SINGLE):
        assert {name: row[name] for name in said["d0"]} == said[row["document_id"]]


def test_same_bytes_whatever_the_order(tmp_path: Path) -> None:
    digests = set()
    for seed in range(3):
        rows = [document_row(d) for d in random.Random(seed).sample(DOCS, len(DOCS))]
        write(tmp_path / "a.parquet", rows, DOCUMENTS)
        digests.add(hashlib.sha256((tmp_path / "a.parquet").read_bytes()).hexdigest())
    assert len(digests) == 1


def test_empty_table(tmp_path: Path) -> None:
    write(tmp_path / "a.parquet", [], DOCUMENTS)
    assert read(tmp_path / "a.parquet", DOCUMENTS) == []


def test_a_row_that_does_not_fit_names_the_file(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"deu_Latn\.parquet.*documents"):
        write(tmp_path / "deu_Latn.parquet", [{"document_id": 3}], DOCUMENTS)
    assert list(tmp_path.iterdir()) == []


def test_another_table_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "a.parquet", [], DOCUMENTS)
    with pytest.raises(ValueError, match="expected the columns of table grounded"):
        read(tmp_path / "a.parquet", GROUNDED)


def test_no_parquet_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_bytes(b"nothing of the kind")
    with pytest.raises(ValueError, match=r"a\.parquet: not a readable parquet"):
        read(tmp_path / "a.parquet", DOCUMENTS)


def test_missing_file_and_folder(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="run the stage that writes documents"):
        read(tmp_path / "a.parquet", DOCUMENTS)
    with pytest.raises(FileNotFoundError, match="dvc repro"):
        languages_in(tmp_path / "nowhere")


@pytest.mark.parametrize("name", ["xxx_Latn", "..", "deu_latn", "de;rm"])
def test_files_of_unknown_languages_are_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / f"{name}.parquet").touch()
    with pytest.raises(ValueError, match="unknown language"):
        languages_in(tmp_path)


def test_an_error_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(RuntimeError), replacing(path) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_metrics_are_sorted_and_rounded(tmp_path: Path) -> None:
    write_metrics(tmp_path / "m.json", {"b": 1 / 3, "a": {"d": [0.123456], "c": 1}})
    text = (tmp_path / "m.json").read_text()
    assert text.index('"a"') < text.index('"b"') and text.index('"c"') < text.index('"d"')
    assert read_metrics(tmp_path / "m.json") == {"a": {"c": 1, "d": [0.1235]}, "b": 0.3333}


@pytest.mark.parametrize("text", ["a\0b", "a\ud800b"])
def test_unusable_text(text: str) -> None:
    with pytest.raises(ValueError, match=r"passage p .* at code point 1"):
        check_text(text, "passage p")


@given(texts(max_size=100))
def test_usable_text(text: str) -> None:
    check_text(text, "x")


@pytest.mark.parametrize("ends", [(-1, 2), (2, 2), (3, 2)])
def test_impossible_spans(ends: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="expected 0 <= start < end"):
        Span(*ends, "x")


@given(st.lists(st.sampled_from(["keep", "short", "language"])))
def test_seen_is_kept_and_dropped(decisions: list[str]) -> None:
    tally = Tally()
    for decision in decisions:
        tally.keep() if decision == "keep" else tally.drop(decision)
    assert tally.seen == len(decisions) == tally.kept + sum(tally.dropped.values())
    assert (tally + tally).seen == 2 * tally.seen
