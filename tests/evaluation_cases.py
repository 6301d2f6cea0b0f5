"""Params of `evaluate`, and passages in three scripts with a name in each as their gold."""

from typing import Any

from texts import SENTENCES

from finerweb.params.evaluate import EvaluateParams
from finerweb.records import Passage, Span

NULLS = dict.fromkeys(["path", "language", "split", "types", "labels"])
NAMES = {
    "deu_Latn": ("Latn", "Anna Müller"),
    "tha_Thai": ("Thai", "อันนา"),
    "cmn_Hani": ("Hani", "安娜"),
}


def params(*sets: dict[str, Any], **changes: Any) -> EvaluateParams:
    given = {"predictors": {}, "overlaps": "longest", "shared_words": 8, "resamples": 50}
    named = [NULLS | one for one in sets or ({"name": "sample", "kind": "sample"},)]
    return EvaluateParams.model_validate(
        given | {"sets": named, "confidence": 0.9, "seed": 0} | changes
    )


def passages() -> list[Passage]:
    made = []
    for code, (script, name) in NAMES.items():
        text = SENTENCES[script]
        gold = (Span(text.index(name), text.index(name) + len(name), "person"),)
        made += [
            Passage(f"{code}-{i}#0", f"{code}-{i}", code, text, 0, 9, "corpus", gold=gold, rank=i)
            for i in range(2)
        ]
    return made
