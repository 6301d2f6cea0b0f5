"""The `annotations` table: an annotator's raw reply to each passage."""

import pyarrow as pa

from finerweb.tables.io import Table, column

ANNOTATIONS = Table(
    "annotations",
    pa.schema(
        [
            column("passage_id", pa.string(), "The passage annotated."),
            column("annotator", pa.string(), "Name of the annotator in params."),
            column("reply", pa.string(), "The raw reply, before any parsing."),
            column("finish_reason", pa.string(), "`stop`, `length` (cut off), or why none."),
            column("retried", pa.bool_(), "Whether the first reply could not be read."),
            column("n_prompt_tokens", pa.int32(), "Tokens of the prompt."),
            column("n_output_tokens", pa.int32(), "Tokens of the reply."),
        ]
    ),
    ("passage_id",),
)
