r"""GLiNER's training data: words, and entities by their first and last word.

GLiNER cuts texts with ``\w+(?:[-_]\w+)*|\S`` unless it is told otherwise, where it learns from
raw text and where it predicts. That makes one word of a clause of Thai or Chinese, in which no
entity begins or ends (`gliner_tokens`). With ICU's words they do, but a model that learnt them must
be given them later too: ``model.data_processor.words_splitter = splitter`` (of
`finerweb.exports.tokens`). So both can be had: ``icu`` loses little in all scripts, ``gliner``
loses little where words have blanks between them, and needs nothing further.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from finerweb.exports.arrays import write_array
from finerweb.exports.loss import Ledger
from finerweb.exports.source import entities
from finerweb.exports.tokens import SPLITTERS, Placed, placed
from finerweb.records import Entity
from finerweb.tables.io import Row


@dataclass(frozen=True, slots=True)
class Gliner:
    """Examples ``{"tokenized_text", "ner": [[first, last, label], ...], "id"}``, `last` included.

    ``words`` is one of `SPLITTERS`. A model reads ``max_words`` words: a longer passage
    becomes several examples, cut where no entity is. It has spans of ``max_width`` words: wider
    entities are left out. Both are of the model's configuration (``max_len``, ``max_width``).
    """

    words: str
    max_words: int
    max_width: int
    suffix: ClassVar[str] = ".json"

    def write(self, rows: Iterable[Row], path: Path, ledger: Ledger) -> None:
        """Write the rows of a language and split."""
        write_array(path, (one for row in rows for one in self._examples(row, ledger)))

    def beside(self) -> dict[str, str]:
        """Return no further files."""
        return {}

    def _examples(self, row: Row, ledger: Ledger) -> Iterator[Row]:
        tokens = SPLITTERS[self.words](row["text"])
        texts = [row["text"][start:end] for start, end in tokens]
        spans = self._held(row, *placed(entities(row), tokens), ledger)
        begin = 0
        for end in _cuts(len(tokens), spans, self.max_words):
            here = [one for one in spans if begin <= one[0] and one[1] <= end]
            ledger.keep(row, len(here))
            ner = [[first - begin, after - begin - 1, e.labels[0]] for first, after, e in here]
            yield {"tokenized_text": texts[begin:end], "ner": ner, "id": row["id"]}
            for _, _, entity in (one for one in spans if begin <= one[0] < end < one[1]):
                ledger.lose(row, entity, entity.labels[:1], "longer than an example")
            begin = end

    def _held(
        self, row: Row, inside: Iterable[Placed], outside: Iterable[Entity], ledger: Ledger
    ) -> list[Placed]:
        """Return the entities that an example can have, of each its first label."""
        for entity in outside:
            ledger.lose(row, entity, entity.labels, "not on token borders")
        held: dict[tuple[int, int], Placed] = {}
        for first, after, entity in inside:
            if after - first > self.max_width:
                ledger.lose(row, entity, entity.labels, "wider than a span of the model")
                continue
            # GLiNER learns one label of a span: the last that stands there.
            is_new = held.setdefault((first, after), (first, after, entity))[2] is entity
            ledger.lose(row, entity, entity.labels[is_new:], "several labels to one span")
        return list(held.values())


def _cuts(n: int, spans: Sequence[Placed], most: int) -> Iterator[int]:
    """Yield where examples of at most ``most`` of n words end, inside no entity where possible."""
    crossed = {i for first, after, _ in spans for i in range(first + 1, after)}
    begin = 0
    while n - begin > most:
        farthest = begin + most
        begin = next((at for at in range(farthest, begin, -1) if at not in crossed), farthest)
        yield begin
    if n:
        yield n
