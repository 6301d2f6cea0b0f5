"""The closed table of languages, and their codes in other tools.

A language is named by its FineWeb-2 code: ISO 639-3, an underscore, ISO 15924 (``deu_Latn``).
Only codes of the table are accepted, and they are checked before they touch a path.
"""

import csv
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

TABLE = Path(__file__).parent / "resources" / "languages.csv"


@dataclass(frozen=True, slots=True)
class Language:
    """One language and its codes in other tools; a code is None where a tool does not know it.

    Tools often know only the macrolanguage: ``ar`` stands for Standard Arabic, ``zh`` for Mandarin.

    Attributes:
        code: of FineWeb-2. English alone is not in FineWeb-2, but in FineWeb.
        name: in English.
        autonym: in itself, in its own script.
        xlmr: of XLM-R's training data. Its ``ku`` is Kurmanji; the paper took it for ckb_Arab.
        lid176: the label of fastText's lid.176.
        also: other labels that mean it to an identifier: a macrolanguage's, or of a neighbour that
            lid.176 cannot tell from it in this script (Bosnian, Croatian, Serbian).
        icu: the locale of ICU and CLDR.
        bcp47: the shortest tag: the macrolanguage where CLDR prefers it, the script only where it
            is not the one that goes without saying (``sr-Latn``). Mandarin is ``zh``, since the
            corpus mixes simplified and traditional characters.
        google: of Google Translate. Its ``sr`` is written in Cyrillic, so srp_Latn has none.
        in_paper: whether it is one of the paper's 91 (section 11 of its facts).
    """

    code: str
    name: str
    autonym: str
    xlmr: str | None
    lid176: str | None
    also: tuple[str, ...]
    icu: str
    bcp47: str
    google: str | None
    in_paper: bool

    @property
    def iso639_3(self) -> str:
        """Return the ISO 639-3 part, ``deu`` of ``deu_Latn``."""
        return self.code[:3]

    @property
    def script(self) -> str:
        """Return the ISO 15924 part, ``Latn`` of ``deu_Latn``."""
        return self.code[4:]

    @property
    def glotlid(self) -> str:
        """Return the label of GlotLID v3: the code, since FineWeb-2 was labelled by it."""
        return self.code

    @property
    def direction(self) -> Literal["ltr", "rtl"]:
        """Return which way the script runs: that of the first letter of the autonym."""
        return "rtl" if unicodedata.bidirectional(self.autonym[0]) in ("R", "AL") else "ltr"

    def is_named(self, label: str) -> bool:
        """Return whether an identifier's label, of lid.176 or GlotLID, means this language.

        >>> language("swh_Latn").is_named("swa_Latn")
        True
        >>> language("als_Latn").is_named("als")  # lid.176's als is Alemannic
        False
        """
        return label in (self.lid176, self.glotlid, *self.also)


@cache
def languages() -> dict[str, Language]:
    """Return every known language by code, in the order of the codes."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        rows = [_language(row) for row in csv.DictReader(file)]
    return {row.code: row for row in sorted(rows, key=lambda row: row.code)}


def _language(row: dict[str, str]) -> Language:
    return Language(
        code=row["code"],
        name=row["name"],
        autonym=row["autonym"],
        xlmr=row["xlmr"] or None,
        lid176=row["lid176"] or None,
        also=tuple(row["also"].split()),
        icu=row["icu"],
        bcp47=row["bcp47"],
        google=row["google"] or None,
        in_paper=row["in_paper"] == "yes",
    )


def language(code: str) -> Language:
    """Return the language of a FineWeb-2 code.

    Raises:
        ValueError: the code is not in the table; the message names the nearest ones.
    """
    known = languages()
    if code in known:
        return known[code]
    near = [c for c in known if c[:3] == code[:3]] or [c for c in known if c[:2] == code[:2]]
    hint = f" Did you mean {', '.join(near[:5])}?" if near else ""
    raise ValueError(
        f"unknown language {code!r}: expected one of the {len(known)} FineWeb-2 codes of "
        f"{TABLE.name} (ISO 639-3, underscore, ISO 15924, as in deu_Latn).{hint}"
    )
