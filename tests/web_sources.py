"""Sources for tests: the params of each kind, and what is sampled of a folder."""

import sys
from pathlib import Path
from typing import Any

import yaml

from finerweb.corpus.sources import sample_language
from finerweb.params.documents import DocumentsParams
from finerweb.records import Document
from finerweb.tally import Tally

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
