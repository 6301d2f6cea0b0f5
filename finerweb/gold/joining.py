"""From tokens back to text: where each token stands, with blanks where the script has them."""

import re
from collections.abc import Sequence

from finerweb.gold.records import Place

_SPACELESS = re.compile(
    r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3000-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uffef]"
)
"""Thai and Lao, Burmese, Khmer, kana, Han, and their punctuation: no blank stands beside them."""


def joined(
    tokens: Sequence[str], space_after: Sequence[bool] | None = None
) -> tuple[str, list[Place]]:
    """Return the text of tokens, and where each stands in it.

    A blank stands where ``space_after`` says so. Without it: nowhere, if blanks are tokens
    themselves (ThaiNER has them); else between any two tokens but beside Thai, Han and their like.

    >>> joined(["ใน", "New", "York", "市"])
    ('ในNew York市', [(0, 2), (2, 5), (6, 10), (10, 11)])
    """
    if space_after is None and any(token and not token.strip() for token in tokens):
        space_after = [False] * len(tokens)
    text = ""
    places = []
    for i, token in enumerate(tokens):
        if text and (space_after[i - 1] if space_after is not None else _parted(text, token)):
            text += " "
        places.append((len(text), len(text) + len(token)))
        text += token
    return text, places


def _parted(text: str, token: str) -> bool:
    # An empty token, as a column file may have one, is neither text nor a blank.
    return bool(token) and not (_SPACELESS.match(text[-1]) or _SPACELESS.match(token[0]))


def found_in(text: str, tokens: Sequence[str]) -> list[Place] | None:
    """Return where each token stands in a text that has nothing but blanks between them.

    None where the text is not made of the tokens.
    """
    places = []
    at = 0
    for token in tokens:
        start = text.find(token, at)
        if start < 0 or text[at:start].strip():
            return None
        at = start + len(token)
        places.append((start, at))
    return None if text[at:].strip() else places
