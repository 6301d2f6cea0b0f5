"""What a format cannot hold: counted, with the reason, and named one by one."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import IO

from finerweb.languages import language
from finerweb.records import Entity
from finerweb.tables.io import Row
from finerweb.tally import Tally, by_language


class Ledger:
    """Counts the labels of entities that are exported, and those that are lost by reason.

    An entity with two labels counts twice, since a format may hold one of them. ``lost`` is a file
    open for writing: a line for each label that is lost.
    """

    def __init__(self, lost: IO[str]) -> None:
        self._lost = lost
        self._languages: dict[str, Tally] = defaultdict(Tally)
        self._notes: Counter[str] = Counter()

    def keep(self, row: Row, n: int) -> None:
        """Count n labels of a row as exported."""
        self._languages[row["language"]].keep(n)

    def lose(self, row: Row, entity: Entity, labels: Iterable[str], reason: str) -> None:
        """Count labels of an entity of a row as lost."""
        for label in labels:
            self._languages[row["language"]].drop(reason)
            place = {"id": row["id"], "start": entity.start, "end": entity.end, "label": label}
            line = json.dumps(place | {"reason": reason}, ensure_ascii=False)
            self._lost.write(line + "\n")

    def note(self, what: str, n: int) -> None:
        """Count labels that are exported, but not everywhere in the format."""
        if n:
            self._notes[what] += n

    def metrics(self) -> dict[str, object]:
        """Return the counts overall, by script and by language, and the notes."""
        scripts: dict[str, Tally] = {}
        for code, tally in sorted(self._languages.items()):
            script = language(code).script
            scripts[script] = scripts.get(script, Tally()) + tally
        by_script = {script: tally.metrics() for script, tally in sorted(scripts.items())}
        notes = dict(sorted(self._notes.items()))
        return by_language(self._languages, Tally()) | {"scripts": by_script, "notes": notes}
