"""From scores to entities: flat, the best first, each above its type's threshold."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from finerweb.batching import by_length
from finerweb.binder.batches import padded
from finerweb.binder.losses import banded
from finerweb.binder.model import Binder
from finerweb.binder.windows import Window, windows
from finerweb.flat import flat
from finerweb.records import Span


@dataclass(frozen=True, slots=True)
class Found:
    """A span that scores ``margin`` above the threshold of its type."""

    span: Span
    margin: float

    @property
    def start(self) -> int:
        """Return where it begins."""
        return self.span.start

    @property
    def end(self) -> int:
        """Return where it ends."""
        return self.span.end

    @property
    def probability(self) -> float:
        """Return the odds of the span against the threshold alone, as a probability."""
        return 1 / (1 + math.exp(-max(self.margin, -700.0)))


def best(found: Iterable[Found]) -> list[Found]:
    """Return spans that do not overlap, in text order: of those that do, the highest margin's.

    Of equal margins the span that starts first goes before, then the shorter, then by type.
    """
    return flat(sorted(found, key=lambda f: (-f.margin, f.span)))


def entities(
    binder: Binder,
    texts: Sequence[str],
    types: Sequence[str],
    tokens: int,
    precision: str = "float32",
    margin: float = 0.0,
) -> list[list[Found]]:
    """Return the entities of each text, of the given types, in text order.

    Batches hold ``tokens`` tokens with their padding. Spans must score more than ``margin`` above
    their type's threshold. Where windows share tokens, a span counts as its best window's.
    """
    margins_of: list[dict[Span, float]] = [{} for _ in texts]
    for window, scores in _margins(binder, texts, types, tokens, precision):
        of_text = margins_of[window.text]
        for kind, first, width in (scores > margin).nonzero().tolist():
            start, end = int(window.starts[first]), int(window.ends[first + width])
            span = Span(start, end, types[kind])
            of_text[span] = max(of_text.get(span, -math.inf), float(scores[kind, first, width]))
    return [best(Found(span, value) for span, value in some.items()) for some in margins_of]


def margins(
    binder: Binder,
    texts: Sequence[str],
    spans: Sequence[Sequence[Span]],
    tokens: int,
    precision: str = "float32",
) -> list[list[float | None]]:
    """Return how far each given span of each text scores above its type's threshold.

    None where no window has all of a span, or it is wider than the model's spans; otherwise its
    best window's.
    """
    types = sorted({span.type for some in spans for span in some})
    known: list[list[float | None]] = [[None] * len(some) for some in spans]
    if not types:
        return known
    for window, scores in _margins(binder, texts, types, tokens, precision):
        for i, span in enumerate(spans[window.text]):
            place = window.place(span)
            if place and place[1] - place[0] < binder.params.max_width:
                found = float(scores[types.index(span.type), place[0], place[1] - place[0]])
                before = known[window.text][i]
                known[window.text][i] = found if before is None else max(before, found)
    return known


def _margins(
    binder: Binder, texts: Sequence[str], types: Sequence[str], tokens: int, precision: str
) -> Iterable[tuple[Window, Any]]:
    """Yield each window with its margins, (types, tokens, widths); -inf where no span can be."""
    import torch

    if not types:
        raise ValueError("no type to look for: expected at least one")
    params, device = binder.params, binder.device
    cut = windows(binder.text.tokenizer, texts, params.max_length, params.stride)
    halved = torch.autocast(device.type, torch.bfloat16, enabled=precision == "bfloat16")
    binder.modules.eval()
    with torch.inference_mode(), halved:
        kinds = binder.type_vectors(types) if texts else None
        for batch in by_length([len(one.ids) for one in cut], tokens):
            some = [cut[i] for i in batch]
            arrays = (torch.from_numpy(array).to(device) for array in padded(some))
            ids, mask, starts, ends = arrays
            scores = binder.span_scores(binder.token_vectors(ids, mask), kinds)
            above = scores - scores[:, :, :1, :1]
            can = (starts[:, :, None] & banded(ends, params.max_width))[:, None]
            above = above.masked_fill(~can, -math.inf).cpu()
            if above.isnan().any():
                raise ValueError(f"a score for text {some[0].text} or its neighbours is no number")
            yield from zip(some, above, strict=True)
