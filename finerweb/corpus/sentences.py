"""Where sentences start and end: by ICU's rules, or by a Segment-Any-Text model."""

import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import accumulate, pairwise

from finerweb.corpus.segmentation import sentence_starts
from finerweb.models import resolve
from finerweb.params.variants import SatParams

Borders = tuple[tuple[int, int], ...]
"""A text's sentences, [start, end) in code points, without the white space around them."""
Split = Callable[[Sequence[str]], list[Borders]]
"""The sentences of each text; every code point but white space is in one."""
TEXTS = 4096
"""Texts whose sentences are remembered: every variant of a language has the same."""


def icu(texts: Sequence[str]) -> list[Borders]:
    """Return the sentences of texts by ICU's rules for the root locale."""
    return [_icu(text) for text in texts]


@lru_cache(maxsize=TEXTS)
def _icu(text: str) -> Borders:
    return _bare(text, [*sentence_starts(text).tolist(), len(text)])


class Sat:
    """Sentences by a Segment-Any-Text model (arXiv 2406.16678), through `wtpsplit`."""

    def __init__(self, params: SatParams) -> None:
        """Load the model, onto a GPU where there is one.

        Raises:
            ValueError: `wtpsplit` is not installed.
        """
        try:
            from wtpsplit import SaT
        except ImportError as error:
            raise ValueError(
                f"variants.sentences is sat, which needs wtpsplit ({error}): "
                "install finerweb with the extra `sat`"
            ) from error
        import torch

        self._model = SaT(
            str(resolve(params.model)), tokenizer_name_or_path=str(resolve(params.tokenizer))
        )
        if torch.cuda.is_available():
            self._model.half().to("cuda")
        self._threshold = params.threshold
        self._known: dict[str, Borders] = {}

    def __call__(self, texts: Sequence[str]) -> list[Borders]:
        """Return the sentences of texts; those of a language's next variants are remembered."""
        new = list(dict.fromkeys(text for text in texts if text not in self._known))
        if len(self._known) + len(new) > TEXTS:
            self._known = {text: self._known[text] for text in texts if text in self._known}
        self._known.update(zip(new, self._split(new), strict=True))
        return [self._known[text] for text in texts]

    def _split(self, texts: Sequence[str]) -> Iterator[Borders]:
        with warnings.catch_warnings():
            # Lines stay whole, so that its pieces are the text; it warns of every call.
            warnings.simplefilter("ignore", UserWarning)
            pieces: Iterable[list[str]] = self._model.split(
                list(texts), threshold=self._threshold, split_on_input_newlines=False
            )
            for text, found in zip(texts, pieces, strict=True):
                yield _bare(text, [0, *accumulate(map(len, found))])


def _bare(text: str, borders: Sequence[int]) -> Borders:
    """Return what stands between borders, without the white space around it."""
    found = []
    for start, end in pairwise(borders):
        piece = text[start:end]
        first = start + len(piece) - len(piece.lstrip())
        last = start + len(piece.rstrip())
        if first < last:
            found.append((first, last))
    return tuple(found)
