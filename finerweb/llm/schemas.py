"""The JSON schemas that replies must fit: the one place; every array and string is bounded.

A form says what a server can constrain a reply to. ``list``: the whole of JSON schema (vLLM).
``object``: the strict mode of OpenAI's API, which takes objects alone, and no bounds on strings.
``none``: nothing; the prompt asks, and the parser sees what came.
"""

import json
from collections.abc import Sequence
from typing import Any

MAX_MENTION = 80
MAX_TYPE = 40
MAX_NAME = 60
SCORES = (1, 2, 3, 4, 5)
ASPECTS = ("faithfulness", "completeness")
FAULTS = ("missing", "extra", "wrong")
"""What a verdict scores, on `SCORES`, and what it lists."""
AROUND = {"annotation": "entities", "rating": "rating", "translation": "translation"}
"""The one key of the object that the form ``object`` puts around a reply."""


def annotation(max_mentions: int, form: str, types: Sequence[str] = ()) -> str | None:
    """Return the schema of ``[["mention", "type"], ...]``, its types among some where there are.

    Pairs cost about a third fewer output tokens than objects with keys. OpenAI's strict mode has no
    word for the second of two: there, the types are not bound.
    """
    pair = _pair(MAX_MENTION, MAX_TYPE)
    if types:
        pair["prefixItems"][1] = {"type": "string", "enum": list(types)}
    pairs = {"type": "array", "items": pair, "maxItems": max_mentions}
    return _formed("annotation", pairs, form)


def rating(form: str) -> str | None:
    """Return the schema of a rating: one of the numbers 1, 2, 3 and 4."""
    return _formed("rating", {"type": "integer", "enum": [1, 2, 3, 4]}, form)


def translation(form: str) -> str | None:
    """Return the schema of what a type is called in another language: a string."""
    return _formed("translation", _string(MAX_NAME), form)


def verdict(max_listed: int, max_explanation: int, form: str) -> str | None:
    """Return the schema of a verdict (section 7 of the paper's facts), an object in any form.

    The lists come before the scores, which a model then gives in view of what it listed; the
    explanation, where one is asked for (more than 0 characters), before both.
    """
    pairs = {"type": "array", "items": _pair(MAX_MENTION, MAX_TYPE), "maxItems": max_listed}
    score = {"type": "integer", "enum": list(SCORES)}
    parts: dict[str, Any] = {"explanation": _string(max_explanation)} if max_explanation else {}
    parts |= {f"{kind}_annotations": pairs for kind in FAULTS}
    return _formed("verdict", _object(parts | dict.fromkeys(ASPECTS, score)), form)


def _formed(name: str, schema: dict[str, Any], form: str) -> str | None:
    if form == "none":
        return None
    if form == "object":
        schema = _strict(schema if name not in AROUND else _object({AROUND[name]: schema}))
    return json.dumps(schema)


def _pair(first: int, second: int) -> dict[str, Any]:
    strings = [_string(first), _string(second)]
    return {"type": "array", "prefixItems": strings, "items": False, "minItems": 2}


def _string(longest: int) -> dict[str, Any]:
    return {"type": "string", "minLength": 1, "maxLength": longest}


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _strict(schema: Any) -> Any:
    """Return the schema without what OpenAI's strict mode does not know."""
    if isinstance(schema, list):
        return [_strict(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if "prefixItems" in schema:
        return {"type": "array", "items": {"type": "string"}, "minItems": 2, "maxItems": 2}
    dropped = ("minLength", "maxLength")
    return {key: _strict(value) for key, value in schema.items() if key not in dropped}
