"""Column files: a token and its tag a line, a blank line after each sentence.

CoNLL-2003 and WikiGold, MasakhaNER, PAN-X (tokens begin with ``en:``), KazNERD, and Universal NER,
which has numbers before the tokens and the text itself in ``# text =``. CoNLL-2003 and PAN-X could
not be had here: unverified, read as their papers and cards describe them.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from finerweb.gold.joining import found_in, joined
from finerweb.gold.records import Marked
from finerweb.gold.schemes import Run, Scheme, TaggedLine, runs, scheme_of
from finerweb.records import Span

_COMMENT = re.compile(r"#\s*(\w+)\s*=\s*(.*)")
_DOCUMENT = "-DOCSTART-"
# White space of other kinds may be part of a token.
_BLANKS = re.compile(r"[ \t]+")


@dataclass(frozen=True, slots=True)
class Layout:
    """Which columns hold token and tag; ``prefixed``: tokens begin with a language and a colon."""

    token: int = 0
    tag: int = -1
    comments: bool = False
    prefixed: bool = False


PLAIN = Layout()
PANX = Layout(prefixed=True)
UNER = Layout(token=1, tag=2, comments=True)


@dataclass(slots=True)
class _Sentence:
    where: str
    tokens: list[str] = field(default_factory=list)
    tags: list[TaggedLine] = field(default_factory=list)
    told: dict[str, str] = field(default_factory=dict)


def read_columns(path: Path, layout: Layout) -> Iterator[Marked]:
    """Yield the sentences of a file, with the spans that their tags say.

    Raises:
        ValueError: a line has too few columns, or the tags are of two schemes.
    """
    sentences = list(_sentences(path, layout))
    scheme = scheme_of(sentence.tags for sentence in sentences)
    for one in sentences:
        yield marked(
            one.where,
            one.tokens,
            one.tags,
            scheme,
            text=one.told.get("text"),
            name=one.told.get("sent_id", one.told.get("id")),
        )


def marked(
    where: str,
    tokens: Sequence[str],
    tags: Sequence[TaggedLine],
    scheme: Scheme,
    text: str | None = None,
    space_after: Sequence[bool] | None = None,
    name: str | None = None,
) -> Marked:
    """Return a tagged sentence as text with spans; blanks among its tokens are no tokens.

    ``text`` is taken where the tokens are found in it, else the tokens are joined.
    """
    places = found_in(text, tokens) if text is not None else None
    if text is None or places is None:
        text, places = joined(tokens, space_after)
    entities, repaired = runs([line.tag for line in tags], scheme)
    solid = tuple(place for place, token in zip(places, tokens, strict=True) if token.strip())
    found = [(span, run) for run in entities if (span := _span(run, tokens, places))]
    spans = tuple(span for span, _ in found)
    lines = tuple(tags[run[0]].where for _, run in found)
    return Marked(where, text, spans, solid, name, repaired=repaired, lines=lines)


def _span(run: Run, tokens: Sequence[str], places: Sequence[tuple[int, int]]) -> Span | None:
    """Return the characters of a run of tokens, without blanks at its ends."""
    first, after, tag = run
    solid = [i for i in range(first, after) if tokens[i].strip()]
    return Span(places[solid[0]][0], places[solid[-1]][1], tag) if solid else None


def _sentences(path: Path, layout: Layout) -> Iterator[_Sentence]:
    one = _Sentence(f"{path}, line 1")
    for number, line in enumerate(lines(path), 1):
        where = f"{path}, line {number}"
        if not line.strip(" \t"):
            if one.tokens:
                yield one
            one = _Sentence(f"{path}, line {number + 1}")
            continue
        if layout.comments and line.startswith("#"):
            if comment := _COMMENT.match(line):
                one.told[comment[1]] = comment[2].strip()
        else:
            token, tag = _columns(line, layout, where)
            if token != _DOCUMENT:
                one.tokens.append(token)
                one.tags.append(TaggedLine(tag, where))
    if one.tokens:
        yield one


def _columns(line: str, layout: Layout, where: str) -> tuple[str, str]:
    columns = line.split("\t") if "\t" in line else _BLANKS.split(line.rstrip())
    if len(columns) <= max(layout.token, layout.tag, 1):
        raise ValueError(
            f"{where}: expected at least {max(layout.token, layout.tag, 1) + 1} columns, a token "
            f"and its tag among them, got {line[:60]!r}"
        )
    token, tag = columns[layout.token], columns[layout.tag].strip()
    if not tag:
        raise ValueError(f"{where}: expected a tag (O where there is no entity), got {line[:60]!r}")
    return (token.partition(":")[2] if layout.prefixed else token), tag


def lines(path: Path) -> Iterator[str]:
    """Yield the lines of a text file, without their ends and a mark of byte order.

    Raises:
        ValueError: the file is not UTF-8, naming it and the byte.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{path}: expected UTF-8, got byte 0x{error.object[error.start]:02X} at {error.start}; "
            "was it saved in another encoding?"
        ) from error
    # splitlines would also part a text at characters that stand inside tokens, as U+0085 does.
    yield from text.replace("\r\n", "\n").removesuffix("\n").split("\n")
