"""From params to a language's sample: own JSON lines or parquet, FineWeb-2 and FineWeb."""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from finerweb.corpus import jsonl
from finerweb.corpus.files import File, find
from finerweb.corpus.parquet import check_file, check_group, read_group
from finerweb.corpus.sampling import file_hash, group_hash, sample
from finerweb.params.documents import (
    ENGLISH,
    FINEWEB,
    DocumentsParams,
    Files,
    FineWeb,
    Jsonl,
    Parquet,
)
from finerweb.records import Document
from finerweb.tally import Tally

FINEWEB_2_FILES = "data/{language}/train/*.parquet"
FOOTERS_AT_A_TIME = 8
BUFFER_BYTES = 2**20
"""Read of a column at a time."""


def sample_language(
    code: str, params: DocumentsParams, folder: Path, fetched: Path
) -> tuple[list[Document], Tally]:
    """Return a language's sampled documents, and the counts by reason.

    JSON lines in ``folder`` are read whole, and a bad line is an error: they are the user's own.
    Of parquet files only as many row groups are read as it takes, and a row that cannot be used is
    counted and left out: of web text there is always some. What is fetched is kept in ``fetched``.

    Raises:
        FileNotFoundError: there are no files for the language.
        ValueError: a file is not what it should be, or no document is left for the corpus.
        OSError: a file cannot be read.
    """
    quotas = (params.rating_documents, params.corpus_documents)
    if isinstance(params.source, Jsonl):
        documents = jsonl.read_jsonl(jsonl.find(folder, code), code)
        return sample(documents, params.seed, *quotas)
    tally = Tally()
    read = _read(code, params.source, params.seed, sum(quotas), fetched, tally)
    documents_kept, sampled = sample(read, params.seed, *quotas)
    return documents_kept, sampled + tally


def _read(
    code: str, source: Parquet | FineWeb, seed: int, quota: int, fetched: Path, tally: Tally
) -> Iterator[Document]:
    """Yield the usable documents of the first row groups, oversample times the quota of them."""
    layout, columns = _layout(source, code)
    files = find(layout, code, fetched)
    files.sort(key=lambda file: file_hash(seed, layout.revision, file.name))
    ids: set[str] = set()
    for file, index in _groups(files[: source.max_files], columns, seed, layout.revision):
        if len(ids) >= source.oversample * quota:
            return
        for document in _documents(file, index, columns, code, tally):
            if document.document_id in ids:
                tally.drop("same id")
                continue
            ids.add(document.document_id)
            yield document
    if not ids:
        raise ValueError(
            f"{layout.root}: no usable document for {code} in {len(files)} files: {tally.seen} "
            f"rows seen, dropped {dict(tally.dropped)}"
        )


def _layout(source: Parquet | FineWeb, code: str) -> tuple[Files, dict[str, str]]:
    """Return where a language's files are, and their columns."""
    if isinstance(source, Parquet):
        return source, source.columns.names()
    if code == ENGLISH and source.english is not None:
        return source.english, FINEWEB.names()
    files = Files(root=source.root, revision=source.revision, files=FINEWEB_2_FILES)
    return files, FINEWEB.names()


def _groups(
    files: list[File], columns: Mapping[str, str], seed: int, revision: str
) -> list[tuple[File, int]]:
    """Return the row groups of files in the order they are read in."""

    def n_groups(file: File) -> int:
        footer = file.footer()
        check_file(footer, columns, file.url)
        return int(footer.num_row_groups)

    with ThreadPoolExecutor(FOOTERS_AT_A_TIME) as pool:
        counts = list(pool.map(n_groups, files))
    found = [
        (group_hash(seed, revision, file.name, index), number, index)
        for number, (file, n) in enumerate(zip(files, counts, strict=True))
        for index in range(n)
    ]
    return [(files[number], index) for _, number, index in sorted(found)]


def _documents(
    file: File, index: int, columns: Mapping[str, str], code: str, tally: Tally
) -> Iterator[Document]:
    """Yield the usable documents of a row group."""
    footer = file.footer()
    names = set(columns.values())
    check_group(footer, index, names, file.url)
    if not footer.row_group(index).num_rows:
        return
    part = file.group(footer, index, names)
    try:
        with part:
            opened = pq.ParquetFile(part, metadata=footer, buffer_size=BUFFER_BYTES)
            yield from read_group(opened, index, columns, code, tally)
    except (pa.ArrowException, ValueError) as error:
        raise ValueError(f"{file.url}, {error}") from error
