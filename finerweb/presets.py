"""Presets of params.yaml: the sample's as it stands, others as changes to it.

`presets/sample.yaml` is a whole params.yaml. Any other preset names only what it changes, so that a
new knob is told in one place; comments, order and everything else are the sample's.
"""

from pathlib import Path
from typing import Any

import yaml

PRESETS = Path("presets")
BASE = "sample"
WIDTH = 100
NAMED = (
    "backbones",
    "raters",
    "annotators",
    "judges",
    "llm.prices",
    "documents.source",
    "release.licences",
    "evaluate.predictors",
)
"""Mappings whose keys a preset chooses, by names or by kind; all others have the sample's keys."""


def preset(name: str, folder: Path = PRESETS) -> str:
    """Return the params.yaml that a preset stands for.

    Raises:
        FileNotFoundError: the folder has no presets.
        ValueError: there is no such preset, or it does not fit the sample's params.
    """
    known = sorted(path.stem for path in folder.glob("*.yaml"))
    if BASE not in known:
        raise FileNotFoundError(
            f"{folder.absolute()}: expected {BASE}.yaml there; run from the folder that has it"
        )
    if name not in known:
        raise ValueError(f"no preset {name!r}; presets are {', '.join(known)}")
    base = _read(folder / f"{BASE}.yaml")
    if name == BASE:
        return base
    path = folder / f"{name}.yaml"
    try:
        return override(base, _read(path))
    except (ValueError, yaml.YAMLError) as error:
        raise ValueError(f"{path}: {error}") from error


def _read(path: Path) -> str:
    return path.read_bytes().decode("utf-8")


def override(base: str, changes: str) -> str:
    """Return the text of a params.yaml with the changes of another one in their places.

    Sections are changed key by key; what goes by names (`NAMED`) is replaced whole, with the
    other's comments. A value that brings no comment keeps the one it had.

    Raises:
        ValueError: a change is to a key that is not there, or is not indented as the base is.
    """
    lines = base.splitlines(keepends=True)
    old, new = yaml.compose(base), yaml.compose(changes)
    if not isinstance(old, yaml.MappingNode) or not isinstance(new, yaml.MappingNode):
        raise ValueError("expected a mapping of sections")
    # From the end, so that line numbers before a change still hold.
    for old_pair, new_pair in sorted(_changes(old, new), key=lambda p: _lines(p[0]), reverse=True):
        begin, end = _lines(old_pair)
        lines[begin:end] = [_text(old_pair, new_pair, base, changes)]
    merged = "".join(lines)
    if not _says(merged, _merged(yaml.safe_load(base), yaml.safe_load(changes))):
        raise ValueError("expected one key a line, indented as in the sample: two spaces a level")
    return merged


Pair = tuple[yaml.Node, yaml.Node]


def _changes(
    old: yaml.MappingNode, new: yaml.MappingNode, above: str = ""
) -> list[tuple[Pair, Pair]]:
    """Return what is there and what takes its place, key and value each."""
    had: dict[str, Pair] = {pair[0].value: pair for pair in old.value}
    found = []
    for pair in new.value:
        name = f"{above}{pair[0].value}"
        if pair[0].value not in had:
            raise ValueError(f"no key {name} to change; {above or 'the file'} has {', '.join(had)}")
        then, now = had[pair[0].value][1], pair[1]
        if (
            isinstance(then, yaml.MappingNode)
            and isinstance(now, yaml.MappingNode)
            and name not in NAMED
        ):
            found += _changes(then, now, f"{name}.")
        else:
            found.append((had[pair[0].value], pair))
    return found


def _lines(pair: Pair) -> tuple[int, int]:
    return pair[0].start_mark.line, _end(pair[1]).line + 1


def _end(node: yaml.Node) -> yaml.Mark:
    """Return where a value ends; that of a block ends with its last entry, before any comment."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return _end(last[1] if isinstance(last, tuple) else last)
    return node.end_mark


def _text(old: Pair, new: Pair, base: str, changes: str) -> str:
    """Return the new key's lines; one without a comment takes over that of the old one's line."""
    begin, end = _lines(new)
    text = "\n".join(changes.splitlines()[begin:end])
    before, after = _lines(old)
    line = base.splitlines()[before]
    comment = line[_end(old[1]).column :].lstrip()
    is_one_line = end - begin == after - before == 1
    if not is_one_line or not comment or text[_end(new[1]).column :].strip():
        return f"{text}\n"
    beside = f"{text.rstrip():<{len(line) - len(comment) - 2}}  {comment}"
    if len(beside) <= WIDTH:
        return f"{beside}\n"
    return f"{' ' * new[0].start_mark.column}{comment}\n{text}\n"


def _merged(base: Any, changes: Any, above: str = "") -> Any:
    if above.rstrip(".") in NAMED or not (isinstance(base, dict) and isinstance(changes, dict)):
        return changes
    return base | {key: _merged(base[key], changes[key], f"{above}{key}.") for key in changes}


def _says(text: str, expected: Any) -> bool:
    try:
        return bool(yaml.safe_load(text) == expected)
    except yaml.YAMLError:
        return False
