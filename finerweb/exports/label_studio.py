"""Label Studio: tasks with the entities as predictions, for people to correct.

Offsets are code points: Label Studio's editor turns the browser's UTF-16 units into them, both ways
(its first releases did not, and everything behind an emoji was off). `data` has what `finerweb
review import` needs: the passage's id and language. Nothing is lost but labels that XML cannot
hold: overlaps and several labels to one span are regions like others.
"""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from xml.sax.saxutils import quoteattr

from finerweb.exports.arrays import write_array
from finerweb.exports.loss import Ledger
from finerweb.exports.source import entities
from finerweb.records import Entity
from finerweb.tables.io import Row

CONTROL, OBJECT = "label", "text"
"""Names of the tags that a region comes from and belongs to."""
CONFIG = "label_config.xml"
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class LabelStudio:
    """Tasks of a language and split, and one labelling interface with the labels of all."""

    suffix = ".json"

    def __init__(self, variant: str) -> None:
        self._variant = variant
        self._labels: set[str] = set()

    def write(self, rows: Iterable[Row], path: Path, ledger: Ledger) -> None:
        """Write the rows of a language and split."""
        write_array(path, (self._task(row, ledger) for row in rows))

    def beside(self) -> dict[str, str]:
        """Return the labelling interface, to be pasted into the project's settings.

        White space is shown as it is: Label Studio otherwise trims it, and offsets are off.
        """
        labels = "".join(f"    <Label value={quoteattr(one)}/>\n" for one in sorted(self._labels))
        return {
            CONFIG: "<View>\n"
            "  <Style>.htx-text { white-space: pre-wrap; }</Style>\n"
            f'  <Filter name="filter" toName="{CONTROL}" minlength="0"/>\n'
            f'  <Labels name="{CONTROL}" toName="{OBJECT}" choice="multiple">\n'
            f"{labels}"
            "  </Labels>\n"
            f'  <Text name="{OBJECT}" value="$text" valueType="text"/>\n'
            "</View>\n"
        }

    def _task(self, row: Row, ledger: Ledger) -> Row:
        passage = row.get("passage_id", row["id"])
        data = {"text": row["text"], "passage_id": passage, "language": row["language"]}
        if "passage_id" in row:
            data |= {"sentence_id": row["id"], "start": row["start"]}
        regions = list(self._regions(row, ledger))
        return {"data": data, "predictions": [{"model_version": self._variant, "result": regions}]}

    def _regions(self, row: Row, ledger: Ledger) -> Iterator[Row]:
        for number, entity in enumerate(entities(row)):
            labels = [label for label in entity.labels if not _NOT_IN_XML.search(label)]
            lost = [label for label in entity.labels if label not in labels]
            ledger.lose(row, entity, lost, "label with a character that XML has not")
            ledger.keep(row, len(labels))
            self._labels.update(labels)
            if labels:
                yield _region(row["text"], entity, labels, f"e{number}")


def _region(text: str, entity: Entity, labels: list[str], name: str) -> Row:
    surface = text[entity.start : entity.end]
    return {
        "id": name,
        "from_name": CONTROL,
        "to_name": OBJECT,
        "type": "labels",
        "value": {"start": entity.start, "end": entity.end, "text": surface, "labels": labels},
    }
