"""Own JSON lines: packed or not, and what can be wrong with a file; lines: test_bad_input."""

import gzip
import json
from pathlib import Path

import pyarrow as pa
import pytest
from texts import SENTENCES

from finerweb.corpus import jsonl
from finerweb.records import Provenance

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
