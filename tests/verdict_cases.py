"""Judges that are scripted, and what they are shown: passages in six scripts."""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from asking import MODEL, Scripted

from finerweb.judging import Case, cases
from finerweb.llm.requests import Reply, Request
from finerweb.params.judge import JudgeParams
from finerweb.params.judges import JudgeModel
from finerweb.records import Passage, Span

JUDGE = JudgeModel(
    **MODEL.model_dump() | {"chat": True, "model": "served:scripted", "engine": "openai"},
    max_listed=4,
    max_explanation=0,
    max_tokens=100,
)
SETTINGS: dict[str, Any] = {
    "judges": ["qwen"],
    "variant": "merged-single",
    "passages": 2,
    "planted": 2,
    "gold": 2,
    "shares": {"missing": 0.2, "wrong": 0.2, "extra": 0.2},
    "seed": 0,
    "resamples": 200,
}
PARAMS = JudgeParams.model_validate(SETTINGS)
WORDS = {
    "eng_Latn": "Anna Müller|person, Oslo|city, Rhine|river, 3 May|date, Acme|company",
    "rus_Cyrl": "Анна Каренина|person, Тула|city, Волга|river, 3 мая|date, Заря|company",
    "arb_Arab": "آنا|person, القاهرة|city, النيل|river, ٣ مايو|date, الأهرام|company",
    "hin_Deva": "अन्ना|person, वाराणसी|city, गंगा|river, ३ मई|date, टाटा|company",
    "tha_Thai": "อันนา|person, เชียงใหม่|city, แม่ปิง|river, ๓ พฤษภาคม|date, ไทยพีบีเอส|company",
    "cmn_Hani": "安娜|person, 成都|city, 长江|river, 五月三日|date, 华为|company",
}
"""The entities of a language's first passage; the second's are the same with a sign behind them."""
TRUTH: dict[str, dict[str, str]] = {}


def passage(code: str, number: int, gold: bool = True) -> Passage:
    """Return a passage that names the words of its language, which is noted as the truth."""
    sign = "" if number == 0 else "₁₂₃"[number - 1]
    pairs = [pair.split("|") for pair in WORDS[code].split(", ")]
    text, spans = "", []
    for surface, kind in pairs:
        spans.append(Span(len(text) + 2, len(text) + 2 + len(surface + sign), kind))
        text += f"« {surface}{sign} ».".replace("« ", "« ")
    TRUTH[text] = {text[span.start : span.end]: span.type for span in spans}
    name = f"{code}-{number}#0"
    return Passage(name, name[:-2], code, text, 0, 9, "corpus", gold=tuple(spans) if gold else None)


def variant_row(one: Passage, gold: Sequence[Span] = ()) -> dict[str, Any]:
    """Return the row of a single-label variant with a passage's gold as its entities."""
    spans = [{"start": s.start, "end": s.end, "label": s.type} for s in gold or one.gold or ()]
    return {"id": one.passage_id, "text": one.text, "char_spans": spans}


def shown(code: str, params: JudgeParams = PARAMS, n: int = 3) -> list[Case]:
    """Return what a judge is shown of a language of n passages, all annotated rightly."""
    passages = [passage(code, number) for number in range(n)]
    return cases(code, [variant_row(one) for one in passages], passages, params)


class Judge(Scripted):
    """A judge that sees every fault (``perfect``), none (``blind``), or says what it is told to."""

    def __init__(self, how: str) -> None:
        super().__init__()
        self.how = how

    def replies(self, requests: Iterable[Request]) -> Iterator[tuple[Request, Reply]]:
        for request in requests:
            self.asked.append(request.text)
            says = {"perfect": perfect, "blind": blind}.get(self.how)
            text = json.dumps(says(request.text), ensure_ascii=False) if says else self.how
            yield request, Reply(text, "stop", 10, 5, "scripted")


def perfect(prompt: str) -> dict[str, Any]:
    """Return the verdict of who knows the truth."""
    quoted = re.search(r'"""\n(.*)\n"""\nAnnotations: (.*)', prompt, re.DOTALL)
    text, annotations = (quoted[1], quoted[2]) if quoted else ("", "[]")
    truth = TRUTH.get(text, {})
    given = dict(json.loads(annotations))
    missing = [[surface, kind] for surface, kind in truth.items() if surface not in given]
    extra = [[surface, kind] for surface, kind in given.items() if surface not in truth]
    wrong = [[s, truth[s]] for s, kind in given.items() if s in truth and kind != truth[s]]
    return {
        "missing_annotations": missing,
        "extra_annotations": extra,
        "wrong_annotations": wrong,
        "faithfulness": 3 if extra or wrong else 5,
        "completeness": 3 if missing else 5,
    }


def blind(prompt: str) -> dict[str, Any]:
    """Return the verdict of who is content with everything."""
    lists = {f"{kind}_annotations": [] for kind in ("missing", "extra", "wrong")}
    return {**lists, "faithfulness": 5, "completeness": 5}
