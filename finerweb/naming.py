"""Asking what a concept is called in a language, and what of a reply may be a name.

A concept is what some annotator wrote, and a reply what some model did: both are untrusted. The
one goes into the prompt as a JSON string, the other is a name only where nothing speaks against it.
"""

import json
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from finerweb.corpus.scripts import script_name, share_in_script
from finerweb.languages import language
from finerweb.lexicon import lexicon
from finerweb.llm import google_engine
from finerweb.llm.canaries import Canary
from finerweb.llm.requests import Reply, Request
from finerweb.llm.schemas import MAX_NAME, translation
from finerweb.llm.templates import render, version
from finerweb.normalisation import singular, spelling
from finerweb.params.translate import LlmTranslator
from finerweb.translation import ENGLISH

KNOWN = (
    ("country", "fra_Latn", "pays"),
    ("city", "deu_Latn", "stadt"),
    ("island", "por_Latn", "ilha"),
)
"""Concepts of which any translator worth asking knows most; no prompt shows them."""
SHOWN = ("person", "organization", "date", "event", "product")
"""Concepts of the lexicon that prompts show."""
ELSEWHERE = (
    ("river", "spa_Latn", "río"),
    ("award", "ukr_Cyrl", "нагорода"),
    ("book", "fas_Arab", "کتاب"),
    ("flower", "tur_Latn", "çiçek"),
)
"""What prompts show for a language that the lexicon does not have."""
N_SHOWN = 4
LEAST_IN_SCRIPT = 0.5
"""Of a name's letters; foreign ones stand in some ("Webサイト")."""
JOINERS = "\u200c\u200d"
"""Which Persian and the scripts of India are spelt with."""
AROUND = " \t\r\n.,:;!?\"'`“”„‘’«»「」。।،؛"
SEVERAL = "/|,;،、；，؛"
"""What separates names where a model gave more than one."""


@dataclass(frozen=True, slots=True)
class Task:
    """A text to translate, and the codes of the languages from which and into which."""

    text: str
    source: str
    target: str


def name_in(text: str) -> str:
    """Return the name in a reply's text: composed, without the marks around it."""
    return unicodedata.normalize("NFC", text.strip(AROUND))


def refusal(name: str, task: Task) -> str:
    """Return why a text cannot be the name that a task asks for; nothing where it can."""
    script = language(task.target).script
    is_new = task.source == ENGLISH
    tests = (
        ("empty", not name),
        ("unusable characters", not all(map(_is_usable, name))),
        ("too long", len(name) > MAX_NAME),
        ("several", any(mark in name and mark not in task.text for mark in SEVERAL)),
        ("as it was", is_new and name == task.text),
        ("other script", share_in_script(name, script) < LEAST_IN_SCRIPT),
        ("holds the English", is_new and script != "Latn" and task.text in name.casefold()),
    )
    return next((reason for reason, is_so in tests if is_so), "")


def _is_usable(character: str) -> bool:
    """Return whether a name may have it: no controls and line ends; no marks but the joiners."""
    category = unicodedata.category(character)
    return (category[0] not in "C" and category not in ("Zl", "Zp")) or character in JOINERS


def shown(task: Task) -> list[tuple[Task, str]]:
    """Return the tasks that a prompt shows with their names: of the same languages if there are.

    The lexicon's, or else some of other languages; never the task itself.
    """
    code = task.source if task.target == ENGLISH else task.target
    names = lexicon().get(code)
    pairs = [(c, code, names[c]) for c in SHOWN] if names else list(ELSEWHERE)
    if task.target == ENGLISH:
        found = [(Task(name, there, ENGLISH), concept) for concept, there, name in pairs]
    else:
        found = [(Task(concept, ENGLISH, there), name) for concept, there, name in pairs]
    return [one for one in found if one[0] != task][:N_SHOWN]


def _line(task: Task) -> str:
    text = json.dumps(task.text, ensure_ascii=False)
    return f"From {_described(task.source)} to {_described(task.target)}: {text}"


def llm_request(task: Task, params: LlmTranslator) -> Request:
    """Return the request for a task to a language model, to a chat model or to a base model."""
    template = "translate_chat.jinja" if params.chat else "translate_base.jinja"
    known = [f"{_line(one)}\n{json.dumps(name, ensure_ascii=False)}" for one, name in shown(task)]
    prompt = render(template, examples="\n\n".join(known), task=_line(task))
    return Request(
        subject=f"{task.source}-{task.target}: {task.text}",
        messages=(("user", prompt),) if params.chat else None,
        prompt=None if params.chat else prompt,
        max_tokens=params.max_tokens,
        schema=translation(params.structured),
        template=version(template),
    )


def _described(code: str) -> str:
    """Return a language as a prompt names it: "Thai (ไทย, in Thai script)"."""
    one = language(code)
    if code == ENGLISH:
        return one.name
    return f"{one.name} ({one.autonym}, in {script_name(one.script)} script)"


def read_json(reply: str) -> str:
    """Return the string that a reply is, or is around in an object or a list; else all of it."""
    try:
        value = json.loads(reply, strict=False)
    except (ValueError, RecursionError):
        return reply
    inside = list(value.values()) if isinstance(value, dict) else value
    if isinstance(inside, list) and len(inside) == 1:
        value = inside[0]
    return value if isinstance(value, str) else reply


def google_request(task: Task) -> Request | None:
    """Return the request for a task to Google; None where it does not know one of the languages."""
    source, target = language(task.source).google, language(task.target).google
    if source is None or target is None:
        return None
    subject = f"{task.source}-{task.target}: {task.text}"
    return google_engine.request(subject, task.text, source, target)


@dataclass(frozen=True, slots=True)
class Manner:
    """How a translator is asked.

    ``request`` is what a task becomes, None where it cannot be asked; ``read`` takes the name out
    of a reply's text; ``shown`` tells what the prompt showed, since small models repeat that.
    """

    request: Callable[[Task], Request | None]
    read: Callable[[str], str]
    shown: Callable[[Task], Sequence[tuple[Task, str]]]
    canaries: Sequence[Canary] = ()

    def refusal(self, name: str, task: Task) -> str:
        """Return why a text cannot be the name that a task asks for; nothing where it can.

        On the way back an example may be right: the concept may be the one it shows.
        """
        if task.source == ENGLISH and any(name == other for _, other in self.shown(task)):
            return "as an example"
        return refusal(name, task)


def by_llm(params: LlmTranslator) -> Manner:
    """Return how a language model is asked: with examples, and with canaries before all else."""
    canaries = [
        Canary(llm_request(Task(concept, ENGLISH, code), params), name, partial(_has, name))
        for concept, code, name in KNOWN
    ]
    return Manner(partial(llm_request, params=params), read_json, shown, canaries)


def by_google() -> Manner:
    """Return how Google is asked: with the text as it is."""
    return Manner(google_request, str, lambda task: ())


def _has(name: str, reply: Reply) -> bool:
    return name in read_json(reply.text).casefold()


def is_same_concept(name: str, concept: str) -> bool:
    """Return whether a name is a concept's, whatever its spelling and number.

    >>> is_same_concept("Sports-Teams", "sports team")
    True
    """
    spelled = spelling(name)
    return concept in (spelled, singular(spelled, {concept})) or spelled == singular(
        concept, {spelled}
    )
