"""Reading lists of [mention, type] pairs out of whatever a model replied.

The parser is total: every reply gives mentions and a list of what had to be repaired, or a reason
why there are none. Model output is data, never trusted, never run.
"""

import ast
import json
import re
from dataclasses import dataclass

from finerweb.records import Mention

MAX_REPLY = 200_000
MAX_FIELD = 500
TYPE_KEYS = ("type", "label", "entity_type", "entity type", "category", "tag")
_PAIR = re.compile(r'[\[(]\s*("(?:[^"\\]|\\.)*")\s*,\s*("(?:[^"\\]|\\.)*")\s*[\])]', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Parsed:
    """The mentions of a reply; ``repairs`` it took; ``failure`` where it could not be read.

    ``n_bad`` counts the rows of its list that are no pair of two usable strings.
    """

    mentions: tuple[Mention, ...]
    repairs: tuple[str, ...] = ()
    failure: str | None = None
    n_bad: int = 0


def parse_pairs(reply: str) -> Parsed:
    """Return the mentions of a reply, in its order.

    Read as they are: ``[["a", "x"], ...]``. Repaired, and named: prose or a fence around the list
    (``outer text``), Python tuples (``python literal``), objects instead of pairs (``objects``),
    a list cut off in its middle (``truncated``). Rows without two usable strings are counted.

    >>> parse_pairs('[["Köln", "city"]]').mentions
    (Mention(text='Köln', type='city'),)
    >>> parse_pairs('[("Köln", "city"), ("Rh').repairs
    ('outer text', 'truncated')
    """
    if len(reply) > MAX_REPLY:
        return Parsed((), failure="too long")
    if not reply.strip():
        return Parsed((), failure="empty")
    repairs: list[str] = []
    rows = _rows(reply, repairs)
    if rows is None:
        return Parsed((), failure="no list")
    read = [_mention(row, repairs) for row in rows]
    mentions = tuple(mention for mention in read if mention is not None)
    return Parsed(mentions, tuple(dict.fromkeys(repairs)), n_bad=len(read) - len(mentions))


def _rows(reply: str, repairs: list[str]) -> list[object] | None:
    text = reply.strip()
    rows = _list(text, repairs)
    if rows is not None:
        return rows
    begin, end = text.find("["), text.rfind("]")
    repairs.append("outer text")
    if 0 <= begin < end:
        rows = _list(text[begin : end + 1], repairs)
        if rows is not None:
            return rows
    if begin < 0:
        return None
    repairs.append("truncated")
    pairs = [[json_string(m[1]), json_string(m[2])] for m in _PAIR.finditer(text, begin)]
    return list(pairs) or None


def _list(text: str, repairs: list[str]) -> list[object] | None:
    """Return the list that the whole text is, as JSON or as a Python literal."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        try:
            value = ast.literal_eval(text)
        except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
            return None
        repairs.append("python literal")
    return value if isinstance(value, list) else None


def json_string(quoted: str) -> str | None:
    """Return the text of a quoted JSON string, or None where its escapes are broken."""
    try:
        text: str = json.loads(quoted, strict=False)
    except ValueError:
        return None
    return text


def _mention(row: object, repairs: list[str]) -> Mention | None:
    if isinstance(row, dict):
        repairs.append("objects")
        row = _pair(row)
    if not isinstance(row, (list, tuple)) or len(row) != 2:
        return None
    text, kind = row
    if not isinstance(text, str) or not isinstance(kind, str):
        return None
    text, kind = text.strip(), fold_type(kind)
    usable = all(0 < len(field) <= MAX_FIELD and _well_formed(field) for field in (text, kind))
    return Mention(text, kind) if usable else None


def _pair(row: dict[object, object]) -> list[object]:
    """Return [mention, type] of an object with two keys, one of which names the type."""
    types = [key for key in row if key in TYPE_KEYS]
    if len(row) != 2 or len(types) != 1:
        return []
    return [next(value for key, value in row.items() if key != types[0]), row[types[0]]]


def _well_formed(text: str) -> bool:
    """Return whether a text is free of NUL and of lone surrogates, which no table can hold."""
    return "\0" not in text and not any("\ud800" <= character <= "\udfff" for character in text)


def fold_type(kind: str) -> str:
    """Return a type in lower case with single spaces, as the released labels are."""
    return " ".join(kind.lower().split())
