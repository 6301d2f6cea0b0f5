"""Reading a verdict out of whatever a judge replied, and holding it against what it was shown.

The reading is total: every reply gives a verdict, with the repairs it took by name, or the reason
why there is none. What a verdict lists counts only where it can be so: nothing is missing that
does not stand in the text, nothing wrong that was not annotated.
"""

import math
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from finerweb.llm.parsing import MAX_REPLY, pairs_of, parse_pairs
from finerweb.llm.schemas import ASPECTS, FAULTS, SCORES
from finerweb.llm.values import json_value, python_value
from finerweb.records import Mention

REPAIRS = {
    "fence": "a Markdown fence around the reply",
    "outer text": "words before or after the object",
    "object": "an object around the object",
    "python literal": "Python's quotes, tuples and None",
    "keys": "no object that can be read: what follows each key is read by itself",
    "score": "a score in quotes, as 4.0 or as 4/5",
    "no list": "a list that is not there or cannot be read: it counts as empty",
    "pairs": "a list whose pairs took repairs or that has some that are none",
}
FAILURES = ("empty", "too long", "no verdict", "no score", "score out of range")
MAX_EXPLANATION = 2_000
LISTED = "listed"
NOT_IN_TEXT, NOT_ANNOTATED, ANNOTATED, REPEATED = (
    "not in the text",
    "not annotated",
    "annotated",
    "repeated",
)
_FENCE = re.compile(r"```\w*\n?(.*?)(?:```|\Z)", re.DOTALL)
_FIELDS = (*ASPECTS, *FAULTS, "explanation")
_KEY = re.compile(
    rf"[\"'“*]{{0,3}}\b({'|'.join(_FIELDS)})(?:[ _-](?:annotations?|entities|score))?"
    r"[\"'”*]{0,3}\s*[:=]\s*",
    re.IGNORECASE,
)
_OF = r"\s*(?:/|out of|of)\s*"
_SCORE = re.compile(
    rf"[\"'\s*]*(-?\d{{1,9}}(?:\.\d{{1,9}})?)(?:{_OF}5)?(?!\w|\.\d|{_OF}\d)", re.IGNORECASE
)
_STRING = re.compile(r'\s*"(?:[^"\\]|\\.)*"?')


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a judge says of annotations: two scores from 1 to 5, and faults by `FAULTS`.

    ``missing`` are entities that no annotation has, ``extra`` annotations of nothing, ``wrong``
    annotations whose type does not fit.
    """

    faithfulness: int
    completeness: int
    missing: tuple[Mention, ...] = ()
    extra: tuple[Mention, ...] = ()
    wrong: tuple[Mention, ...] = ()
    explanation: str = ""

    def __post_init__(self) -> None:
        """Check the scores.

        Raises:
            ValueError: a score is none of `SCORES`.
        """
        if not {self.faithfulness, self.completeness} <= set(SCORES):
            raise ValueError(
                f"expected scores from 1 to 5, got {self.faithfulness}, {self.completeness}"
            )

    def faults(self, kind: str) -> tuple[Mention, ...]:
        """Return what it lists of one of `FAULTS`."""
        return {"missing": self.missing, "extra": self.extra, "wrong": self.wrong}[kind]


@dataclass(frozen=True, slots=True)
class Read:
    """A reply's verdict, or which of `FAILURES` it is; and the `REPAIRS` it took."""

    verdict: Verdict | None
    failure: str = ""
    repairs: tuple[str, ...] = ()


def parse_verdict(reply: str) -> Read:
    """Return the verdict in a reply.

    >>> parse_verdict('{"missing": [["Köln", "city"]], "faithfulness": 5, "completeness": 4}')
    ... # doctest: +ELLIPSIS
    Read(verdict=Verdict(faithfulness=5, completeness=4, missing=(Mention(text='Köln', ...
    """
    if len(reply) > MAX_REPLY:
        return Read(None, "too long")
    if not reply.strip():
        return Read(None, "empty")
    repairs: list[str] = []
    fields = _object(reply.strip(), repairs) or _keyed(reply, repairs)
    if not fields:
        return Read(None, "no verdict")
    scores = [_score(fields.get(aspect), repairs) for aspect in ASPECTS]
    if None in scores:
        return Read(None, "no score", _named(repairs))
    if not set(scores) <= set(SCORES):
        return Read(None, "score out of range", _named(repairs))
    faithfulness, completeness = (int(score or 0) for score in scores)
    missing, extra, wrong = (_list(fields.get(kind), repairs) for kind in FAULTS)
    said = _explanation(fields.get("explanation"))
    verdict = Verdict(faithfulness, completeness, missing, extra, wrong, said)
    return Read(verdict, "", _named(repairs))


