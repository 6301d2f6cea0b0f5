"""Sampling by hash: independent of order, library version and worker count."""

import hashlib
import heapq
from collections.abc import Iterable
from dataclasses import replace

from finerweb.records import Document
from finerweb.tally import Tally


def sample_hash(seed: int, document_id: str) -> str:
    """Return what documents are sampled by: the hex sha256 of seed and id."""
    return hashlib.sha256(f"{seed}\0{document_id}".encode()).hexdigest()


def group_hash(seed: int, revision: str, path: str, index: int) -> str:
    """Return what row groups are read in the order of: the hex sha256 of what names one."""
    return hashlib.sha256(f"{seed}\0{revision}\0{path}\0{index}".encode()).hexdigest()


def file_hash(seed: int, revision: str, path: str) -> str:
    """Return what files are chosen by, where not all are read."""
    return hashlib.sha256(f"{seed}\0{revision}\0{path}".encode()).hexdigest()


def sample(
    documents: Iterable[Document], seed: int, n_rating: int, n_corpus: int
) -> tuple[list[Document], Tally]:
    """Return the sampled documents, those for ratings disjoint from those to filter.

    A document's own ``part`` is kept where its source names one; the others are dealt out in the
    order of their hashes, ratings first, never one that carries gold. Of each part the documents
    of the smallest hashes stay. The result is in the order of the hashes, ratings first. No more
    than ``2 * (n_rating + n_corpus)`` documents are held at a time.

    Raises:
        ValueError: no document is left for the corpus, or an id comes twice among those that
            could have been sampled.
    """
    # Dealt out in the order of the hashes, each kind fills its parts with its smallest.
    pools = {
        "rating": _Smallest(n_rating),
        "corpus": _Smallest(n_corpus),
        "either": _Smallest(n_rating + n_corpus),
    }
    n_seen = 0
    for document in documents:
        n_seen += 1
        kind = document.part or ("either" if document.gold is None else "corpus")
        pools[kind].offer(sample_hash(seed, document.document_id), document)
    parts = _deal(_merged(pools.values()), n_rating, n_corpus)
    kept = parts["rating"] + parts["corpus"]
    if not parts["corpus"]:
        raise ValueError(
            f"{kept[0].language if kept else 'a language'}: of {n_seen} documents "
            f"none is left for the corpus, {len(parts['rating'])} are to "
            "be rated: add documents, or lower documents.rating_documents in params.yaml"
        )
    tally = Tally()
    tally.keep(len(kept))
    tally.drop("over quota", n_seen - len(kept))
    return [replace(document, rank=i) for i, document in enumerate(kept)], tally


def note_ids(documents: Iterable[Document], noted: dict[str, str]) -> None:
    """Note of each document its id and language: what comes later goes by ids, in all languages.

    Raises:
        ValueError: another language has a document of this id.
    """
    for document in documents:
        name, code = document.document_id, document.language
        if noted.setdefault(name, code) != code:
            raise ValueError(
                f"id {name!r} is in {noted[name]} and in {code}; expected an id for each document "
                f"of all languages, as in {f'{code}-{name}'!r}"
            )


class _Smallest:
    """The documents of the smallest hashes among those offered, ``n`` at most."""

    def __init__(self, n: int) -> None:
        self.n = n
        self.documents: dict[str, Document] = {}
        self.twice: set[str] = set()
        self._largest_first: list[tuple[int, str]] = []

    def offer(self, key: str, document: Document) -> None:
        """Take a document in if its hash is small enough, and let the largest go."""
        if key in self.documents:
            self.twice.add(key)
            return
        entry = (-int(key, 16), key)
        if len(self.documents) < self.n:
            heapq.heappush(self._largest_first, entry)
        elif entry > self._largest_first[0]:
            del self.documents[heapq.heapreplace(self._largest_first, entry)[1]]
        else:
            return
        self.documents[key] = document


def _merged(pools: Iterable[_Smallest]) -> list[Document]:
    """Return the documents of all pools in the order of their hashes."""
    merged: dict[str, Document] = {}
    twice: set[str] = set()
    for pool in pools:
        twice |= (pool.twice & set(pool.documents)) | (set(merged) & set(pool.documents))
        merged |= pool.documents
    if twice:
        raise ValueError(
            f"id {merged[min(twice)].document_id!r} comes twice; expected an id for each document"
        )
    return [document for _, document in sorted(merged.items(), key=lambda item: item[0])]


def _deal(documents: Iterable[Document], n_rating: int, n_corpus: int) -> dict[str, list[Document]]:
    """Return the documents of each part, in their order, as many as there is room for."""
    room = {"rating": n_rating, "corpus": n_corpus}
    parts: dict[str, list[Document]] = {"rating": [], "corpus": []}
    for document in documents:
        rate = document.gold is None and len(parts["rating"]) < n_rating
        part = document.part or ("rating" if rate else "corpus")
        if len(parts[part]) < room[part]:
            parts[part].append(replace(document, part=part))
    return parts
