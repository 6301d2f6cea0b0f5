"""What stages would take before their input is there: by the quotas of params.yaml.

Texts are taken to have `BYTES_A_WORD`, web documents `BYTES_A_DOCUMENT`; once passages are there,
`finerweb plan` counts instead.
"""

from collections.abc import Sequence

from finerweb import annotation, judging, rating
from finerweb.ablation import ARMS
from finerweb.llm.plan import BYTES_A_TOKEN, Plan
from finerweb.llm.requests import Request
from finerweb.params.annotate import AnnotateParams
from finerweb.params.annotators import AnnotatorParams
from finerweb.params.documents import DocumentsParams, Jsonl
from finerweb.params.filter import FilterParams
from finerweb.params.filter_ablation import FilterAblationParams
from finerweb.params.judge import JudgeParams
from finerweb.params.judges import JudgeModel
from finerweb.params.llm import LlmParams
from finerweb.params.load import load
from finerweb.params.models import ServedModel
from finerweb.params.passages import PassagesParams
from finerweb.params.raters import RaterParams
from finerweb.records import Mention, Passage

BYTES_A_WORD = 10
"""UTF-8 bytes to an ICU word and what stands around it, over public texts of 90 languages."""
WORDS_ANNOTATED = 100
"""Of a passage of 256, with their types: of 30 mentions, as the paper's passages have."""
BYTES_A_DOCUMENT = 1880
"""Of FineWeb-2's parquet: 9.4 TB for 5 billion documents."""


def asking(stage: str, item: str = "") -> Plan:
    """Return what an instance of a stage would ask at most, answers of before not counted.

    The stage is `rate`, `annotate`, `judge`, or `filter_ablation`, which has no instances.

    Raises:
        ValueError: the params are no good.
    """
    documents = load("documents", DocumentsParams)
    quota = load("filter", FilterParams).quota
    if stage == "filter_ablation":
        ablation = load("filter_ablation", FilterAblationParams)
        item, quota = ablation.annotator, len(ARMS) * ablation.passages
    words = load("passages", PassagesParams).words
    text = "x" * (BYTES_A_WORD * words)
    passage = Passage(item, item, documents.languages[0], text, 0, words, "corpus")
    if stage == "rate":
        rater = load(f"raters.{item}", RaterParams)
        n = documents.rating_documents
        model: ServedModel = rater
        requests: Sequence[Request] = rating.questions(passage, rater)
    elif stage == "judge":
        model, n, requests = _judging(item, passage)
    else:
        annotator = load(f"annotators.{item}", AnnotatorParams)
        n = min(quota, documents.corpus_documents)
        brief = annotation.Brief(annotator, load("annotate", AnnotateParams).types)
        model, requests = annotator, [annotation.request(passage, brief)]
    return _plan(f"{stage}@{item}, {model.model}", requests, n * len(documents.languages), model)


def _judging(name: str, passage: Passage) -> tuple[ServedModel, int, list[Request]]:
    """Return the judge, how many verdicts of a language, and the request for one."""
    params, judge = load("judge", JudgeParams), load(f"judges.{name}", JudgeModel)
    annotations = (Mention("x" * (BYTES_A_WORD * WORDS_ANNOTATED), ""),)
    case = judging.Case(
        passage.passage_id, passage.language, passage.text, judging.VARIANT, annotations
    )
    n = min(params.passages, load("filter", FilterParams).quota)
    return judge, n + min(params.planted, n) + params.gold, [judging.request(case, judge)]


def _plan(what: str, requests: Sequence[Request], n: int, model: ServedModel) -> Plan:
    params = load("llm", LlmParams)
    prompt = round(n * sum(len(request.text.encode()) for request in requests) / BYTES_A_TOKEN)
    output = n * sum(request.max_tokens for request in requests)
    money = params.money(model.model, model.engine, prompt, output)
    total = n * len(requests)
    return Plan(what, total, total, prompt, output, 0, 0, money, None, model.engine == "openai")


def download() -> float:
    """Return about how many bytes of documents would be fetched; 0 where they are here already."""
    params = load("documents", DocumentsParams)
    if isinstance(params.source, Jsonl) or "://" not in params.source.root:
        return 0.0
    documents = (params.rating_documents + params.corpus_documents) * len(params.languages)
    return float(documents * params.source.oversample * BYTES_A_DOCUMENT)
