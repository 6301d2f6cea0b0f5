"""Which passages of a corpus stay: long enough, in the language, not seen before, not personal.

Documents are cut and looked at batch by batch, in any process (`Cleaning`); what is a copy of what
is found afterwards, over all languages, by sorting keys on disk (`clean`).
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from xxhash import xxh3_64_intdigest

from finerweb.compute.batches import Batch, batches
from finerweb.corpus.contamination import KNOB, EvaluationTexts
from finerweb.corpus.duplicates import Repeats, Signatures
from finerweb.corpus.identification import accept, load_identifier
from finerweb.corpus.ngrams import Hashes
from finerweb.corpus.passages import cut
from finerweb.corpus.personal import mask, personal
from finerweb.corpus.scripts import share_in_script
from finerweb.gold.files import files
from finerweb.languages import language
from finerweb.params.passages import PassagesParams
from finerweb.records import Document, Passage
from finerweb.tables.candidates import CANDIDATES
from finerweb.tables.documents import DOCUMENTS
from finerweb.tables.io import Row, check, languages_in, stream_tables, writing
from finerweb.tables.passages import PASSAGES
from finerweb.tables.rows import document, passage_row
from finerweb.tally import Tally

AT_ONCE = 1000
"""Documents in a batch."""


@dataclass(frozen=True, slots=True)
class Cleaning:
    """Cuts documents and says of each passage why it is dropped, but for copies."""

    params: PassagesParams
    identifier: Path

    def __post_init__(self) -> None:
        """Refuse evaluation sets that are not there, before a process is started.

        Raises:
            FileNotFoundError: there is no such file, or none of the split.
        """
        for one in self.params.evaluation_texts:
            files(one.path, one.split, KNOB)

    def load(self) -> Callable[[pa.Table], pa.Table]:
        """Return the function from a table of documents to one of candidates."""
        cleaner = _Cleaner(self.params, self.identifier)

        def candidates(documents: pa.Table) -> pa.Table:
            rows = [row for d in documents.to_pylist() for row in cleaner.rows(document(d))]
            return pa.Table.from_pylist(rows, schema=CANDIDATES.schema)

        return candidates


class _Cleaner:
    def __init__(self, params: PassagesParams, identifier: Path) -> None:
        near = params.near_duplicates
        self._params = params
        self._identify = _nothing
        if params.language_check != "none":
            self._identify = load_identifier(identifier)
        self._evaluation = EvaluationTexts(params.evaluation_texts, params.evaluation_words)
        self._signatures = Signatures(near.bands, near.rows, near.words) if near.bands else None

    def rows(self, document: Document) -> Iterator[Row]:
        """Yield the rows of a document's passages; one without text where it has no words."""
        is_empty = True
        for passage, words in cut(document, self._params.words):
            is_empty = False
            reason, passage = self._look(passage, words)
            if reason is None:
                yield passage_row(passage) | self._keys(passage.text, words)
            else:
                yield _dropped(passage, reason)
        if is_empty:
            part = document.part or "corpus"
            empty = Passage(f"{document.document_id}#0", document.document_id, document.language,
                            "", 0, 0, part, rank=document.rank)  # fmt: skip
            yield _dropped(empty, "no words")

    def _look(self, passage: Passage, words: Hashes) -> tuple[str | None, Passage]:
        """Return why the passage is dropped, if it is, and the passage as it is kept."""
        params = self._params
        text, code = passage.text, passage.language
        if passage.n_words < params.min_words:
            return "too short", passage
        if share_in_script(text, language(code).script) < params.min_script_share:
            return "script", passage
        if not accept(text, code, params.language_check, self._identify):
            return "language", passage
        if self._evaluation.share_a_run(words):
            return "evaluation text", passage
        found = personal(text)
        if found and params.personal_data == "drop":
            return "personal data", passage
        if found and params.personal_data == "mask":
            text = mask(text, found)
        return None, replace(passage, text=text, personal=found) if found else passage

    def _keys(self, text: str, words: Hashes) -> Row:
        exact = xxh3_64_intdigest(" ".join(text.lower().split()).encode())
        near = self._signatures.keys(words) if self._signatures else words[:0]
        return {"reason": None, "exact": exact, "near": near}


