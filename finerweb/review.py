"""Corrected tasks of Label Studio as gold."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from finerweb.corpus.reviewed import SUFFIX, Reviewed, read_reviewed, write_reviewed
from finerweb.languages import language
from finerweb.records import SEPARATOR, Span
from finerweb.tally import Tally

NEEDED = ("text", "passage_id", "language")
TASKS = "export them as JSON (not JSON-MIN) from a project made by `finerweb export label-studio`"


@dataclass(slots=True)
class Review:
    """The reviewed passages by language and id, and what was counted on the way.

    ``tasks`` are seen, and kept where people annotated them; ``regions`` are those of the
    annotations, and ``notes`` counts what was chosen among several.
    """

    passages: dict[str, dict[str, Reviewed]] = field(default_factory=dict)
    tasks: Tally = field(default_factory=Tally)
    regions: Tally = field(default_factory=Tally)
    notes: Counter[str] = field(default_factory=Counter)


def review(tasks: Iterable[Mapping[str, Any]]) -> Review:
    """Return what people made of tasks that `finerweb export label-studio` wrote.

    Of a task's annotations the one marked as ground truth counts, else the last one that was
    updated; predictions never do. Several labels of a place become one type, as in ``person /
    human``, in the order of the alphabet.

    Raises:
        ValueError: a task is none of such an export, is of a sentence, or stands there twice with
            annotations; or a region is not where its text is. The message names the task.
    """
    found = Review()
    for number, task in enumerate(tasks, 1):
        where = f"task {task.get('id', f'number {number}')}"
        data = _data(task, where)
        annotation = _chosen(task["annotations"], found)
        if annotation is None:
            continue
        code = language(data["language"]).code
        passages = found.passages.setdefault(code, {})
        if data["passage_id"] in passages:
            raise ValueError(
                f"{where}: passage {data['passage_id']} was annotated in a task before it too; "
                "expected one task a passage: take one of them out"
            )
        entities = _entities(annotation.get("result", ()), data["text"], where, found.regions)
        passages[data["passage_id"]] = Reviewed(data["passage_id"], data["text"], entities)
    return found


def save(found: Review, gold: Path) -> None:
    """Add reviewed passages to a folder; those of the same ids are replaced, others stay."""
    for code, passages in sorted(found.passages.items()):
        path = gold / f"{code}{SUFFIX}"
        write_reviewed(path, (read_reviewed(path) | passages).values())


def _data(task: Mapping[str, Any], where: str) -> Mapping[str, str]:
    """Return a task's data, of a passage, where it has annotations at all."""
    data = task.get("data")
    if not isinstance(data, dict) or "annotations" not in task:
        raise ValueError(f"{where}: expected `data` and `annotations`: {TASKS}")
    missing = [name for name in NEEDED if not isinstance(data.get(name), str)]
    if missing:
        raise ValueError(f"{where}: its data has no {' and no '.join(missing)}: {TASKS}")
    if "sentence_id" in data:
        raise ValueError(
            f"{where}: is of a sentence, but gold is of whole passages: review an export of the "
            "variant of passages (without -sentences)"
        )
    return data


def _chosen(annotations: Sequence[Mapping[str, Any]], found: Review) -> Mapping[str, Any] | None:
    """Return the annotation that counts, and count the task."""
    done = [one for one in annotations if not (one.get("was_cancelled") or one.get("skipped"))]
    if not done:
        found.tasks.drop("skipped" if annotations else "no annotation")
        return None
    found.tasks.keep()
    found.notes["several annotations, one taken"] += len(done) > 1
    return max(done, key=lambda one: (bool(one.get("ground_truth")), _updated(one)))


def _updated(annotation: Mapping[str, Any]) -> tuple[str, int]:
    when = annotation.get("updated_at") or annotation.get("created_at") or ""
    return str(when), int(annotation.get("id") or 0)


def _entities(
    regions: Iterable[Mapping[str, Any]], text: str, where: str, tally: Tally
) -> tuple[Span, ...]:
    places: dict[tuple[int, int], set[str]] = {}
    for region in regions:
        value = region.get("value", {})
        labels = value.get("labels") or []
        if region.get("type") != "labels" or not labels:
            tally.drop("no label" if region.get("type") == "labels" else "not a span of text")
            continue
        tally.keep()
        places.setdefault(_place(value, text, where), set()).update(labels)
    return tuple(
        Span(start, end, SEPARATOR.join(sorted(labels)))
        for (start, end), labels in sorted(places.items())
    )


def _place(value: Mapping[str, Any], text: str, where: str) -> tuple[int, int]:
    """Return where a region is, and check that it is what it says.

    Label Studio writes line breaks in its copy of the surface as a backslash and an n.
    """
    start, end, surface = (value.get(name) for name in ("start", "end", "text"))
    if not (isinstance(start, int) and isinstance(end, int) and 0 <= start < end <= len(text)):
        raise ValueError(
            f"{where}: the region [{start}, {end}) is not in its text of {len(text)} code points"
        )
    there = text[start:end]
    if surface is None or _plain(surface) == _plain(there):
        return start, end
    raise ValueError(
        f"{where}: the region [{start}, {end}) is {surface!r}, but there stands {there!r}; "
        "expected code points of the text: early releases of Label Studio count an emoji twice, "
        "and all trim blanks without the labelling interface of the export (label_config.xml)"
    )


def _plain(text: str) -> str:
    return "".join(text.replace("\\n", " ").split())
