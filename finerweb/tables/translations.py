"""The `label_translations` table: a language's types in that language.

Beside what its column says, ``status`` is `llm` or `google` where they were asked for a concept of
the type; of several translators, the last of lexicon, llm, google.
"""

from pathlib import Path

import pyarrow as pa

from finerweb.tables.io import Table, column, read

TRANSLATIONS = Table(
    "label_translations",
    pa.schema(
        [
            column("type", pa.string(), "As annotators wrote it, folded."),
            column("count", pa.int64(), "Entities of this language that an annotator gave it."),
            column("translation", pa.string(), "What it is called; itself where nothing is known."),
            column(
                "status",
                pa.string(),
                "`lexicon`, `partly`, `kept` (not Latin, or English text) or `none`.",
            ),
        ]
    ),
    ("type",),
)


def read_names(translations: Path, code: str) -> dict[str, str]:
    """Return what each type of a language is called there."""
    rows = read(translations / f"{code}.parquet", TRANSLATIONS)
    return {row["type"]: row["translation"] for row in rows}
