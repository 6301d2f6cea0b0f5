"""Language identification with fastText's lid.176."""

from pathlib import Path
from typing import Protocol

from finerweb.languages import language


class Identifier(Protocol):
    """Names the language of a text."""

    def __call__(self, text: str) -> tuple[str | None, float]:
        """Return the identifier's own label and its probability; None where it cannot tell."""


def load_identifier(path: Path) -> Identifier:
    """Return the identifier in a fastText model file."""
    import fasttext

    model = fasttext.load_model(str(path))

    def identify(text: str) -> tuple[str | None, float]:
        # lid.176 is case-sensitive for the worse ("Ótimo" is Hungarian to it), raises on a
        # newline, and gives blank text a confident label. Lower-casing changes offsets, but
        # nothing of this text is kept.
        line = " ".join(text.lower().split())
        if not any(map(str.isalpha, line)):
            return None, 0.0
        labels, probabilities = model.predict([line], k=1)
        return labels[0][0].removeprefix("__label__"), min(float(probabilities[0][0]), 1.0)

    return identify


def accept(text: str, code: str, check: str, identify: Identifier) -> bool:
    """Return whether a passage passes the language check.

    ``reject_english`` is the paper's: only what is identified as English is refused, and nothing
    of an English corpus. ``match`` wants the language itself, and refuses all text of a language
    that lid.176 does not know. ``none`` accepts everything.
    """
    if check == "none":
        return True
    label, _ = identify(text)
    if check == "match":
        return label is not None and label == language(code).lid176
    return label != "en" or code == "eng_Latn"
