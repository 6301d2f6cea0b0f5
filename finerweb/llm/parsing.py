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
_PAIR = re.compile(r'[\[(]\s*("(?:[^"\\]|\\.)*")\s*,\s*("(?:[^"\\]|\\.)*")\s*[\])]', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Parsed:
    """The mentions of a reply; ``repairs`` it took; ``failure`` where it could not be read."""

    mentions: tuple[Mention, ...]
    repairs: tuple[str, ...] = ()
    failure: str | None = None


def parse_pairs(reply: str) -> Parsed:
    """Return the mentions of a reply, in its order.

    Read as they are: ``[["a", "x"], ...]``. Repaired, and named: prose or a fence around the list
    (``outer text``), Python tuples (``python literal``), objects instead of pairs (``objects``),
    a list cut off in its middle (``truncated``), pairs without two usable strings
    (``bad pair``).

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
    mentions = []
    for row in rows:
        mention = _mention(row, repairs)
        if mention is None:
            repairs.append("bad pair")
        else:
            mentions.append(mention)
    return Parsed(tuple(mentions), tuple(dict.fromkeys(repairs)))


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
    pairs = [(json_string(m[1]), json_string(m[2])) for m in _PAIR.finditer(text, begin)]
    return [list(pair) for pair in pairs] or None


def _list(text: str, repairs: list[str]) -> list[object] | None:
    """Return the list that the whole text is, as JSON or as a Python literal."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        try:
            value = ast.literal_eval(text)
        except (ValueError, SyntaxError, RecursionError, MemoryError):
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
    if isinstance(row, dict) and len(row) == 2:
        repairs.append("objects")
        row = list(row.values())
    if not isinstance(row, (list, tuple)) or len(row) != 2:
        return None
    text, kind = row
    if not isinstance(text, str) or not isinstance(kind, str):
        return None
    text, kind = text.strip(), fold_type(kind)
    if not text or not kind or len(text) > MAX_FIELD or len(kind) > MAX_FIELD:
        return None
    return Mention(text, kind)


def fold_type(kind: str) -> str:
    """Return a type in lower case with single spaces, as the released labels are."""
    return " ".join(kind.lower().split())
