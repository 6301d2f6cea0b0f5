"""Whether the human-labelled sets that params name are here, and not learnt from."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from finerweb.checks.check import Check
from finerweb.gold.files import files
from finerweb.params.evaluate import SAMPLE

LOOKED_FOR, SCORED = "passages.evaluation_texts", "evaluate.sets"


def gold_sets(params: Mapping[str, Any]) -> Iterator[Check]:
    """Yield, for each set, whether its files are here; one that may be learnt from has a note."""
    looked_for = params["passages"]["evaluation_texts"]
    scored = [one for one in params["evaluate"]["sets"] if one["kind"] != SAMPLE]
    known = set(map(_place, looked_for))
    knobs = dict.fromkeys(known, LOOKED_FOR) | dict.fromkeys(map(_place, scored), SCORED)
    for place, knob in sorted(knobs.items(), key=lambda pair: pair[0][1]):
        yield _set(*place[1:], knob, place in known)


def _place(one: Mapping[str, Any]) -> tuple[str, str, str | None]:
    return one["kind"], one["path"], one["split"]


def _set(path: str, split: str | None, knob: str, is_looked_for: bool) -> Check:
    name = f"gold set {path}"
    try:
        n = len(files(Path(path), split, knob))
    except FileNotFoundError as error:
        return Check(name, "wrong", str(error), "docs/gold.md says where sets are to be had")
    if not is_looked_for:
        todo = f"name it in {LOOKED_FOR} as well, with kind, path and split (docs/gold.md)"
        said = f"not in {LOOKED_FOR}: predict refuses it if a training passage shares its words"
        return Check(name, "note", said, todo)
    return Check(name, "ok", f"{n} file{'s' * (n > 1)}")
