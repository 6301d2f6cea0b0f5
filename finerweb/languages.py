"""The closed table of languages, and their codes in other tools.

A language is named by its FineWeb-2 code: ISO 639-3, an underscore, ISO 15924 (``deu_Latn``).
Only codes of the table are accepted, and they are checked before they touch a path.
"""

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

TABLE = Path(__file__).parent / "resources" / "languages.csv"


@dataclass(frozen=True, slots=True)
class Language:
    """One language: its FineWeb-2 code, English name, and fastText lid.176 label.

    ``lid176`` is None where lid.176 does not know the language; ``in_paper`` says whether it is
    one of the paper's 91 (section 11 of its facts).
    """

    code: str
    name: str
    lid176: str | None
    in_paper: bool

    @property
    def iso639_3(self) -> str:
        """Return the ISO 639-3 part, ``deu`` of ``deu_Latn``."""
        return self.code[:3]

    @property
    def script(self) -> str:
        """Return the ISO 15924 part, ``Latn`` of ``deu_Latn``."""
        return self.code[4:]


@cache
def languages() -> dict[str, Language]:
    """Return every known language by code, in the order of the codes."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        rows = [
            Language(row["code"], row["name"], row["lid176"] or None, row["in_paper"] == "yes")
            for row in csv.DictReader(file)
        ]
    return {row.code: row for row in sorted(rows, key=lambda row: row.code)}


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
