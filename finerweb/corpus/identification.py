"""Language identification with a fastText model: lid.176 or GlotLID, told apart by their labels."""

import re
from pathlib import Path
from typing import Protocol

from finerweb.corpus.scripts import share_in_script
from finerweb.languages import language

ENGLISH_FROM = 0.5
"""Text is English where that is more likely than not.

lid.176 calls Xhosa and Somali English, at 0.1 to 0.27; English itself it calls so at 0.95 and more.
"""
LATIN_FROM = 0.5
"""English text has at least this share of Latin letters."""


class Identifier(Protocol):
    """Names the language of a text."""

    def __call__(self, text: str) -> tuple[str | None, float]:
        """Return the identifier's own label and its probability; None where it cannot tell."""


def load_identifier(path: Path) -> Identifier:
    """Return the identifier in a fastText model file, or in a folder that holds one.

    Raises:
        ValueError: it is no fastText model, or its labels name no languages.
    """
    import fasttext

    file = _model_file(path)
    model = fasttext.load_model(str(file))
    labels = [label.removeprefix("__label__") for label in model.get_labels()]
    if not any(language("eng_Latn").is_named(label) for label in labels):
        raise ValueError(
            f"{file}: expected a language identifier with the labels of lid.176 (en) or GlotLID "
            f"(eng_Latn), got {', '.join(labels[:5])}, ...; name another identifier in params.yaml"
        )
    # lid.176 is case-sensitive for the worse ("Ótimo" is Hungarian to it). GlotLID was trained on
    # text as it stands, and FineWeb-2 labelled by it so. Lower-casing changes offsets, but nothing
    # of this text is kept.
    as_it_stands = any(re.fullmatch("[a-z]{3}_[A-Z][a-z]{3}", label) for label in labels)

    def identify(text: str) -> tuple[str | None, float]:
        # fastText raises on a newline, and gives blank text a confident label.
        line = " ".join((text if as_it_stands else text.lower()).split())
        if not any(map(str.isalpha, line)):
            return None, 0.0
        found, probabilities = model.predict([line], k=1)
        return found[0][0].removeprefix("__label__"), min(float(probabilities[0][0]), 1.0)

    return identify


def _model_file(path: Path) -> Path:
    """Return the one fastText model of a folder, of GlotLID's the third; a file is its own."""
    if not path.is_dir():
        return path
    files = sorted([*path.glob("*.ftz"), *path.glob("*.bin")])
    third = [file for file in files if file.name == "model_v3.bin"]
    if len(third or files) != 1:
        found = ", ".join(file.name for file in files) or "none"
        raise ValueError(f"{path}: expected one fastText model (*.ftz, *.bin), found {found}")
    return (third or files)[0]


def accept(text: str, code: str, check: str, identify: Identifier) -> bool:
    """Return whether a passage passes the language check.

    ``reject_english`` is the paper's: only what is identified as English is refused, and nothing of
    an English corpus; what has mostly letters of other scripts is not English, whatever a model
    says (and is not shown to it: identification takes longer than all other checks). ``match``
    wants a label that means the language (`Language.is_named`), and refuses all text of a language
    that the identifier does not know. ``none`` accepts everything.
    """
    if check == "none":
        return True
    if check == "match":
        label, _ = identify(text)
        return label is not None and language(code).is_named(label)
    if code == "eng_Latn" or share_in_script(text, "Latn") < LATIN_FROM:
        return True
    label, probability = identify(text)
    is_english = label is not None and language("eng_Latn").is_named(label)
    return not is_english or probability < ENGLISH_FROM
