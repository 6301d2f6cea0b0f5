"""Personal data in text: e-mail addresses, telephone numbers, IP addresses, keys of services.

Patterns, not a model: they find the usual written forms in any script's digits, in linear time.
"""

import re
import sys
import unicodedata
from functools import cache

from finerweb.flat import flat
from finerweb.records import Span

_KEYS = (
    "sk-",
    "AKIA",
    "ASIA",
    "ghp_",
    "gho_",
    "ghu_",
    "ghs_",
    "ghr_",
    "AIza",
    "xox",
    "hf_",
    "eyJ",
)
_MANY_DIGITS = re.compile(r"\d[\d ().:/-]{6}")
_OCTET = r"(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
KINDS = {
    "e-mail": re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}"),
    "IP": re.compile(
        rf"(?<![\w.]){_OCTET}(?:\.{_OCTET}){{3}}(?![\w.]\d|\w)"
        r"|(?<![\w:])(?:[0-9A-Fa-f]{1,4}:){7}[0-9A-Fa-f]{1,4}(?![\w:])"
    ),
    "key": re.compile(
        r"(?<!\w)(?:sk-[\w-]{20,200}|(?:AKIA|ASIA)[0-9A-Z]{16}|gh[pousr]_\w{36,255}"
        r"|AIza[\w-]{35}|xox[abpr]-[\w-]{10,200}|hf_\w{30,40}"
        r"|eyJ[\w-]{10,1000}\.eyJ[\w-]{10,1000}\.[\w-]{10,1000})(?!\w)"
    ),
    # International, or in groups with brackets or separators; dates and year spans have fewer
    # digits than the eight that a number has at least.
    "telephone": re.compile(
        r"(?<![\w.,+/-])(?:\+|00)\d{1,3}(?:[ ./-]?(?:\(\d{1,5}\)|\d{1,5})){2,6}(?![\w/])"
        r"|(?<![\w.,+/-])\(?0\d{1,5}\)?(?:[ /-]{1,3}\d{2,5}){1,4}(?!\w|[.,/-]\d)"
        r"|(?<![\w.,+/-])\(\d{3}\) ?\d{3}-\d{4}(?!\w)"
    ),
}
"""Which pattern finds which kind; where two overlap, the earlier kind has it."""
LEAST_DIGITS, MOST_DIGITS = 8, 15
_DATE = re.compile(r"\d{1,2}([ ./-])\d{1,2}\1\d{4}")


def personal(text: str) -> tuple[Span, ...]:
    """Return the spans of personal data, their kind as type, in text order, none overlapping."""
    kinds = _may_have(text)
    if kinds and not text.isascii():
        text = text.translate(_digits())
    return tuple(
        flat(
            Span(*match.span(), kind)
            for kind in kinds
            for match in KINDS[kind].finditer(text)
            if kind != "telephone" or _is_number(match[0])
        )
    )


@cache
def _digits() -> dict[int, str]:
    """Return the digits of all scripts with those that the patterns know."""
    return {
        code: str(unicodedata.digit(chr(code)))
        for code in range(128, sys.maxunicode + 1)
        if unicodedata.category(chr(code)) == "Nd"
    }


def mask(text: str, spans: tuple[Span, ...]) -> str:
    """Return the text with the letters and digits of the spans made ``x`` and ``0``.

    Every code point stays where it is, so spans of the text hold for the masked one too.
    """
    pieces, end = [], 0
    for span in spans:
        pieces += [text[end : span.start], _masked(text[span.start : span.end])]
        end = span.end
    return "".join(pieces) + text[end:]


def _masked(surface: str) -> str:
    return "".join("0" if c.isdigit() else "x" if c.isalnum() else c for c in surface)


def _may_have(text: str) -> list[str]:
    """Return the kinds whose patterns may match, in their order; of most texts none, at once."""
    has_digits = _MANY_DIGITS.search(text) is not None
    signs = {
        "e-mail": "@" in text,
        "IP": has_digits or text.count(":") >= 7,
        "key": any(key in text for key in _KEYS),
        "telephone": has_digits,
    }
    return [kind for kind in KINDS if signs[kind]]


def _is_number(surface: str) -> bool:
    """Tell a telephone number from a date, and from a counter with zeros in front."""
    n_digits = sum(map(str.isdigit, surface))
    least = 10 if n_digits == len(surface) else LEAST_DIGITS
    return least <= n_digits <= MOST_DIGITS and not _DATE.fullmatch(surface)
