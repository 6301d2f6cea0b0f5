"""The knobs of params.yaml: each section as it stands, and what its model takes."""

import ast
import importlib
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel

from finerweb.params.load import Section

BOUNDS = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}


def excerpts(text: str) -> dict[str, str]:
    """Return each section of a params.yaml as it stands, with its comments.

    The lines that head several sections (`# ---- ...`) are left out.

    Raises:
        ValueError: the text is no mapping of sections.
    """
    lines = text.splitlines()
    top = yaml.compose(text)
    if not isinstance(top, yaml.MappingNode):
        raise ValueError(f"expected params.yaml to be a mapping of sections, got {text[:40]!r}")
    starts = [(key.value, key.start_mark.line) for key, _ in top.value]
    ends = [line for _, line in starts[1:]] + [len(lines)]
    return {
        name: "\n".join(line for line in lines[start:end] if not line.startswith("# ----")).strip()
        for (name, start), end in zip(starts, ends, strict=True)
    }


def models(scripts: Iterable[Path]) -> dict[str, type[Section]]:
    """Return section -> its model, from the calls of `load` in the sources.

    ``raters.qwen`` is loaded by the model of one rater, and so is told for ``raters``.
    """
    found = {}
    for path in scripts:
        source = path.read_text("utf-8")
        if "load(" not in source:
            continue
        tree = ast.parse(source)
        homes = {
            alias.name: node.module
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and node.module
            for alias in node.names
        }
        for node in ast.walk(tree):
            called = _loaded(node)
            if called and called[1] in homes:
                found[called[0]] = getattr(importlib.import_module(homes[called[1]]), called[1])
    return found


def _loaded(node: ast.AST) -> tuple[str, str] | None:
    """Return section and model of a call ``load("section", Model)``, None of anything else."""
    match node:
        case ast.Call(func=ast.Name(id="load"), args=[told, ast.Name(id=model), *_]):
            pass
        case _:
            return None
    match told:
        case ast.Constant(value=str(name)) | ast.JoinedStr(values=[ast.Constant(value=name), *_]):
            return str(name).split(".")[0], model
        case _:
            return None


def accepted(model: type[BaseModel]) -> list[tuple[str, str]]:
    """Return (key, what it takes) for each key of a section, those inside others with a dot."""
    schema = model.model_json_schema()
    return list(_keys(schema, schema.get("$defs", {}), ""))


def _keys(node: dict[str, Any], parts: Mapping[str, Any], above: str) -> Iterable[tuple[str, str]]:
    for name, value in node.get("properties", {}).items():
        key = f"{above}{name}"
        yield key, takes(value, parts)
        inner = [one for one in _alternatives(value) if "$ref" in one]
        for one in inner:
            part = _part(one, parts)
            kind = part.get("properties", {}).get("kind", {}).get("const")
            place = f"{key}[{kind}]" if kind else key
            yield from _keys(part, parts, f"{place}.")


def _alternatives(node: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the schemas that a value may fit: of a list or a mapping, those of its items."""
    found = node.get("anyOf") or node.get("oneOf") or [node]
    inner = [one.get("items") or one.get("additionalProperties") or one for one in found]
    return [x for one in inner if isinstance(one, dict) for x in (one.get("oneOf") or [one])]


def _part(node: dict[str, Any], parts: Mapping[str, Any]) -> dict[str, Any]:
    part: dict[str, Any] = parts[node["$ref"].rsplit("/", 1)[1]]
    return part


def takes(node: dict[str, Any], parts: Mapping[str, Any]) -> str:
    """Return what a JSON schema takes, in words.

    >>> takes({"anyOf": [{"type": "integer", "minimum": 1}, {"type": "null"}]}, {})
    'integer ≥ 1, or null'
    """
    for several in ("anyOf", "oneOf"):
        if several in node:
            return ", or ".join(dict.fromkeys(takes(one, parts) for one in node[several]))
    if "$ref" in node:
        part = _part(node, parts)
        return takes(part, parts) if "enum" in part else "the keys below"
    if "enum" in node:
        return " | ".join(f"`{one}`" for one in node["enum"])
    if "const" in node:
        return f"`{node['const']}`"
    return _plain(node, parts)


def _plain(node: dict[str, Any], parts: Mapping[str, Any]) -> str:
    kind = node.get("type", "anything")
    if kind == "array" and "prefixItems" in node:
        return "list of " + ", ".join(takes(one, parts) for one in node["prefixItems"])
    if kind == "array":
        return f"list of {takes(node.get('items', {}), parts)}"
    if kind == "object":
        inner = node.get("additionalProperties")
        return f"name: {takes(inner, parts)}" if isinstance(inner, dict) else "mapping"
    bounds = [f"{sign} {node[key]}" for key, sign in BOUNDS.items() if key in node]
    if "pattern" in node:
        bounds.append(f"like `{re.sub('[|]', ' or ', node['pattern'])}`")
    named = "text" if kind == "string" else kind
    return f"{named} {', '.join(bounds)}".strip()
