"""Which split a document is in: by a hash of its id, and nothing else.

So it is in the same one in every language, variant and run, however the corpus grows. A larger
share takes documents from `train` alone: `test` grows from the lowest hashes up, `validation` from
the highest down.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pyarrow as pa

from finerweb.params.release import Shares

TRAIN, VALIDATION, TEST = SPLITS = ("train", "validation", "test")
BITS = 48
"""Of the hash that are looked at: so many that a float holds them exactly."""


def file_of(split: str) -> str:
    """Return the name of a split's file in a language's folder."""
    return f"{split}-00000-of-00001.parquet"


def split_of(document_id: str, shares: Shares) -> str:
    """Return the split that a document is in, all its passages and sentences with it."""
    # Not the hash that documents are sampled by: the smallest of those are all there are.
    digest = hashlib.sha256(f"split\0{document_id}".encode()).digest()
    place = int.from_bytes(digest[: BITS // 8], "big") / 2**BITS
    if place < shares.test:
        return TEST
    return VALIDATION if place >= 1 - shares.validation else TRAIN


def divided(table: pa.Table, shares: Shares) -> dict[str, pa.Table]:
    """Return the rows of each split that has some, in their order."""
    documents = table["document_id"].to_pylist()
    own = {document: split_of(document, shares) for document in set(documents)}
    rows = {
        s: table.filter(pa.array([own[document] == s for document in documents])) for s in SPLITS
    }
    return {split: part for split, part in rows.items() if len(part)}


def misplaced(parts: Mapping[str, pa.Table], shares: Shares) -> Iterator[str]:
    """Yield the rows, by split, that are in another split than their document's hash says.

    A document that is in two splits is in one that is not its own.
    """
    if set(parts) <= {TRAIN} and not shares.validation and not shares.test:
        return
    places = {split: table["document_id"].to_pylist() for split, table in parts.items()}
    own = {one: split_of(one, shares) for documents in places.values() for one in documents}
    for split, documents in places.items():
        stray = {one for one in documents if own[one] != split}
        for name, one in zip(parts[split]["id"].to_pylist(), documents, strict=True):
            if one in stray:
                others = [other for other in parts if other != split and one in places[other]]
                also = f", and is in {', '.join(sorted(others))} too" if others else ""
                yield f"{name}: is in {split}; its document {one} goes to {own[one]}{also}"


def read_splits(
    folder: Path, read: Callable[[Path], tuple[pa.Table | None, list[str]]]
) -> tuple[dict[str, pa.Table] | None, list[str]]:
    """Return what ``read`` says of each split's file: the rows, and what is wrong.

    The rows are None where those of one file are.
    """
    parts: dict[str, pa.Table] = {}
    faults: list[str] = []
    for name in map(file_of, SPLITS):
        if (folder / name).is_file():
            rows, found = read(folder / name)
            faults += [f"{name}: {fault}" for fault in found]
            if rows is None:
                return None, faults
            parts[name.partition("-")[0]] = rows
    return parts, faults


def where(release: Path, folder: str) -> str:
    """Return where a language's rows are: the one file of the folder, or the folder of several."""
    there = [name for name in map(file_of, SPLITS) if (release / folder / name).is_file()]
    return f"{folder}/{there[0]}" if len(there) == 1 else folder
