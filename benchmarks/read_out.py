"""Which read-out of a rating tells useful from useless passages, and where yes counts half.

    python benchmarks/read_out.py

Input: the rating part of the corpus that `dvc repro passages` cut. The documents with even numbers
choose (`yes_at` of params.yaml is fitted to them), those with odd numbers judge.
"""

from itertools import pairwise
from pathlib import Path
from statistics import fmean

import click

from finerweb import rating
from finerweb.llm.answers import Answers
from finerweb.params.llm import LlmParams
from finerweb.params.load import load
from finerweb.params.raters import RaterParams
from finerweb.records import Passage
from finerweb.tables.io import read_languages
from finerweb.tables.passages import PASSAGES
from finerweb.tables.rows import passage

RATER = "qwen"


def main() -> None:
    """Ask by both read-outs, and print."""
    params = load(f"raters.{RATER}", RaterParams)
    passages = [
        chosen
        for _, rows in read_languages(Path("data/passages"), PASSAGES)
        for chosen in rating.one_a_document(map(passage, rows))
    ]
    with Answers("read_out", params, load("llm", LlmParams)) as answers:
        compare(passages, answers, params)


def compare(passages: list[Passage], answers: Answers, params: RaterParams) -> None:
    """Ask, and print the areas, and where each criterion's yes separates best."""
    for read_out in ("criteria", "digit"):
        asking = params.model_copy(update={"read_out": read_out})
        answers.ask(lambda a=asking: [r for p in passages for r in rating.questions(p, a)])
        for name, half in (("even", 0), ("odd", 1)):
            chosen = [p for p in passages if number(p) % 2 == half]
            ratings = [
                (
                    bool(p.useful),
                    rating.read(answers.of(rating.questions(p, asking)), asking).rating,
                )
                for p in chosen
            ]
            area = rating.roc_auc([(useful, value or 0.0) for useful, value in ratings])
            click.echo(f"{read_out:10} {name:5} {len(chosen)} passages, ROC-AUC {area:.3f}")
    even = [p for p in passages if number(p) % 2 == 0]
    for i, criterion in enumerate(rating.CRITERIA):
        yes = [
            (rating.probability_of_yes(answers[rating.questions(p, params)[i]]) or 0.0, p.useful)
            for p in even
        ]
        click.echo(f"yes at {best_cut(yes):.2f}  {criterion}")


def number(passage: Passage) -> int:
    """Return the number of a sample document, 7 of `deu_Latn-07`."""
    return int(passage.document_id.rpartition("-")[2])


def best_cut(values: list[tuple[float, bool | None]]) -> float:
    """Return the middle of the cuts that tell most passages right."""
    levels = sorted({value for value, _ in values})
    cuts = [(a + b) / 2 for a, b in pairwise(levels)]
    right = {cut: sum((value > cut) == useful for value, useful in values) for cut in cuts}
    best = max(right.values())
    return fmean(cut for cut in cuts if right[cut] == best)


if __name__ == "__main__":
    main()
