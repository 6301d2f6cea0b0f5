"""Decontamination: what evaluation sets hold must not be trained on.

A passage that shares a run of words with an evaluation text is dropped. The texts are files of the
field: columns of tokens and tags (CoNLL-2003, MasakhaNER, Universal NER with ``# text =``), JSON
lines with ``text``, or plain text, ThaiNER's ``[PERSON]`` marks left out.
"""

import json
import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path

import numpy as np

from finerweb.corpus.ngrams import Hashes, ngrams
from finerweb.corpus.segmentation import words

_TAG = re.compile(r"O|[BIESLU]-\S+")
_MARK = re.compile(r"\[/?[A-Z_]+\]")
_SPACELESS = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")
"""Thai and Lao, Burmese, Khmer, kana, Han: their tokens are joined without blanks."""


class EvaluationTexts:
    """The runs of ``n`` words that evaluation sets hold."""

    def __init__(self, paths: Sequence[Path], n: int) -> None:
        """Read the files.

        Raises:
            FileNotFoundError: there is no such file.
            ValueError: a file has no text, or none with as many words.
        """
        self._n = n
        runs = [self._runs(path) for path in paths]
        self._known = np.unique(np.concatenate([*runs, np.zeros(0, np.uint64)]))

    def _runs(self, path: Path) -> Hashes:
        if not path.is_file():
            raise FileNotFoundError(
                f"{path}: no such file; passages.evaluation_texts in params.yaml names it"
            )
        found = [ngrams(words(text).hashes, self._n) for text in sentences(path)]
        runs: Hashes = np.concatenate([*found, np.zeros(0, np.uint64)])
        if not len(runs):
            raise ValueError(
                f"{path}: expected sentences of {self._n} words or more to look for, found none "
                f"in {len(found)} texts; is it a file of columns, JSON lines or plain text?"
            )
        return runs

    def share_a_run(self, passage: Hashes) -> bool:
        """Return whether words (by hash, in text order) hold a run that an evaluation text has."""
        if not len(self._known):
            return False
        runs = ngrams(passage, self._n)
        places = np.searchsorted(self._known, runs)
        places[places == len(self._known)] = 0
        return bool((self._known[places] == runs).any())


def sentences(path: Path) -> Iterator[str]:
    """Yield the texts of an evaluation file."""
    with path.open(encoding="utf-8-sig") as file:
        lines = (line.strip() for line in file)
        if path.suffix == ".jsonl":
            yield from (json.loads(line)["text"] for line in lines if line)
            return
        for is_blank, some in groupby(lines, key=lambda line: not line):
            if not is_blank:
                yield from _block(list(some))


def _block(lines: list[str]) -> Iterator[str]:
    """Yield the texts of lines without a blank one between them: a sentence in columns, or text."""
    told = [line.partition("=")[2].strip() for line in lines if line.startswith("# text =")]
    rows = [line for line in lines if not line.startswith("#")]
    if told or all(any(map(_TAG.fullmatch, line.split()[1:])) for line in rows):
        yield from told or [_joined([line.split()[0] for line in rows])]
    else:
        yield from (_MARK.sub("", line) for line in rows)


def _joined(tokens: list[str]) -> str:
    text = " ".join(tokens)
    return "".join(tokens) if _SPACELESS.search(text) else text
