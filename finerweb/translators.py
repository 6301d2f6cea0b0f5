"""Who translates types: the bundled lexicon, a language model, Google Cloud Translation.

Each is asked once for a concept and a language, and only for what those before it have no name
for. What a model gives is untrusted: a name that cannot be one is refused, with a reason.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from finerweb.lexicon import lexicon
from finerweb.llm import google_engine
from finerweb.llm.answers import Answers, Starter
from finerweb.llm.engines import start
from finerweb.llm.google_engine import UNSUPPORTED
from finerweb.llm.plan import Plan
from finerweb.llm.requests import Reply, Request
from finerweb.naming import Manner, Task, by_google, by_llm, is_same_concept, name_in
from finerweb.params.models import Model
from finerweb.params.translate import TranslateParams
from finerweb.translation import BY_GOOGLE, BY_LLM, ENGLISH, LEXICAL, Name, Names, Return


@dataclass(frozen=True, slots=True)
class Said:
    """A translator's word on a task: a name, or why it is refused, or neither: it knows none."""

    name: str = ""
    refused: str = ""


class Translator(Protocol):
    """One of `finerweb.translation.TRANSLATORS`."""

    @property
    def by(self) -> str:
        """Return its name."""

    def say(self, tasks: Sequence[Task]) -> Mapping[Task, Said]:
        """Return its word on each task."""

    def plan(self, tasks: Sequence[Task]) -> Plan | None:
        """Return what asking it would take; None where it takes nothing."""


class Lexicon:
    """The bundled lexicon; a name that two concepts have leads back to neither."""

    by = LEXICAL

    def say(self, tasks: Sequence[Task]) -> dict[Task, Said]:
        """Return what the lexicon has for each task."""
        return {task: Said(self._name(task)) for task in tasks}

    def plan(self, tasks: Sequence[Task]) -> Plan | None:
        """Return None: it is here."""
        return None

    def _name(self, task: Task) -> str:
        if task.target != ENGLISH:
            return lexicon().get(task.target, {}).get(task.text, "")
        names = lexicon().get(task.source, {})
        meant = [concept for concept, name in names.items() if name == task.text]
        return meant[0] if len(meant) == 1 else ""


class Asked:
    """A translator that is asked through the reply store."""

    def __init__(self, by: str, answers: Answers, manner: Manner) -> None:
        """Note whose replies they are, and how it is asked."""
        self.by = by
        self._answers = answers
        self._manner = manner

    def say(self, tasks: Sequence[Task]) -> dict[Task, Said]:
        """Ask what was never asked before, and return what came for each task.

        Raises:
            ValueError, OSError, KeyboardInterrupt: as `Answers.ask`.
        """
        requests = self._requests(tasks)
        self._answers.ask(lambda: requests.values(), self._manner.canaries)
        replies = self._answers.of(list(requests.values()))
        said = dict.fromkeys(tasks, Said(refused=UNSUPPORTED))
        for task, reply in zip(requests, replies, strict=True):
            said[task] = self._said(task, reply)
        return said

    def plan(self, tasks: Sequence[Task]) -> Plan:
        """Return what asking these tasks would take."""
        return self._answers.plan(self._requests(tasks).values())

    def _requests(self, tasks: Sequence[Task]) -> dict[Task, Request]:
        # In one order, so that what is alike is asked one after the other.
        ordered = sorted(tasks, key=lambda task: (task.source, task.target, task.text))
        found = ((task, self._manner.request(task)) for task in ordered)
        return {task: request for task, request in found if request is not None}

    def _said(self, task: Task, reply: Reply) -> Said:
        if reply.finish_reason != "stop":
            is_cut = reply.finish_reason == "length"
            return Said(refused="cut off" if is_cut else reply.finish_reason)
        name = name_in(self._manner.read(reply.text))
        reason = self._manner.refusal(name, task)
        return Said(refused=reason) if reason else Said(name)


def translators(
    params: TranslateParams, answers: Callable[[str, Model, Starter], Answers]
) -> list[Translator]:
    """Return those that params name, in their order.

    ``answers`` opens the replies of a model, by who asks, the model and what starts it.
    """
    found: list[Translator] = []
    for by in params.by:
        if by == BY_LLM:
            asked = answers(BY_LLM, params.llm, start)
            found.append(Asked(BY_LLM, asked, by_llm(params.llm)))
        elif by == BY_GOOGLE:
            asked = answers(BY_GOOGLE, params.google, google_engine.start)
            found.append(Asked(BY_GOOGLE, asked, by_google()))
        else:
            found.append(Lexicon())
    return found


def names(
    wanted: Mapping[str, Collection[str]], by: Sequence[Translator], back: bool
) -> dict[str, Names]:
    """Return, by language, what the translators call its concepts; with ``back``, and back again.

    Raises:
        ValueError, OSError, KeyboardInterrupt: as `Answers.ask`.
    """
    found = {code: Names() for code in wanted}
    for translator in by:
        said = translator.say(_missing(wanted, found))
        for task, word in said.items():
            if word.refused:
                found[task.target].refused[translator.by, word.refused] += 1
            elif word.name:
                found[task.target].given[task.text] = Name(word.name, translator.by)
        if back:
            given = {task: word.name for task, word in said.items() if word.name}
            _back(given, translator, found)
    return found


def _missing(wanted: Mapping[str, Collection[str]], found: Mapping[str, Names]) -> list[Task]:
    return [
        Task(concept, ENGLISH, code)
        for code, concepts in sorted(wanted.items())
        for concept in sorted(concepts)
        if concept not in found[code].given
    ]


def _back(given: Mapping[Task, str], translator: Translator, found: Mapping[str, Names]) -> None:
    """Have names translated back by whoever gave them."""
    ways = {task: Task(name, task.target, task.source) for task, name in given.items()}
    said = translator.say(list(dict.fromkeys(ways.values())))
    for task, way in ways.items():
        back = said[way].name or None
        is_same = back is not None and is_same_concept(back, task.text)
        name = Name(way.text, translator.by)
        found[task.target].returns.append(Return(task.text, name, back, is_same))


def plans(
    wanted: Mapping[str, Collection[str]], by: Sequence[Translator], back: bool, form: str
) -> Iterator[str]:
    """Yield what asking would take, in a form of `Plan.told`: at most, as nobody's word is known.

    As text it says too that nobody is asked, and what the way back takes.
    """
    bundled = [translator for translator in by if isinstance(translator, Lexicon)]
    tasks = _missing(wanted, names(wanted, bundled, back=False))
    found = [plan for translator in by if (plan := translator.plan(tasks)) is not None]
    yield from (plan.told(form) for plan in found)
    if form == "text" and not found:
        yield "translate: nobody is asked"
    if form == "text" and found and back:
        yield "  and at most as many requests for the way back (translate.back)"
