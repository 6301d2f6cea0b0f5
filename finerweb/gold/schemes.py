"""Tags of tokens into spans of tokens, whatever the scheme: IO, IOB1, IOB2 (BIO), BIOES, BILOU.

One rule reads all of them: an entity begins at B-, S- or U-, and at any other tag that does not go
on from the one before; it ends after E-, L-, S- and U-. The scheme itself, which a file's own tags
tell, only says which of them were wrong.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

OUTSIDE = "O"
_TAG = re.compile(r"([BIESLU])[-_](.+)")
_BEGINS, _ENDS = frozenset("BSU"), frozenset("ESLU")
Run = tuple[int, int, str]
"""The first token, the one after the last, and the tag without its prefix."""


class Scheme(Enum):
    """How a file's tags are to be read; ``plain`` are tags without prefixes, ``person-actor``."""

    PLAIN = "plain"
    IO = "IO"
    IOB1 = "IOB1"
    IOB2 = "IOB2"
    BIOES = "BIOES"
    BILOU = "BILOU"


@dataclass(frozen=True, slots=True)
class TaggedLine:
    """A tag and the place it has in its file, for messages."""

    tag: str
    where: str


def scheme_of(sentences: Iterable[Sequence[TaggedLine]]) -> Scheme:
    """Return the scheme of a file, by its tags.

    Raises:
        ValueError: the tags are of two schemes that do not go together, naming one of each.
    """
    first: dict[str, TaggedLine] = {}
    begins_after_another_type = False
    for sentence in sentences:
        before = ""
        for line in sentence:
            prefix, kind = _parts(line.tag)
            first.setdefault(prefix, line)
            begins_after_another_type |= prefix == "B" and kind != before
            before = kind
    first.pop(OUTSIDE, None)
    _agree(first, "", "BIESLU", "tags with and without a prefix")
    _agree(first, "ES", "LU", "tags of BIOES and of BILOU")
    return _named(set(first), begins_after_another_type)


def _named(prefixes: set[str], begins_after_another_type: bool) -> Scheme:
    if "" in prefixes:
        return Scheme.PLAIN
    if prefixes & set("ES"):
        return Scheme.BIOES
    if prefixes & set("LU"):
        return Scheme.BILOU
    if "B" not in prefixes:
        return Scheme.IO
    return Scheme.IOB2 if begins_after_another_type else Scheme.IOB1


def _agree(first: dict[str, TaggedLine], some: str, others: str, what: str) -> None:
    one = next((first[prefix] for prefix in (some or [""]) if prefix in first), None)
    other = next((first[prefix] for prefix in others if prefix in first), None)
    if one and other:
        raise ValueError(
            f"expected one tag scheme in a file, got {what}: {one.tag!r} ({one.where}) and "
            f"{other.tag!r} ({other.where})"
        )


def _parts(tag: str) -> tuple[str, str]:
    """Return prefix and type; ``O`` and no type of an outside tag, no prefix of a plain one."""
    if tag == OUTSIDE:
        return OUTSIDE, ""
    found = _TAG.fullmatch(tag)
    return (found[1], found[2]) if found else ("", tag)


def runs(tags: Sequence[str], scheme: Scheme) -> tuple[list[Run], int]:
    """Return the entities of a sentence, in order, and how many of its tags broke the scheme.

    >>> runs(["I-PER", "I-PER", "O", "B-LOC"], Scheme.IOB2)
    ([(0, 2, 'PER'), (3, 4, 'LOC')], 1)
    """
    found: list[Run] = []
    repaired = 0
    closes = scheme in (Scheme.BIOES, Scheme.BILOU)
    last_prefix, last_kind = OUTSIDE, ""
    for i, tag in enumerate([*tags, OUTSIDE]):
        prefix, kind = _parts(tag)
        is_open = last_prefix != OUTSIDE and last_prefix not in _ENDS
        goes_on = is_open and kind == last_kind and prefix not in _BEGINS
        if is_open and not goes_on and closes:
            repaired += 1
        if goes_on:
            found[-1] = (found[-1][0], i + 1, kind)
        elif prefix != OUTSIDE:
            found.append((i, i + 1, kind))
            repaired += prefix in ("I", "E", "L") and (closes or scheme is Scheme.IOB2)
        last_prefix, last_kind = prefix, kind
    return found, repaired
