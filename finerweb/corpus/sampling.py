"""Sampling by hash: independent of order, library version and worker count."""

import hashlib
from collections.abc import Iterable
from dataclasses import replace

from finerweb.records import Document
from finerweb.tally import Tally


def sample_hash(seed: int, document_id: str) -> str:
    """Return what documents are sampled by: the hex sha256 of seed and id."""
    return hashlib.sha256(f"{seed}\0{document_id}".encode()).hexdigest()


def sample(
    documents: Iterable[Document], seed: int, n_rating: int, n_corpus: int
) -> tuple[list[Document], Tally]:
    """Return the sampled documents, those for ratings disjoint from those to filter.

    A document's own ``part`` is kept where its source names one; the others are dealt out in the
    order of their hashes, ratings first, never one that carries gold. Of each part the documents
    of the smallest hashes stay. The result is in the order of the hashes, ratings first.

    Raises:
        ValueError: no document is left for the corpus.
    """
    parts: dict[str, list[Document]] = {"rating": [], "corpus": []}
    tally = Tally()
    ordered = sorted(documents, key=lambda d: sample_hash(seed, d.document_id))
    for document in ordered:
        part = document.part or _part(document, len(parts["rating"]) < n_rating)
        if len(parts[part]) < (n_rating if part == "rating" else n_corpus):
            parts[part].append(replace(document, part=part))
            tally.keep()
        else:
            tally.drop("over quota")
    if not parts["corpus"]:
        raise ValueError(
            f"{ordered[0].language if ordered else 'a language'}: of {tally.seen} documents "
            f"none is left for the corpus, {len(parts['rating'])} are to "
            "be rated: add documents, or lower documents.rating_documents in params.yaml"
        )
    kept = parts["rating"] + parts["corpus"]
    return [replace(document, rank=i) for i, document in enumerate(kept)], tally


def _part(document: Document, more_ratings: bool) -> str:
    return "rating" if more_ratings and document.gold is None else "corpus"
