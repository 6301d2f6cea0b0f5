"""Where sentences start and end, by a Segment-Any-Text model (arXiv 2406.16678)."""

import warnings
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate

from finerweb.corpus.sentences import TEXTS, Borders, Split, bare, icu
from finerweb.models import resolve
from finerweb.params.variants import SatParams, VariantsParams


def splitter(params: VariantsParams) -> Split | None:
    """Return what cuts texts into sentences, by what params say; None where nothing does.

    Raises:
        ValueError: as `Sat`.
    """
    if params.sentences == "sat":
        return Sat(params.sat)
    return icu if params.sentences == "icu" else None


class Sat:
    """Sentences of texts, through `wtpsplit`."""

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
                yield bare(text, [0, *accumulate(map(len, found))])
