"""Reading JSON values, or Python's literals, out of a text."""

import ast
import json

Value = object


class Object(list[tuple[str, Value]]):
    """A JSON object as its pairs, in order: of a key that comes twice, neither is lost."""


def json_value(text: str) -> Value:
    """Return what a text is in JSON, objects as lists of their pairs; None of what is none."""
    try:
        value: Value = json.loads(text, object_pairs_hook=Object, strict=False)
    except (ValueError, RecursionError):
        return None
    return value


def python_value(text: str) -> Value:
    """Return what a text is as a literal of Python, read as `json_value` does; None of others."""
    try:
        value: Value = ast.literal_eval(text)
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        return None
    if isinstance(value, tuple):
        value = list(value)
    return Object(value.items()) if isinstance(value, dict) else value
