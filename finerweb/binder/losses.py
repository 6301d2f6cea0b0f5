"""The losses of Zhang et al. (2023), section 3: InfoNCE against the threshold and the negatives.

For each window and type, everything a span could be competes: the spans that are no entities of the
type (negatives), each that is one (a positive), and the span of [CLS], which is the threshold. Each
positive is to outscore threshold and negatives; the threshold is to outscore the negatives. The
same holds for the first tokens and the last ones of spans by themselves. The weights are those of
the published code: start .2, end .2, span .6; half for positives, half for thresholds.
"""

from dataclasses import dataclass
from typing import Any

from finerweb.params.train_binder import WeightParams

PARTS = ("start", "end", "span")


@dataclass(frozen=True, slots=True)
class Scores:
    """How well tokens and spans fit types, by learnt temperatures; at place 0 is the threshold.

    ``start`` and ``end`` are (batch, types, tokens), ``span`` is (batch, types, tokens, widths):
    spans by their first token and their width less one.
    """

    start: Any
    end: Any
    span: Any


def negatives(starts: Any, ends: Any, taken: Any, types: int, widths: int) -> dict[str, Any]:
    """Return what competes with a positive, by part, in the shapes of `Scores`; booleans.

    ``starts`` and ``ends`` (batch, tokens) say where spans can start and end; ``taken``
    (entities, 4) is what is no negative: (window, type, first token, width - 1). The threshold's
    place 0 is always among them.
    """
    window, kind, first, width = taken.unbind(1)
    spans = starts[:, :, None] & banded(ends, widths)
    found = {}
    for part, possible in (("start", starts), ("end", ends), ("span", spans)):
        found[part] = possible[:, None].repeat(1, types, *[1] * (possible.dim() - 1))
    found["start"][window, kind, first] = False
    found["end"][window, kind, first + width] = False
    found["span"][window, kind, first, width] = False
    for part in PARTS:
        found[part].flatten(2)[..., 0] = True
    return found


def banded(values: Any, widths: int) -> Any:
    """Return the value ``i`` tokens further on, (..., tokens, widths), from (..., tokens).

    Beyond the last token it is 0, or False.
    """
    from torch.nn.functional import pad

    return pad(values, (0, widths - 1)).unfold(-1, widths, 1)


def losses(scores: Scores, negative: dict[str, Any], positives: Any) -> dict[str, Any]:
    """Return the parts of the loss: ``contrast_start``, ``threshold_start`` and so on.

    ``negative`` is what `negatives` returns, ``positives`` is (entities, 4) as there. Contrasts are
    means over the positives (0 without one), thresholds over windows and types.
    """
    window, kind, first, width = positives.unbind(1)
    widths = scores.span.shape[-1]
    places = {"start": first, "end": first + width, "span": first * widths + width}
    parts = {}
    for part in PARTS:
        flat = getattr(scores, part).flatten(2)
        rivals = flat.masked_fill(~negative[part].flatten(2), -float("inf")).logsumexp(-1)
        parts[f"threshold_{part}"] = (rivals - flat[..., 0]).mean()
        found = flat[window, kind, places[part]]
        against = rivals[window, kind].logaddexp(found) - found
        parts[f"contrast_{part}"] = against.mean() if len(positives) else against.sum()
    return parts


def total(parts: dict[str, Any], weights: WeightParams) -> Any:
    """Return the weighted sum of the parts of a loss."""
    found = 0.0
    for part in PARTS:
        whole = weights.contrast * parts[f"contrast_{part}"]
        whole = whole + weights.threshold * parts[f"threshold_{part}"]
        found = found + getattr(weights, part) * whole
    return found
