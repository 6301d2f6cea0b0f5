"""From annotations to a release at the paper's scale: each stage on a corpus made for it.

    python benchmarks/dataset.py [--share 0.02] [--folder FOLDER]

Input: passages of the sentences of 90 languages' texts (FINERWEB_TEST_DATA), or of the sample's
where those are absent; the paper's passages, mentions a passage and number of types, of which 23 %
of the mentions stand nowhere in their passage, times the share. With a folder the corpus is kept
there. The stages run as `dvc repro` runs them, one after the other.
"""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import dropwhile
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import click
import numpy as np
import pyarrow as pa
from passages import TEXTS, sentences

from finerweb.records import Passage
from finerweb.report.statistics import paper
from finerweb.tables.annotations import ANNOTATIONS
from finerweb.tables.confidence import CONFIDENCE
from finerweb.tables.entities import ENTITIES
from finerweb.tables.io import Row, read_table, write
from finerweb.tables.passages import SELECTED
from finerweb.tables.rows import passage_row

ANNOTATORS = {"qwen": ("gpt4o_mini", 4), "gemma": ("gemma3_27b", 3)}
"""Names as in params.yaml: which of the paper's two it stands for; and one of how many of its types
is used in one language alone, which makes for the paper's number of types over all languages."""
HEAD = ("person", "organization", "location", "date", "quantity", "event", "product", "concept")
UNGROUNDABLE = 0.23
AGREED = 0.7
"""So many of the first annotator's mentions the second lists too, half of them by another type."""
Pair = tuple[int, str, str]


@dataclass(slots=True)
class Types:
    """Draws type names, by a power law over an annotator's own types and the head they share."""

    code: str
    n: int
    period: int
    random: Random

    def draw(self) -> str:
        """Return one: about half of all mentions have a type of the head."""
        place = int(self.n ** self.random.random())
        if place <= len(HEAD) * 4:
            return HEAD[place % len(HEAD)]
        owner = self.period if place % self.period else self.code
        return f"{HEAD[place % len(HEAD)]} of kind {place} {owner}"


def words(text: str) -> list[tuple[int, str]]:
    """Return what may be mentioned: runs of letters, three in scripts without blanks."""
    found, at = [], 0
    for word in text.split():
        at = text.index(word, at)
        size = len(word) if len(word) < 20 else 3
        found += [(at + i, word[i : i + size]) for i in range(0, len(word), size)]
        at += len(word)
    return found


def mentions(text: str, n: int, types: Types, agreed: list[Pair], random: Random) -> list[Pair]:
    """Return (place, surface, type) in text order."""
    known = [
        (at, surface, kind if random.random() < 0.5 else types.draw())
        for at, surface, kind in agreed
        if random.random() < AGREED
    ]
    places = random.sample(words(text), k=min(max(n - len(known), 0), len(words(text))))
    known += [(at, surface, types.draw()) for at, surface in places]
    return sorted(known)


def rows(code: str, n: int, pool: list[str]) -> Iterator[tuple[Passage, dict[str, list[Pair]]]]:
    """Yield passages of a language with each annotator's mentions."""
    random = Random(code)
    figures = paper()[code]
    types = {
        name: Types(code, int(figures[f"types_{which}"]), period, random)
        for name, (which, period) in ANNOTATORS.items()
    }
    for i in range(n):
        text = ""
        while len(text) < figures["characters"]:
            text += random.choice(pool).strip() + " "
        passage = Passage(
            f"{code}-{i:06}#0", f"{code}-{i:06}", code, text, 0, 256, "corpus", rank=i
        )
        listed: dict[str, list[Pair]] = {}
        for name, (which, _) in ANNOTATORS.items():
            mean = figures[f"labels_{which}"]
            count = max(round(random.gauss(mean, mean / 3)), 0)
            agreed = [pair for found in listed.values() for pair in found]
            listed[name] = mentions(text, count, types[name], agreed, random)
        yield passage, listed


def annotation_row(passage: Passage, name: str, listed: list[Pair], random: Random) -> Row:
    """Return the row of a reply; some of the mentions are made up."""
    reply = [
        [f"{surface}ǁ{at}" if random.random() < UNGROUNDABLE else surface, kind]
        for at, surface, kind in listed
    ]
    return {
        "passage_id": passage.passage_id,
        "annotator": name,
        "reply": json.dumps(reply, ensure_ascii=False),
        "finish_reason": "stop",
        "retried": False,
        "n_prompt_tokens": 0,
        "n_output_tokens": 0,
    }


