"""The bundled lexicon: the 100 commonest types in the sample's languages but English."""

import csv
from functools import cache
from pathlib import Path

TABLE = Path(__file__).parent / "resources" / "type_lexicon.csv"


@cache
def lexicon() -> dict[str, dict[str, str]]:
    """Return the lexicon: language -> concept -> its name there."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    codes = [name for name in rows[0] if name != "type"]
    return {code: {row["type"]: row[code] for row in rows} for code in codes}
