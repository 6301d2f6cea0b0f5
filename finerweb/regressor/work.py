"""Scoring a corpus with a regressor, spread over workers."""

import os
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from finerweb.compute.batches import Function, batches
from finerweb.compute.mapping import map_batches
from finerweb.params.compute import ComputeParams
from finerweb.records import Passage
from finerweb.regressor.folder import Regressor, load
from finerweb.tables.io import check, languages_in, stream
from finerweb.tables.passages import PASSAGES
from finerweb.tables.rows import passage

COLUMNS = ("text", "part")
SCORES = pa.schema([("quality_score", pa.float64())])


@dataclass(frozen=True, slots=True)
class Scoring:
    """The quality score of each passage of the corpus part; null for the others."""

    regressor: Path
    tokens: int
    precision: str

    def load(self) -> Function:
        """Return the function from a batch of passages to their scores.

        Raises:
            OSError: the worker was given a GPU, and PyTorch cannot use it.
        """
        import torch

        # How a sum is split over threads changes its last digits, so a worker has one; on two
        # cores two workers are as fast as one with two threads.
        torch.set_num_threads(1)
        regressor = load(self.regressor, self.precision)
        gpus = os.environ.get("CUDA_VISIBLE_DEVICES")
        if torch.cuda.is_available():
            regressor.model.to("cuda")
        elif gpus:
            raise OSError(
                f"a worker was given GPU {gpus}, but this PyTorch ({torch.__version__}) cannot use "
                "it: activate an environment for GPUs (docs/gpu.md), or set "
                "compute.gpus_per_worker to 0"
            )
        return lambda table: _score(table, regressor, self.tokens)


def _score(table: pa.Table, regressor: Regressor, tokens: int) -> pa.Table:
    rows = table.to_pylist()
    texts = [row["text"] for row in rows if row["part"] == "corpus"]
    scores = iter(regressor.qualities(texts, tokens))
    column = [next(scores) if row["part"] == "corpus" else None for row in rows]
    return pa.table({"quality_score": column}, schema=SCORES)


def scored_languages(
    passages: Path, work: Scoring, rows: int, params: ComputeParams, what: str
) -> Iterator[tuple[str, Iterator[tuple[Passage, float]]]]:
    """Yield each language of a passage table with its corpus passages and their scores, in order.

    Nothing is held but the batches under way; a language's passages are to be read before the next
    language is taken, what is left of them then is lost.

    Raises:
        FileNotFoundError, ValueError: as `finerweb.tables.io.read`, before anything is scored.
        ValueError, OSError, RuntimeError: as `map_batches`.
    """
    files = {code: passages / f"{code}.parquet" for code in languages_in(passages)}
    for path in files.values():
        check(path, PASSAGES)
    todo = [batch for path in files.values() for batch in batches(path, rows, COLUMNS)]
    with closing(map_batches(work, todo, params, what)) as results:
        scores = (score for table in results for score in table["quality_score"].to_pylist())
        for code, path in files.items():
            of_language = islice(scores, pq.read_metadata(path).num_rows)
            pairs = zip(stream(path, PASSAGES), of_language, strict=True)
            yield code, ((passage(row), score) for row, score in pairs if score is not None)
            for _ in pairs:
                pass
