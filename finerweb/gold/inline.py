"""ThaiNER 1.5: text with marks around the entities, ``[PERSON]...[/PERSON]``, a text a line."""

import re
from collections.abc import Iterator
from pathlib import Path

from finerweb.gold.columns import lines
from finerweb.gold.records import Marked
from finerweb.records import Span

_MARK = re.compile(r"\[(/?)([A-Z_]+)\]")


def read_inline(path: Path) -> Iterator[Marked]:
    """Yield the texts of a file without their marks; entities may be nested.

    Raises:
        ValueError: a mark is not closed, or closed without being open.
    """
    for number, line in enumerate(lines(path), 1):
        if line.strip():
            yield _unmarked(line.strip(), f"{path}, line {number}")


def _unmarked(line: str, where: str) -> Marked:
    text, at = "", 0
    open_marks: list[tuple[str, int]] = []
    spans = []
    for mark in _MARK.finditer(line):
        text += line[at : mark.start()]
        at = mark.end()
        if not mark[1]:
            open_marks.append((mark[2], len(text)))
        elif not open_marks or open_marks[-1][0] != mark[2]:
            raise ValueError(
                f"{where}: {mark[0]} at character {mark.start()} closes nothing that is open"
            )
        else:
            kind, start = open_marks.pop()
            spans += [_trimmed(text, start, kind)] if text[start:].strip() else []
    if open_marks:
        raise ValueError(f"{where}: [{open_marks[-1][0]}] is not closed before the line ends")
    return Marked(where, text + line[at:], tuple(sorted(spans)))


def _trimmed(text: str, start: int, kind: str) -> Span:
    inside = text[start:]
    begin = start + len(inside) - len(inside.lstrip())
    return Span(begin, start + len(inside.rstrip()), kind)
