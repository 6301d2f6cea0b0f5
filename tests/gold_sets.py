"""Human-labelled sets for tests: read from a few lines, or from a file of the hub."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from finerweb.gold.sets import GoldSet, read_set
from finerweb.params.evaluate import GoldSetParams

NAMES = ["O", "B-PERSON", "I-PERSON", "B-LOCATION"]


def hub_file(path: Path, tags: list[list[Any]], told: dict[str, Any]) -> Path:
    words = [["อันนา", " ", "ศรี", "ถึง", "เชียงใหม่"][: len(row)] for row in tags]
    table = pa.table({"words": words, "ner": tags})
    metadata = {"huggingface": json.dumps({"info": {"features": told}})}
    pq.write_table(table.replace_schema_metadata(metadata), path)
    return path


def params(path: Path | None, kind: str, /, **changes: Any) -> GoldSetParams:
    given = {"name": kind, "kind": kind, "path": path, "language": "swh_Latn", "split": None}
    return GoldSetParams.model_validate(given | {"types": None, "labels": None} | changes)


def read(tmp_path: Path, text: str | bytes, kind: str, **changes: Any) -> GoldSet:
    path = tmp_path / "test.txt"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    overlaps = changes.pop("overlaps", "longest")
    return read_set(params(path, kind, **changes), overlaps)


def found(gold: GoldSet) -> list[list[tuple[str, str]]]:
    return [[(one.text[s.start : s.end], s.type) for s in one.spans] for one in gold.texts]