def make(folder: Path, share: float) -> tuple[int, int]:
    """Write `selected` and `annotations` of all languages; return the passages and mentions."""
    texts = TEXTS if TEXTS.is_dir() else Path("sample/documents")
    n_passages = n_mentions = 0
    for code, figures in paper().items():
        path = texts / f"{code}.jsonl"
        if not path.is_file():
            continue
        made = list(rows(code, round(figures["passages"] * share), sentences(path)))
        n_passages += len(made)
        selected = [passage_row(passage) | {"quality_score": 0.9} for passage, _ in made]
        write(folder / "selected" / f"{code}.parquet", selected, SELECTED)
        for name in ANNOTATORS:
            random = Random(f"{code} {name}")
            replies = [
                annotation_row(passage, name, listed[name], random) for passage, listed in made
            ]
            n_mentions += sum(len(listed[name]) for _, listed in made)
            write(folder / "annotations" / name / f"{code}.parquet", replies, ANNOTATIONS)
    return n_passages, n_mentions


def stand_in(folder: Path) -> None:
    """Write a `confidence` drawn by chance and the sample's verdicts: no model is asked here."""
    shutil.copy("metrics/verdicts.json", folder / "metrics" / "verdicts.json")
    random = np.random.default_rng(0)
    for path in sorted((folder / "entities").glob("*.parquet")):
        entities = read_table(path, ENTITIES)
        n = len(entities)
        drawn = pa.array(random.random(n, np.float32))
        columns = {name: entities[name] for name in ENTITIES.key} | {
            "fold": pa.array(np.zeros(n, np.int32)),
            "probabilities": pa.nulls(n, pa.list_(pa.float32())),
            "confidence": drawn,
            "spread": pa.array(np.zeros(n, np.float32)),
            "reason": pa.nulls(n, pa.string()),
        }
        made = pa.table(columns, schema=CONFIDENCE.schema)
        write(folder / "confidence" / path.name, made, CONFIDENCE)


def stage(name: str, folder: Path, item: str | None = None, **paths: str) -> tuple[str, ...]:
    """Return a stage's command."""
    what = f"{name}/{item}" if item else name
    options = {option: folder / path for option, path in paths.items()}
    options["metrics"] = folder / "metrics" / f"{what}.json"
    words = [word for option, path in options.items() for word in (f"--{option}", str(path))]
    return (what, sys.executable, "-m", f"stages.{name}", *words)


def stages(folder: Path) -> Iterator[tuple[str, ...]]:
    """Yield the commands from grounding to the release."""
    for item in ANNOTATORS:
        yield stage(
            "ground", folder, item, annotations=f"annotations/{item}", selected="selected",
            out=f"grounded/{item}",
        )  # fmt: skip
    said = Path("finerweb/resources/type_overrides.csv").absolute()
    yield stage("types", folder, grounded="grounded", overrides=str(said), out="types")
    yield stage(
        "merge", folder, grounded="grounded", selected="selected", types="types", out="entities"
    )
    yield stage(
        "labels", folder, grounded="grounded", entities="entities", types="types", out="labels"
    )
    yield stage("translate", folder, grounded="grounded", types="types", out="label_translations")
    yield stage(
        "variants", folder, selected="selected", grounded="grounded", entities="entities",
        types="types", translations="label_translations", out="variants",
    )  # fmt: skip
    yield stage("statistics", folder, variants="variants", plots="plots")
    yield stage(
        "release", folder, variants="variants", confidence="confidence", figures="metrics",
        out="release",
    )  # fmt: skip
    command = Path(sys.executable).with_name("finerweb")
    yield "verify", str(command), "verify", str(folder / "release"), "--no-outputs"


@click.command()
@click.option("--share", default=0.02, help="Of the paper's passages.")
@click.option("--folder", type=click.Path(path_type=Path), help="Where the corpus is, or goes.")
@click.option("--begin", default="ground/qwen", help="The first stage to run, in a folder that is.")
def main(share: float, folder: Path | None, begin: str) -> None:
    """Measure and print."""
    with ExitStack() as stack:
        home = folder or Path(stack.enter_context(TemporaryDirectory()))
        if not (home / "selected").is_dir():
            n, n_mentions = make(home, share)
            click.echo(f"{n:,} passages, {n_mentions:,} mentions of two annotators")
        (home / "metrics").mkdir(exist_ok=True)
        total = 0.0
        for what, *command in dropwhile(lambda one: one[0] != begin, stages(home)):
            if what == "release":
                stand_in(home)
            begun = time.perf_counter()
            process = subprocess.Popen(command)
            _, status, used = os.wait4(process.pid, 0)
            if status:
                raise SystemExit(f"{what} failed")
            took = time.perf_counter() - begun
            total += took
            cpu = used.ru_utime + used.ru_stime
            peak = used.ru_maxrss / 2**20
            click.echo(f"{what:14} {took:7.1f} s ({cpu:.1f} s of processor), peak {peak:.2f} GiB")
        click.echo(f"{'in all':14} {total:7.1f} s")


if __name__ == "__main__":
    main()
