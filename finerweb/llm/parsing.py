"""Reading lists of [mention, type] pairs out of whatever a model replied.

The parser is total: every reply gives mentions, with the repairs it took and the rows it could not
use, each by name, or a reason why there are none. Model output is data, never trusted, never run.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from finerweb.llm.values import Object, Value, json_value, python_value
from finerweb.records import Mention

REPAIRS = {
    "fence": "a Markdown fence around the reply",
    "outer text": "words before or after the list",
    "several lists": "more than one list; what an earlier one had is not read again",
    "object": "an object around the list",
    "objects": "objects instead of pairs",
    "mapping": "an object from mentions to types, or from types to lists of mentions",
    "python literal": "Python's quotes, tuples and None",
    "quotes": "quotes that neither JSON nor Python can read",
    "truncated": "a reply cut off in its middle: the pairs before are read",
    "capped": "more than MAX_ROWS pairs: the first are read",
}
REJECTIONS = ("no pair", "no text", "too long", "unusable characters")
FAILURES = ("empty", "too long", "no list")
MAX_REPLY = 100_000
MAX_ROWS = 1_000
MAX_FIELD = 500
MAX_SCANNED = 200
TYPE_KEYS = ("type", "label", "entity_type", "entity type", "category", "tag")
_FENCE = re.compile(r"```\w*\n?(.*?)(?:```|\Z)", re.DOTALL)
_OPEN, _CLOSE = "[\"'\u201c\u2018\u201e\u201a\u00ab`]", "[\"'\u201d\u2019\u201c\u2018\u00bb`]"
# A field ends at the first closing quote that a delimiter follows ("O'Brien"), and is not looked at
# again (an atomic group), so that hostile replies take linear time.
_FIELD = rf"(?>{_OPEN}((?:[^\\\n]|\\.){{1,{MAX_SCANNED}}}?){_CLOSE}(?=\s*[,:\])}}]))"
_ROW = re.compile(
    rf"[\[(]\s*{_FIELD}\s*,\s*{_FIELD}\s*,?\s*[\])]"
    rf"|\{{\s*{_FIELD}\s*:\s*{_FIELD}\s*,\s*{_FIELD}\s*:\s*{_FIELD}\s*,?\s*\}}"
)


@dataclass(frozen=True, slots=True)
class Parsed:
    """The mentions of a reply; ``repairs`` it took; ``failure`` where it could not be read.

    ``rejected`` counts the rows of its list that are no usable pair, by `REJECTIONS`.
    """

    mentions: tuple[Mention, ...]
    repairs: tuple[str, ...] = ()
    failure: str | None = None
    rejected: Counter[str] = field(default_factory=Counter)


def parse_pairs(reply: str) -> Parsed:
    """Return the mentions of a reply, in its order.

    Read as they are: ``[["a", "x"], ...]``, and what `finerweb.llm.schemas` asks servers for.
    Everything else takes the repairs that `REPAIRS` lists.

    >>> parse_pairs('[["Köln", "city"]]').mentions
    (Mention(text='Köln', type='city'),)
    >>> parse_pairs("Sure: [('Köln', 'city'), ('Rh").repairs
    ('outer text', 'truncated')
    """
    if len(reply) > MAX_REPLY:
        return Parsed((), failure="too long")
    if not reply.strip():
        return Parsed((), failure="empty")
    repairs: list[str] = []
    return _parsed(_rows(reply.strip(), repairs), repairs)


def pairs_of(value: Value) -> Parsed:
    """Return the mentions of a value that `json_value` or `python_value` read, by the same rules.

    >>> pairs_of(json_value('{"Köln": "city"}')).mentions
    (Mention(text='Köln', type='city'),)
    """
    repairs: list[str] = []
    return _parsed(_unwrapped(value, repairs), repairs)


def _parsed(rows: list[Value] | None, repairs: list[str]) -> Parsed:
    if rows is None:
        return Parsed((), failure="no list")
    if len(rows) > MAX_ROWS:
        repairs.append("capped")
    rejected: Counter[str] = Counter()
    mentions = []
    for row in rows[:MAX_ROWS]:
        mention = _mention(row, repairs)
        if isinstance(mention, str):
            rejected[mention] += 1
        else:
            mentions.append(mention)
    named = tuple(name for name in REPAIRS if name in repairs)
    return Parsed(tuple(mentions), named, rejected=rejected)


def _rows(text: str, repairs: list[str]) -> list[Value] | None:
    """Return the rows of the list in a reply, by the first way that finds one."""
    rows = _whole(text, repairs)
    if rows is not None:
        return rows
    fence = _FENCE.search(text)
    if fence:
        repairs.append("fence")
        text = fence[1].strip()
        rows = _whole(text, repairs)
        if rows is not None:
            return rows
    begin = _bracket(text, 0)
    if begin < 0:
        return None
    if begin > 0:
        repairs.append("outer text")
    rows = _lists(text[begin:], repairs)
    return _scanned(text[begin:], repairs) if rows is None else rows


def _whole(text: str, repairs: list[str]) -> list[Value] | None:
    """Return the rows of a text that is one value, in JSON or Python; None of any other."""
    for read, name in ((json_value, ""), (python_value, "python literal")):
        value = read(text)
        if value is not None:
            own = [name] if name else []
            rows = _unwrapped(value, own)
            if rows is not None:
                repairs += own
            return rows
    return None


def _lists(text: str, repairs: list[str]) -> list[Value] | None:
    """Return the rows of JSON lists that follow one another, with words in between."""
    values, own = _values(text)
    if values is None:
        return _sliced(text, repairs)
    if values and all(_is_pair(value) for value in values):
        repairs += [*own, "several lists"]
        return values
    lists = [found for value in values if (found := _unwrapped(value, own)) is not None]
    if not lists:
        return None
    rows: list[Value] = []
    for number, found in enumerate(lists):
        if number:
            own.append("several lists")
        rows += [row for row in found if not number or row not in rows[:MAX_ROWS]]
    repairs += own
    return rows


def _values(text: str) -> tuple[list[Value] | None, list[str]]:
    """Return the JSON values of a text and the repairs that took; none where one is broken.

    None where the first one is broken: then it is no JSON.
    """
    decoder = json.JSONDecoder(object_pairs_hook=Object)
    values: list[Value] = []
    at = 0
    words = False
    while (begin := _bracket(text, at)) >= 0 and len(values) <= MAX_ROWS:
        words = words or bool(text[at:begin].strip(" \n\r\t,;"))
        try:
            value, at = decoder.raw_decode(text, begin)
        except (ValueError, RecursionError):
            return ([], []) if values else (None, [])
        values.append(value)
    words = words or bool(text[at:].strip(" \n\r\t,;`"))
    return values, ["outer text"] if words else []


def _bracket(text: str, begin: int) -> int:
    """Return where the next list or object begins, or -1."""
    found = [at for at in (text.find("[", begin), text.find("{", begin)) if at >= 0]
    return min(found, default=-1)


def _sliced(text: str, repairs: list[str]) -> list[Value] | None:
    """Return the rows of the text up to its last bracket, in Python's spelling."""
    end = max(text.rfind("]"), text.rfind("}"))
    rows = _whole(text[: end + 1], repairs) if end >= 0 else None
    if rows is not None and text[end + 1 :].strip():
        repairs.append("outer text")
    return rows


