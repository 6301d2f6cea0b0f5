"""How probable GLiNER finds given spans to be of given types."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from finerweb.gliner.batches import batch
from finerweb.gliner.words import Words, windows
from finerweb.records import Span


@dataclass(frozen=True, slots=True)
class _Question:
    """Some types in a window of a text: ``wanted`` has (span's number, first, last word, type)."""

    text: int
    window: tuple[int, int]
    types: list[str]
    wanted: list[tuple[int, int, int, int]]


def probabilities(
    model: Any,
    texts: Sequence[Words],
    spans: Sequence[Sequence[Span]],
    types_at_once: int,
    batch_size: int,
) -> list[list[float | None]]:
    """Return the probability of each given span of each text being of its type.

    It is GLiNER's own: the logistic function of its score for that span and that type. Candidates
    are the types of the text's spans, in the order of their names, ``types_at_once`` at a time: the
    model reads them together, and scores each by itself. Where windows share words, a span counts
    as the window's that finds it most probable.

    None where it is no run of whole words, has more of them than the model's spans, or its first or
    last word is beyond what the encoder reads.

    Raises:
        ValueError: a score is no number; or as `windows`.
    """
    known: list[list[float | None]] = [[None] * len(some) for some in spans]
    every = zip(texts, spans, strict=True)
    asked = [q for i, (t, s) in enumerate(every) for q in _questions(model, i, t, s, types_at_once)]
    model.eval()
    for begin in range(0, len(asked), batch_size):
        some = asked[begin : begin + batch_size]
        for question, (scores, is_read) in zip(some, _scores(model, texts, some), strict=True):
            mine = known[question.text]
            for number, first, last, kind in question.wanted:
                if bool(is_read[first, last - first]):
                    value = float(scores[first, last - first, kind])
                    before = mine[number]
                    mine[number] = value if before is None else max(before, value)
    return known


def _questions(
    model: Any, number: int, text: Words, spans: Sequence[Span], most: int
) -> Iterator[_Question]:
    """Yield what is asked about a text; windows in which no span is to be scored are left out."""
    width = model.config.max_width
    placed = [(i, place, span.type) for i, span in enumerate(spans) if (place := text.place(span))]
    narrow = [one for one in placed if one[1][1] - one[1][0] < width]
    types = sorted({span.type for span in spans})
    for begin, end in windows(len(text.words), model.config.max_len, width):
        here = [(i, a - begin, b - begin, t) for i, (a, b), t in narrow if begin <= a and b < end]
        for at in range(0, len(types), most):
            some = types[at : at + most]
            wanted = [(i, a, b, some.index(t)) for i, a, b, t in here if t in some]
            if wanted:
                yield _Question(number, (begin, end), some, wanted)


def _scores(
    model: Any, texts: Sequence[Words], asked: Sequence[_Question]
) -> Iterator[tuple[Any, Any]]:
    """Yield of each question the probabilities, (words, widths, types), and which spans are read.

    The latter are (words, widths).
    """
    import torch

    windows = [texts[one.text].words[slice(*one.window)] for one in asked]
    rows = [{"tokenized_text": list(some), "ner": []} for some in windows]
    given = batch(model, rows, [one.types for one in asked], is_lesson=False)
    with torch.inference_mode():
        scores = model(**given).logits.sigmoid().cpu()
    if scores.isnan().any():
        raise ValueError(f"a score for text {asked[0].text} or its neighbours is no number")
    is_read = given["span_mask"].reshape(len(asked), -1, model.config.max_width).cpu()
    yield from zip(scores, is_read, strict=True)
