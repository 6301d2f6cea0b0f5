"""Examples to windows with their entities: what is dropped on the way, and what is moved."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from finerweb.binder.batches import Placed
from finerweb.binder.examples import Example
from finerweb.binder.windows import Window, windows
from finerweb.params.train_binder import ModelParams
from finerweb.records import Span
from finerweb.tally import Tally


@dataclass(frozen=True, slots=True)
class Prepared:
    """Examples cut to windows, and what was counted: entities, windows, texts that gave several.

    ``moved`` are the entities kept with a border moved to that of a token.
    """

    placed: list[Placed]
    entities: Tally
    cut: int
    moved: int

    def metrics(self) -> dict[str, object]:
        """Return the counts for a metrics file."""
        return {
            "entities": self.entities.metrics() | {"moved_to_tokens": self.moved},
            "windows": len(self.placed),
            "passages_cut": self.cut,
            "types": len({kind for one in self.placed for _, _, kind in one.entities}),
        }


def prepare(tokenizer: Any, examples: Sequence[Example], params: ModelParams) -> Prepared:
    """Return the windows of examples with their entities, each entity in every window that has it.

    An entity is dropped where it is wider than ``max_width`` tokens, or no window has all of it.
    """
    cut = windows(tokenizer, [one.text for one in examples], params.max_length, params.stride)
    found: list[set[tuple[int, int, str]]] = [set() for _ in cut]
    of_text: list[list[int]] = [[] for _ in examples]
    for number, window in enumerate(cut):
        of_text[window.text].append(number)
    tally, moved = Tally(), 0
    for example, numbers in zip(examples, of_text, strict=True):
        for span in example.spans:
            places = [(n, place) for n in numbers if (place := cut[n].place(span))]
            narrow = [(n, p) for n, p in places if p[1] - p[0] < params.max_width]
            if not narrow:
                tally.drop("wider than max_width" if places else "in no window")
                continue
            tally.keep()
            for n, (first, last) in narrow:
                found[n].add((first, last - first + 1, span.type))
            moved += not _is_exact(span, cut[narrow[0][0]], narrow[0][1])
    placed = [Placed(w, tuple(sorted(some))) for w, some in zip(cut, found, strict=True)]
    return Prepared(placed, tally, sum(len(numbers) > 1 for numbers in of_text), moved)


def _is_exact(span: Span, window: Window, place: tuple[int, int]) -> bool:
    return (window.starts[place[0]], window.ends[place[1]]) == (span.start, span.end)