def _scanned(text: str, repairs: list[str]) -> list[Value] | None:
    """Return every pair or two-key object that can be made out in a text, whatever its quotes."""
    rows: list[Value] = []
    n_unquoted = 0
    for match in _ROW.finditer(text):
        fields = [_unescaped(part) for part in match.groups() if part is not None]
        pairs = zip(fields[::2], fields[1::2], strict=True)
        rows.append(fields if len(fields) == 2 else Object(pairs))
        n_unquoted += json_value(match[0]) is None and python_value(match[0]) is None
        if len(rows) > MAX_ROWS:
            break
    if rows:
        ended = sum(map(text.count, "[({")) <= sum(map(text.count, "])}"))
        repairs += ["quotes"] if n_unquoted or ended else []
        repairs += [] if ended else ["truncated"]
    return rows or None


def _unwrapped(value: Value, repairs: list[str]) -> list[Value] | None:
    """Return the rows of a value: of a list, of an object around one, of a mapping."""
    if isinstance(value, Object):
        return _of_object(value, repairs)
    if isinstance(value, list):
        return [value] if _is_pair(value) else value
    return None


def _of_object(value: Object, repairs: list[str]) -> list[Value] | None:
    lists = [item for _, item in value if isinstance(item, list) and not isinstance(item, Object)]
    texts = [item for _, item in value if isinstance(item, str)]
    texts_only = len(lists) == 1 and lists[0] and all(isinstance(x, str) for x in lists[0])
    if len(lists) == len(value) == 1 and not texts_only:
        repairs.append("object")
        return lists[0]
    if len(texts) == len(value) and _by_keys(value) is None:
        repairs.append("mapping")
        return [[key, item] for key, item in value]
    if len(lists) == len(value) > 0:
        repairs.append("mapping")
        return [[item, key] for key, items in value if isinstance(items, list) for item in items]
    return [value] if _by_keys(value) is not None else None


def _is_pair(value: Value) -> bool:
    return (
        isinstance(value, list) and len(value) == 2 and all(isinstance(item, str) for item in value)
    )


def _by_keys(row: Object) -> list[Value] | None:
    """Return [mention, type] of an object with two keys, one of which names the type."""
    types = [i for i, (key, _) in enumerate(row) if str(key).lower() in TYPE_KEYS]
    if len(row) != 2 or len(types) != 1:
        return None
    return [row[1 - types[0]][1], row[types[0]][1]]


def _unescaped(text: str) -> str:
    """Return the text of a field that was found between quotes of some kind."""
    try:
        escaped = text.replace('\\"', '"').replace('"', '\\"')
        value: str = json.loads(f'"{escaped}"', strict=False)
    except ValueError:
        return re.sub(r"\\(.)", r"\1", text)
    return value


def _mention(row: Value, repairs: list[str]) -> Mention | str:
    """Return the mention of a row, or which of `REJECTIONS` it falls under."""
    if isinstance(row, dict):
        row = Object(row.items())
    if isinstance(row, Object):
        repairs.append("objects")
        row = _by_keys(row)
    if not isinstance(row, (list, tuple)) or len(row) != 2:
        return "no pair"
    text, kind = row
    if not isinstance(text, str) or not isinstance(kind, str):
        return "no pair"
    text, kind = text.strip(), fold_type(kind)
    tests: Iterable[tuple[str, Callable[[str], bool]]] = (
        ("no text", bool),
        ("too long", lambda part: len(part) <= MAX_FIELD),
        ("unusable characters", _well_formed),
    )
    for name, passes in tests:
        if not (passes(text) and passes(kind)):
            return name
    return Mention(text, kind)


def _well_formed(text: str) -> bool:
    """Return whether a text is free of NUL and of lone surrogates, which no table can hold."""
    return "\0" not in text and not any("\ud800" <= character <= "\udfff" for character in text)


def fold_type(kind: str) -> str:
    """Return a type in lower case with single spaces, as the released labels are."""
    return " ".join(kind.lower().split())
