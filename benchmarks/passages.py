"""The stage `passages`, end to end: documents in parquet to passages in parquet, and its steps.

    python benchmarks/passages.py [--documents 20000]

Input: documents made of the sentences of 90 languages' texts (FINERWEB_TEST_DATA), or of the
sample's where those are absent, in another mix each. One core. The floor is reading and writing the
same tables, and cutting alone.
"""

import json
import os
import resource
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import click

from finerweb.compute.batches import read
from finerweb.corpus.cleaning import AT_ONCE, Cleaning, clean, document_batches
from finerweb.corpus.contamination import EvaluationTexts
from finerweb.corpus.duplicates import Signatures
from finerweb.corpus.identification import load_identifier
from finerweb.corpus.passages import cut
from finerweb.corpus.personal import personal
from finerweb.corpus.scripts import share_in_script
from finerweb.corpus.segmentation import sentence_starts
from finerweb.languages import language
from finerweb.models import resolve
from finerweb.params.load import load
from finerweb.params.passages import EvaluationSet, PassagesParams
from finerweb.records import Document
from finerweb.tables.documents import DOCUMENTS
from finerweb.tables.io import stream, writing
from finerweb.tables.rows import document, document_row, passage_row

import pyarrow as pa  # isort: skip
import itertools

TEXTS = Path(os.environ.get("FINERWEB_TEST_DATA", "../shared/data")) / "passages"
CHARACTERS = 1200


def sentences(path: Path) -> list[str]:
    """Return the sentences of a file of documents."""
    found = []
    for line in path.read_text("utf-8").splitlines():
        text = json.loads(line)["text"]
        starts = [*sentence_starts(text).tolist(), len(text)]
        found += [text[a:b] for a, b in itertools.pairwise(starts)]
    return found


def make(folder: Path, n: int) -> int:
    """Write n documents of the texts' sentences; return their size in bytes."""
    texts = TEXTS if TEXTS.is_dir() else Path("sample/documents")
    # Of a language that lid.176 does not know, it takes all texts for another's.
    paths = [path for path in sorted(texts.glob("*.jsonl")) if language(path.stem).lid176]
    size = 0
    for path in paths:
        pool, random = sentences(path), Random(path.stem)
        with writing(folder / f"{path.stem}.parquet", DOCUMENTS) as append:
            for begin in range(0, n // len(paths), AT_ONCE):
                rows = []
                for rank in range(begin, min(begin + AT_ONCE, n // len(paths))):
                    text = ""
                    while len(text) < CHARACTERS:
                        text += random.choice(pool).strip() + " "
                    size += len(text.encode())
                    name = f"{path.stem}{rank}"
                    rows.append(document_row(Document(name, path.stem, text, "corpus", rank=rank)))
                append(pa.Table.from_pylist(rows, schema=DOCUMENTS.schema))
    return size


def steps(folder: Path, params: PassagesParams) -> Iterator[tuple[str, Callable[[], int]]]:
    """Yield each step of the stage alone, on a thousand documents of several languages."""
    documents = [
        document(row)
        for path in sorted(folder.glob("*.parquet"))[:: max(len(list(folder.glob("*"))) // 10, 1)]
        for row in islice(stream(path, DOCUMENTS), 100)
    ]
    found = [pair for d in documents for pair in cut(d, params.words)]
    passages = [passage for passage, _ in found]
    identify = load_identifier(resolve(params.identifier))
    signatures = Signatures(14, 8, 5)
    evaluation = EvaluationTexts(params.evaluation_texts, params.evaluation_words)
    rows = [passage_row(passage) for passage in passages]

    def each(function: Callable[..., object], items: list[Any]) -> Callable[[], int]:
        return lambda: len([function(item) for item in items])

    yield "cut", lambda: len([p for d in documents for p in cut(d, params.words)])
    yield "script", each(lambda p: share_in_script(p.text, language(p.language).script), passages)
    yield "language", each(lambda p: identify(p.text), passages)
    yield "evaluation texts", each(lambda pair: evaluation.share_a_run(pair[1]), found)
    yield "personal data", each(lambda p: personal(p.text), passages)
    yield "near-duplicate keys", each(lambda pair: signatures.keys(pair[1]), found)
    yield "rows", each(passage_row, passages)
    yield "arrow", lambda: len(pa.Table.from_pylist(rows))


@click.command()
@click.option("--documents", default=20_000, help="How many.")
def main(documents: int) -> None:
    """Measure and print."""
    params = load("passages", PassagesParams)
    plain = params.near_duplicates.model_copy(update={"bands": 0})
    gold = Path(os.environ.get("FINERWEB_TEST_DATA", "../shared/data")) / "gold"
    files = sorted(gold.glob("uner/*/*.iob2"))
    sets = [EvaluationSet(kind="uner", path=path, split=None) for path in files]
    everything = params.model_copy(update={"evaluation_texts": sets, "personal_data": "mask"})
    with TemporaryDirectory() as name:
        folder = Path(name)
        size = make(folder / "documents", documents)
        click.echo(f"{documents:,} documents, {size / 1e9:.2f} GB of text, {len(sets)} test sets")
        for what, how in (
            ("every check", everything),
            ("no near duplicates", everything.model_copy(update={"near_duplicates": plain})),
        ):
            for part in ("out", "scratch"):
                (folder / what / part).mkdir(parents=True)
            begun = time.perf_counter()
            work = Cleaning(how, resolve(how.identifier))
            candidates = map(work.load(), map(read, document_batches(folder / "documents")))
            tallies = clean(candidates, folder / what / "out", folder / what / "scratch")
            took = time.perf_counter() - begun
            seen = sum(tally.seen for tally in tallies.values())
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
            click.echo(f"{what:20} {seen / took:8,.0f} passages/s, peak {peak:.2f} GiB")
        for step, function in steps(folder / "documents", everything):
            begun = time.process_time()
            n = function()
            click.echo(f"  {step:20} {(time.process_time() - begun) / n * 1e6:8.0f} us each")


if __name__ == "__main__":
    main()
