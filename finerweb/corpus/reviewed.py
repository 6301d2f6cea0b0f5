"""Gold that people made of the dataset's own passages: `gold/<language>.jsonl`, a line a passage.

``{"passage_id", "text", "entities": [[start, end, type], ...]}``, sorted, offsets in code points of
``text``. It takes the place of the gold that the passages' documents brought.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from finerweb.languages import language
from finerweb.records import Span, check_text
from finerweb.tables.io import replacing, stream_tables, writing
from finerweb.tables.passages import PASSAGES
from finerweb.tally import Tally

SUFFIX = ".jsonl"


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A passage with the entities that people say it has, in text order."""

    passage_id: str
    text: str
    entities: tuple[Span, ...]

    def __post_init__(self) -> None:
        """Check the text and the entities.

        Raises:
            ValueError: for unusable text, or an entity that runs past it.
        """
        check_text(self.text, f"passage {self.passage_id}")
        for span in self.entities:
            if span.end > len(self.text):
                raise ValueError(
                    f"span [{span.start}, {span.end}) ends past passage {self.passage_id} "
                    f"({len(self.text)} code points); were offsets counted in UTF-16 or bytes?"
                )


def read_reviewed(path: Path) -> dict[str, Reviewed]:
    """Return the reviewed passages of a language by their ids; none where there is no file.

    Raises:
        ValueError: a line is none of a reviewed passage, naming file and line.
    """
    if not path.is_file():
        return {}
    found: dict[str, Reviewed] = {}
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            try:
                one = _reviewed(line)
                if one.passage_id in found:
                    raise ValueError(f"passage {one.passage_id} stands there twice")
            except ValueError as error:
                raise ValueError(f"{path}, line {number}: {error}") from error
            found[one.passage_id] = one
    return found


def _reviewed(line: str) -> Reviewed:
    try:
        row = json.loads(line)
        spans = (Span(int(start), int(end), str(kind)) for start, end, kind in row["entities"])
        return Reviewed(row["passage_id"], row["text"], tuple(sorted(spans)))
    except (KeyError, TypeError) as error:
        raise ValueError(
            "expected an object with `passage_id`, `text` and `entities`, a list of [start, end, "
            f"type], got {line.strip()[:60]!r}"
        ) from error


def write_reviewed(path: Path, passages: Iterable[Reviewed]) -> None:
    """Write the reviewed passages of a language, sorted by their ids."""
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8", newline="\n") as file:
        for one in sorted(passages, key=lambda one: one.passage_id):
            entities = [[span.start, span.end, span.type] for span in sorted(one.entities)]
            row = {"passage_id": one.passage_id, "text": one.text, "entities": entities}
            file.write(json.dumps(row, ensure_ascii=False) + "\n")


def reviewed_languages(gold: Path) -> Iterator[str]:
    """Yield the languages that a folder has reviewed passages of, sorted.

    Raises:
        ValueError: a file is not named for a known language.
    """
    for path in sorted(gold.glob(f"*{SUFFIX}")):
        yield language(path.stem).code


def take_reviewed(gold: Path, passages: Path) -> dict[str, Tally]:
    """Give the passages of a folder their reviewed gold, in place; return the counts by language.

    Counted are the reviewed passages; a passage that is not there any more, since the source or the
    rules of cutting changed, is dropped as ``no such passage``.

    Raises:
        ValueError: a reviewed text is not that of the passage.
    """
    tallies = {}
    for code in reviewed_languages(gold):
        tallies[code] = Tally()
        path = gold / f"{code}{SUFFIX}"
        reviewed = read_reviewed(path)
        table = passages / f"{code}.parquet"
        if table.is_file():
            tallies[code].keep(_rewrite(table, reviewed, path))
        tallies[code].drop("no such passage", len(reviewed) - tallies[code].kept)
    return tallies


def _rewrite(table: Path, reviewed: Mapping[str, Reviewed], path: Path) -> int:
    """Return how many of a table's passages got reviewed gold."""
    taken = 0
    with writing(table, PASSAGES) as append:
        for rows in stream_tables(table, PASSAGES):
            found = rows.select(["passage_id", "text", "gold"]).to_pylist()
            for row in found:
                one = reviewed.get(row["passage_id"])
                if one is None:
                    continue
                if one.text != row["text"]:
                    raise ValueError(_differs(one, row["text"], path))
                spans = one.entities
                row["gold"] = [{"start": s.start, "end": s.end, "type": s.type} for s in spans]
                taken += 1
            place = PASSAGES.schema.get_field_index("gold")
            gold = pa.array([row["gold"] for row in found], PASSAGES.schema.field(place).type)
            append(rows.set_column(place, PASSAGES.schema.field(place), gold))
    return taken


def _differs(one: Reviewed, text: str, path: Path) -> str:
    pairs = enumerate(zip(one.text, text, strict=False))
    at = next((i for i, (a, b) in pairs if a != b), min(len(one.text), len(text)))
    return (
        f"{path}: passage {one.passage_id} was reviewed as {one.text[at : at + 20]!r} at code "
        f"point {at}, where the passage now has {text[at : at + 20]!r}; its offsets would be "
        "wrong: review it anew, or take its line out"
    )