def _named(repairs: Sequence[str]) -> tuple[str, ...]:
    return tuple(name for name in REPAIRS if name in repairs)


def _object(text: str, repairs: list[str]) -> dict[str, object]:
    """Return the fields of an object, by the first way that finds one; none without."""
    fence = _FENCE.search(text)
    begin, end = text.find("{"), text.rfind("}")
    ways: tuple[tuple[list[str], str], ...] = (
        ([], text),
        (["fence"], fence[1].strip() if fence else ""),
        (["outer text"], text[begin : end + 1] if 0 <= begin < end else ""),
    )
    for own, part in ways:
        for read, name in ((json_value, []), (python_value, ["python literal"])):
            if part and (fields := _fields(read(part), own + name, repairs)):
                return fields
    return {}


def _fields(value: object, own: list[str], repairs: list[str]) -> dict[str, object]:
    """Return the known fields of a value that is an object; of a key that comes twice the first."""
    pairs = _pairs(value)
    if len(pairs) == 1 and (inner := _pairs(pairs[0][1])):
        pairs, own = inner, [*own, "object"]
    found: dict[str, object] = {}
    for key, item in pairs:
        if match := _KEY.fullmatch(f"{key}:"):
            found.setdefault(match[1].lower(), item)
    repairs += own if found else []
    return found


def _pairs(value: object) -> list[tuple[object, object]]:
    """Return the pairs of an object as `json_value` returns one; none of anything else."""
    if isinstance(value, list) and value and all(isinstance(one, tuple) for one in value):
        return [one for one in value if len(one) == 2]
    return []


def _keyed(text: str, repairs: list[str]) -> dict[str, object]:
    """Return what follows each known key in a text, up to the next key.

    What a quoted explanation names is none: it may say other scores than the judge gives.
    """
    keys = list(_KEY.finditer(text))
    for key in [key for key in keys if key[1].lower() == "explanation"]:
        said = _STRING.match(text, key.end())
        keys = [one for one in keys if not said or not said.start() <= one.start() < said.end()]
    ends = [*(key.start() for key in keys), len(text)][1:]
    found: dict[str, object] = {}
    for key, end in zip(keys, ends, strict=True):
        found.setdefault(key[1].lower(), text[key.end() : end].rstrip(" \r\n\t,;'\"}`"))
    repairs += ["keys"] if found else []
    return found


def _score(value: object, repairs: list[str]) -> float | None:
    """Return a number that stands for a score, whatever its size."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, float) and math.isfinite(value):
        repairs.append("score")
        return value
    match = _SCORE.match(value) if isinstance(value, str) else None
    if match is None:
        return None
    repairs.append("score")
    return float(match[1])


def _list(value: object, repairs: list[str]) -> tuple[Mention, ...]:
    parsed = parse_pairs(value) if isinstance(value, str) else pairs_of(value)
    if parsed.failure:
        repairs.append("no list")
    elif parsed.repairs or parsed.rejected:
        repairs.append("pairs")
    return parsed.mentions


def _explanation(value: object) -> str:
    text = value if isinstance(value, str) else ""
    return text[:MAX_EXPLANATION].replace("\0", "").encode("utf-8", "replace").decode("utf-8")


def fold(text: str) -> str:
    """Return a surface as surfaces are compared: composed, in one case, with single spaces."""
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())


def standing(
    verdict: Verdict, text: str, annotations: Sequence[Mention]
) -> Mapping[str, list[tuple[Mention, str]]]:
    """Return, by `FAULTS`, each thing that a verdict lists, and `LISTED` or why it does not count.

    Nothing counts twice. What is missing has to stand in the text, and not to be annotated; what
    is extra or wrong has to be annotated.
    """
    annotated = {fold(one.text) for one in annotations}
    folded = fold(text)
    found: dict[str, list[tuple[Mention, str]]] = {}
    for kind in FAULTS:
        seen: set[str] = set()
        found[kind] = []
        for mention in verdict.faults(kind):
            surface = fold(mention.text)
            if surface in seen:
                status = REPEATED
            elif kind == "missing" and surface in annotated:
                status = ANNOTATED
            elif kind == "missing" and surface not in folded:
                status = NOT_IN_TEXT
            elif kind != "missing" and surface not in annotated:
                status = NOT_ANNOTATED
            else:
                status = LISTED
            seen.add(surface)
            found[kind].append((mention, status))
    return found
