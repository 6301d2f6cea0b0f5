"""A set of human-labelled texts, whatever its format: read, labelled, checked, counted."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from finerweb.flat import flat
from finerweb.gold.files import read_files
from finerweb.gold.labels import label_of, tables
from finerweb.gold.records import GoldReport, GoldText, Marked
from finerweb.languages import language
from finerweb.params.evaluate import GoldSetParams
from finerweb.records import Passage, Span

UNTABLED = ("spans", "dynamicner")
"""Kinds whose types are words already."""


@dataclass(frozen=True, slots=True)
class GoldSet:
    """A set's texts, in its order, and what was dropped; ``types`` are asked of a predictor."""

    name: str
    texts: tuple[GoldText, ...]
    types: tuple[str, ...]
    report: GoldReport


def read_set(params: GoldSetParams, overlaps: str) -> GoldSet:
    """Return a set that files hold.

    ``overlaps``: of spans that overlap the ``longest`` stays (of equally long ones the first), the
    others are counted; or ``all`` do. Texts of one id and one wording are one; so are empty ones
    none.

    Raises:
        FileNotFoundError: there is no such file, or none of the split.
        ValueError: a file is not as its format is, has a tag that no table knows, or two texts of
            one id; the message names the place. Or no text is left.
    """
    labels = _labels(params)
    builder = _Builder(params, overlaps)
    knob = f"evaluate.sets (the set {params.name})"
    for one in read_files(params.kind, params.path or Path(), params.split, knob):
        builder.add(one, one.language or params.language or "", labels)
    return builder.made()


def of_passages(params: GoldSetParams, passages: Iterable[Passage], overlaps: str) -> GoldSet:
    """Return the passages that have gold as a set: the sample's own, by default.

    Raises:
        ValueError: no passage has gold.
    """
    builder = _Builder(params, overlaps)
    for one in passages:
        if one.gold is not None:
            read = Marked(one.passage_id, one.text, one.gold, name=one.passage_id)
            builder.add(read, one.language, params.labels)
    return builder.made()


def _labels(params: GoldSetParams) -> Mapping[str, str] | None:
    """Return what the set's tags are called: by params, by its name, or by its kind."""
    if params.labels is not None:
        return params.labels
    known = tables()
    found = known.get(params.name) or known.get(params.kind)
    if found is None and params.kind not in UNTABLED:
        raise ValueError(
            f"set {params.name}: what its tags are called is not known; name it one of "
            f"{', '.join(known)}, or give `labels` in params.yaml, as in {{PER: person}}"
        )
    return found


class _Builder:
    """Takes the texts of a set one by one."""

    def __init__(self, params: GoldSetParams, overlaps: str) -> None:
        self._name = params.name
        self._types = params.types
        self._overlaps = overlaps
        self._texts: dict[str, GoldText] = {}
        self._report = GoldReport()

    def add(self, one: Marked, code: str, labels: Mapping[str, str] | None) -> None:
        report = GoldReport(repaired=one.repaired)
        report.spans.drop("not found in the text", one.lost)
        name = one.name or f"{self._name}-{code}-{self._report.texts.seen:06}"
        if not one.text.strip():
            report.texts.drop("empty")
        elif name in self._texts:
            self._same(name, one)
            report.texts.drop("repeated")
        else:
            spans = self._spans(one, labels, report)
            report.texts.keep()
            try:
                known = _known(code)
                self._texts[name] = GoldText(name, self._name, known, one.text, spans, one.tokens)
            except ValueError as error:
                raise ValueError(f"{one.where}: {error}") from error
        self._report += report

    def _same(self, name: str, one: Marked) -> None:
        if self._texts[name].text != one.text:
            raise ValueError(
                f"{one.where}: a second text with the id {name!r}, and another wording: "
                f"{one.text[:40]!r} after {self._texts[name].text[:40]!r}"
            )

    def _spans(
        self, one: Marked, labels: Mapping[str, str] | None, report: GoldReport
    ) -> tuple[Span, ...]:
        named = []
        for span in one.labelled(lambda tag, line: label_of(tag, labels, line)):
            if span and (self._types is None or span.type in self._types):
                named.append(span)
            else:
                report.spans.drop("not evaluated")
        kept = longest(named) if self._overlaps == "longest" else sorted(set(named))
        report.spans.keep(len(kept))
        report.spans.drop("overlaps another", len(named) - len(kept))
        return tuple(kept)

    def made(self) -> GoldSet:
        texts = tuple(self._texts.values())
        if not texts:
            raise ValueError(f"set {self._name}: expected texts with gold, found none")
        found = {span.type for text in texts for span in text.spans}
        return GoldSet(self._name, texts, tuple(self._types or sorted(found)), self._report)


def _known(code: str) -> str:
    """Return a FineWeb-2 code that is in the table."""
    if not code:
        raise ValueError(
            "expected a language, got none; say it in the line (`language`), or for the whole set "
            "in evaluate.sets of params.yaml"
        )
    return language(code).code


def longest(spans: Iterable[Span]) -> list[Span]:
    """Return spans of which no two overlap, in text order: of two the longer, then the first."""
    return flat(sorted(spans, key=lambda s: (s.start - s.end, s.start, s.type)))
