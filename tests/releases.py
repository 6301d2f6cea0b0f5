"""Small releases of two annotators and what was merged of them, in three languages."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from texts import SENTENCES
from viewed import viewed

from finerweb.corpus.sentences import icu
from finerweb.params.release import ReleaseParams, Shares
from finerweb.records import Passage, Span, single
from finerweb.release.card import Models, card
from finerweb.release.card_tables import read_card_metrics
from finerweb.release.folder import copy, finish, released
from finerweb.release.sentences import SUFFIX, cut, sentences
from finerweb.release.variants import KINDS, TRANSLATED
from finerweb.report.judges import PAPER
from finerweb.report.statistics import of_variant
from finerweb.tables.io import read_table, write, write_metrics
from finerweb.tables.variants import SINGLE

CONCEPTS = {kind: (kind,) for kind in ("person", "human", "time")}
NAMES = {"person": "人", "human": "人", "time": "時"}
CODES = {"eng_Latn": "Latn", "tha_Thai": "Thai", "hin_Deva": "Deva"}
TEXT = "Ana saw Rome. Nobody saw Ana go by car to the old town of Oslo last May."
MODELS = {"qwen": "mirror:a", "gemma": "mirror:b"}
JUDGED = {
    "of": "merged",
    "judge_is_annotator": ["qwen"],
    "faithfulness": 4.251,
    "completeness": None,
    "errors": {"missing": {"share": 0.1}, "extra": {"share": 0.25}, "wrong": {"share": None}},
    "recall": {"missing": 0.5, "extra": None, "wrong": 0.0},
}


def passages(code: str, n: int = 2) -> list[Passage]:
    """Return a language's passages, one a document, the first in its script."""
    texts = [SENTENCES[CODES[code]], *[TEXT] * (n - 1)]
    return [
        Passage(f"{code}{i}#0", f"{code}{i}", code, t, 0, 9, "corpus") for i, t in enumerate(texts)
    ]


def spans(text: str) -> list[Span]:
    """Return the spans that every annotator finds."""
    return [Span(0, 3, "person"), Span(len(text) - 3, len(text), "time"), Span(0, 3, "human")]


def make_variants(out: Path, n: int = 2, silent: Sequence[tuple[str, str]] = ()) -> None:
    """Write the variants; an annotator finds nothing in a language they are both ``silent`` in."""
    for annotator in ("gemma", "merged", "qwen"):
        for code in CODES:
            found = {
                p.passage_id: single("qwen" if annotator == "merged" else annotator, spans(p.text))
                for p in passages(code, n)
                if (annotator, code) not in silent
            }
            scored = [(p, 0.75) for p in passages(code, n)]
            for kind, (table, of_sentences) in KINDS.items():
                name = f"{annotator}-{kind}"
                rows, _ = viewed(scored, found, kind, True, CONCEPTS)
                write(out / name / f"{code}.parquet", rows, table)
                called, _ = viewed(scored, found, kind, True, CONCEPTS, NAMES)
                write(out / f"{name}{TRANSLATED}" / f"{code}.parquet", called, table)
                texts = rows["text"].to_pylist()
                made, _ = sentences(rows, of_sentences, cut(texts, icu(texts)))
                write(out / f"{name}{SUFFIX}" / f"{code}.parquet", made, of_sentences)


def make_metrics(variants: Path, out: Path) -> None:
    """Write what the stages before the release count, as far as it is told in the card."""
    figures = {
        name: of_variant(
            [
                (code, read_table(variants / f"{name}-single" / f"{code}.parquet", SINGLE))
                for code in sorted(CODES)
            ],
            top=3,
        )
        for name in ("gemma", "merged", "qwen")
    }
    scores = {"precision": 0.5, "recall": 0.25, "f1": 0.3333, "gold": 8, "predicted": 4}
    gold = {"passages": 2, "mention": scores, "coarse": scores, "typed": scores}
    mentions = {"seen": 40, "kept": 30, "dropped": {"not_found": 9, "out_of_order": 1}}
    grounded = {"mentions": mentions, "survival_rate": 0.75}
    agreement = {"exact": 0.5, "overlap": 0.6, "typed": 0.3, "type_given_span": 0.5}
    seen = {"seen": 6, "kept": 5, "dropped": {"no entity": 1}}
    inventory = {"entities": 12, "labels": 3, "labels_once": 1, "concepts": 2}
    translated = {"mentions": {"coverage": 0.8}, "n_collisions": 1}
    metrics: dict[str, Any] = {
        "statistics": {"ours": figures},
        "verdicts": {"ours": {"qwen": JUDGED}, "paper": PAPER},
        "merge": {
            "overall": {"gold": gold},
            "languages": {code: {"agreement": agreement} for code in CODES},
        },
        "types": {"written": 3, "not_latin": 1},
        "labels": dict.fromkeys(figures, inventory),
        "translate": {
            "overall": translated,
            "languages": {"eng_Latn": {"mentions": {"coverage": None}}},
        },
        "variants": {f"{name}-single": seen for name in figures}
        | {f"{name}-single{SUFFIX}": {"crossing": 1, "entities": 11} for name in figures},
    }
    for annotator in MODELS:
        languages = dict.fromkeys(CODES, grounded)
        metrics[f"ground/{annotator}"] = {
            "overall": grounded | {"gold": gold},
            "languages": languages,
        }
    for name, one in metrics.items():
        write_metrics(out / f"{name}.json", one)


def params(
    shares: tuple[float, float] = (0, 0), without: Sequence[str] = (), confidence: bool = False
) -> ReleaseParams:
    """Return the section, with shares of validation and test."""
    return ReleaseParams(
        name="x",
        licence="other",
        text_licence="CC0-1.0",
        licences={"qwen": "Apache-2.0", "gemma": "Gemma Terms of Use"},
        splits=Shares(validation=shares[0], test=shares[1]),
        without=list(without),
        confidence=confidence,
    )


def make_release(folder: Path, given: ReleaseParams, name: str = "release") -> Path:
    """Return a release of ``folder / "variants"``, as the stage makes it; the metrics beside it."""
    if not (folder / "metrics").is_dir():
        make_metrics(folder / "variants", folder / "metrics")
    names = given.included(list(MODELS))
    models = Models({name: MODELS[name] for name in names}, {"qwen": "mirror:a"})
    out = folder / name
    out.mkdir()
    variants = released(folder / "variants", names, given.without)
    sure = folder / "confidence" if given.confidence else None
    layout = copy(folder / "variants", variants, given.splits, out, sure)
    finish(card(given, layout, models, read_card_metrics(folder / "metrics", names)), out)
    return out
