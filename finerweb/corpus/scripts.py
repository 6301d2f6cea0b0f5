"""How much of a text is in a script, by the names Unicode gives its letters."""

import unicodedata
from functools import cache
from typing import Any

import numpy as np

# ISO 15924 code -> words that begin (or, as in FULLWIDTH LATIN, come early in) a letter's name.
# Han is read as Chinese and as Japanese, not as Korean: Korean text of our day is in Hangul.
NAMES = {
    "Arab": ("ARABIC",),
    "Armn": ("ARMENIAN",),
    "Beng": ("BENGALI",),
    "Cyrl": ("CYRILLIC",),
    "Deva": ("DEVANAGARI",),
    "Ethi": ("ETHIOPIC",),
    "Geor": ("GEORGIAN",),
    "Grek": ("GREEK",),
    "Gujr": ("GUJARATI",),
    "Guru": ("GURMUKHI",),
    "Hang": ("HANGUL",),
    "Hani": ("CJK", "IDEOGRAPHIC"),
    "Hebr": ("HEBREW",),
    "Jpan": ("HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA", "CJK", "IDEOGRAPHIC"),
    "Khmr": ("KHMER",),
    "Knda": ("KANNADA",),
    "Laoo": ("LAO",),
    "Latn": ("LATIN",),
    "Mlym": ("MALAYALAM",),
    "Mymr": ("MYANMAR",),
    "Orya": ("ORIYA",),
    "Sinh": ("SINHALA",),
    "Taml": ("TAMIL",),
    "Telu": ("TELUGU",),
    "Thai": ("THAI",),
}
CALLED = {"Hani": "Chinese", "Jpan": "Japanese"}
"""English names of the scripts that the words of `NAMES` do not name."""
LAST = 0x3FFFF
"""No letter lies beyond the ideographic planes."""


def share_in_script(text: str, script: str) -> float:
    """Return the share of a text's letters that are in a script, from 0 to 1.

    Only letters count: no digits, no punctuation, no combining marks or vowel signs. A text without
    letters has a share of 0.

    >>> share_in_script("Ана 2024 OK!", "Cyrl")
    0.6

    Raises:
        ValueError: the script is none of the table's.
    """
    points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")
    kinds = _kinds(script)[np.minimum(points, LAST)]
    letters = int(np.count_nonzero(kinds))
    return int(np.count_nonzero(kinds == 2)) / letters if letters else 0.0


def script_name(script: str) -> str:
    """Return what a script is called in English.

    >>> script_name("Deva")
    'Devanagari'

    Raises:
        ValueError: the script is none of the table's.
    """
    _check(script)
    return CALLED.get(script, NAMES[script][0].title())


def _check(script: str) -> None:
    if script not in NAMES:
        raise ValueError(
            f"unknown script {script!r}: expected one of {', '.join(NAMES)}; the letters of a new "
            "script are named in finerweb/corpus/scripts.py"
        )


@cache
def _kinds(script: str) -> "np.ndarray[Any, np.dtype[np.uint8]]":
    """Return what each code point is: 0 no letter, 1 a letter, 2 a letter of the script."""
    _check(script)
    kinds = np.zeros(LAST + 1, dtype=np.uint8)
    for points in _letters().values():
        kinds[points] = 1
    for word in NAMES[script]:
        kinds[_letters().get(word, [])] = 2
    return kinds


@cache
def _letters() -> dict[str, list[int]]:
    """Return the letters of Unicode by the words of their names that may say their script."""
    found: dict[str, list[int]] = {}
    for point in range(LAST):
        character = chr(point)
        category = unicodedata.category(character)
        if category[0] == "L":
            words = unicodedata.name(character, "").split(maxsplit=2)[:2]
            # A modifier letter that names no script (the apostrophe of Uzbek) goes with any.
            if category != "Lm" or words[0] != "MODIFIER":
                for word in words or [""]:
                    found.setdefault(word, []).append(point)
    return found
