"""The `verdicts` table: what a judge was shown of each passage, its raw reply, and its verdict."""

import pyarrow as pa

from finerweb.tables.io import Table, column

_PAIR = [("text", pa.string()), ("type", pa.string())]
_FAULTS = pa.list_(pa.struct([("kind", pa.string()), *_PAIR]))
_LISTED = pa.list_(pa.struct([("kind", pa.string()), *_PAIR, ("status", pa.string())]))

VERDICTS = Table(
    "verdicts",
    pa.schema(
        [
            column("passage_id", pa.string(), "The passage."),
            column("about", pa.string(), "Whose annotations: `variant` or `gold` (people's)."),
            column("is_planted", pa.bool_(), "Whether faults were planted in them."),
            column("judge", pa.string(), "Name of the judge in params."),
            column("annotations", pa.list_(pa.struct(_PAIR)), "What it was shown, in text order."),
            column("plants", _FAULTS, "The faults planted: `missing`, `extra` or `wrong`."),
            column("faithfulness", pa.int8(), "From 1 to 5.", nullable=True),
            column("completeness", pa.int8(), "From 1 to 5.", nullable=True),
            column("explanation", pa.string(), "In the judge's words, where it was to give one."),
            column(
                "listed", _LISTED, "The faults it lists; status `listed`, or why one cannot count."
            ),
            column("dropped", pa.string(), "Why there is no verdict.", nullable=True),
            column("repairs", pa.list_(pa.string()), "What reading the reply took."),
            column("reply", pa.string(), "The raw reply, before any parsing."),
            column("finish_reason", pa.string(), "`stop`, `length` (cut off), or why none."),
            column("retried", pa.bool_(), "Whether the first reply could not be read."),
            column("n_prompt_tokens", pa.int32(), "Tokens of the prompt."),
            column("n_output_tokens", pa.int32(), "Tokens of the reply."),
        ]
    ),
    ("passage_id", "about", "is_planted"),
)