def _nothing(text: str) -> tuple[str | None, float]:
    return None, 0.0


def _dropped(passage: Passage, reason: str) -> Row:
    row = passage_row(replace(passage, text="", gold=None))
    return row | {"reason": reason, "exact": None, "near": None}


def document_batches(documents: Path) -> Iterator[Batch]:
    """Yield the documents of all languages in batches, none of two languages.

    Raises:
        FileNotFoundError, ValueError: as `finerweb.tables.io.read`.
    """
    for code in languages_in(documents):
        path = documents / f"{code}.parquet"
        check(path, DOCUMENTS)
        yield from batches(path, AT_ONCE)


def clean(candidates: Iterable[pa.Table], out: Path, scratch: Path) -> dict[str, Tally]:
    """Write the passages of all languages that stay, and return the counts by reason.

    ``candidates`` are what `Cleaning` makes of the `document_batches`, in their order. Of copies,
    exact (white space and case apart) or near, the first one stays: languages in the order of their
    codes, documents in that of their ranks. ``scratch`` is an empty folder for what is needed
    meanwhile: the candidates, and 16 bytes a key.

    Raises:
        ValueError: no passage of a language's corpus part stays.
    """
    codes = []
    n = 0
    with closing(Repeats(scratch / "exact")) as exact, closing(Repeats(scratch / "near")) as near:
        for code, tables in groupby(candidates, key=lambda table: table["language"][0].as_py()):
            codes.append(code)
            with writing(scratch / f"{code}.parquet", CANDIDATES) as append:
                for table in tables:
                    append(table)
                    _note(table, n, exact, near)
                    n += len(table)
        repeated = exact.found(n), near.found(n)
    return _write(codes, scratch, out, *repeated)


def _note(table: pa.Table, first: int, exact: Repeats, near: Repeats) -> None:
    """Note the keys of the candidates, numbered on from ``first``."""
    numbers = np.arange(first, first + len(table), dtype=np.int64)
    keys = table["exact"].combine_chunks()
    exact.add(keys.drop_null().to_numpy(), numbers[keys.is_valid().to_numpy(zero_copy_only=False)])
    lists = table["near"].combine_chunks()
    owners = np.repeat(numbers, pc.fill_null(lists.value_lengths(), 0).to_numpy())
    near.add(lists.flatten().to_numpy(), owners)


def _write(
    codes: Iterable[str], scratch: Path, out: Path, exact: np.ndarray, near: np.ndarray
) -> dict[str, Tally]:
    tallies = {}
    begin = 0
    for code in codes:
        tallies[code], n_corpus = Tally(), 0
        with writing(out / f"{code}.parquet", PASSAGES) as append:
            for table in stream_tables(scratch / f"{code}.parquet", CANDIDATES):
                end = begin + len(table)
                kept = _kept(table, exact[begin:end], near[begin:end], tallies[code])
                n_corpus += pc.sum(pc.equal(kept["part"], "corpus")).as_py() or 0
                append(kept)
                begin = end
        if not n_corpus:
            raise ValueError(
                f"{code}: no passage of the corpus stays: {tallies[code].seen} seen, dropped "
                f"{dict(tallies[code].dropped)}; look at the section passages of params.yaml"
            )
    return tallies


def _kept(table: pa.Table, exact: np.ndarray, near: np.ndarray, tally: Tally) -> pa.Table:
    """Return the passages that stay, and count all of them."""
    copy = np.where(exact, "duplicate", np.where(near, "near duplicate", ""))
    reasons = pc.coalesce(table["reason"], pa.array(copy, pa.string()))
    for row in reasons.value_counts().to_pylist():
        if row["values"]:
            tally.drop(row["values"], row["counts"])
    kept = table.filter(pc.equal(reasons, "")).select(PASSAGES.schema.names)
    tally.keep(len(kept))
    return kept
