"""The confidence of merged entities, joined to the rows of a variant."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from finerweb.columns import integers
from finerweb.tables.variants import CONFIDENCE


def joined(rows: pa.Table, confidence: pa.Table) -> pa.Table:
    """Return a variant's rows, passages or sentences, their entities with a `confidence`.

    Raises:
        ValueError: an entity is not in the `confidence` table.
    """
    spans = rows["char_spans"].combine_chunks()
    flat = spans.flatten()
    lengths = integers(pc.list_value_length(spans))
    of_row = np.repeat(np.arange(len(rows)), lengths)
    is_sentences = "passage_id" in rows.column_names
    begins = integers(rows["start"].combine_chunks()) if is_sentences else np.zeros(len(rows), int)
    start, end = (integers(flat.field(name)) + begins[of_row] for name in ("start", "end"))
    passages = rows["passage_id" if is_sentences else "id"].take(pa.array(of_row))
    wanted = _keys(passages, pa.array(start), pa.array(end))
    known = _keys(*(confidence[name] for name in ("passage_id", "start", "end")))
    places = pc.index_in(wanted, value_set=known)
    if places.null_count:
        i = int(np.flatnonzero(places.is_null().to_numpy(zero_copy_only=False))[0])
        raise ValueError(
            f"passage {passages[i]}: entity [{start[i]}, {end[i]}) has no row in the table "
            "confidence; run `dvc repro`, so that both are of one run"
        )
    found = confidence["confidence"].combine_chunks().take(places)
    fields = [*flat.type, CONFIDENCE]
    parts = [*(flat.field(field.name) for field in flat.type), found]
    offsets = pa.array(np.append(0, np.cumsum(lengths)), pa.int32())
    column = pa.ListArray.from_arrays(offsets, pa.StructArray.from_arrays(parts, fields=fields))
    place = rows.schema.get_field_index("char_spans")
    field = rows.schema.field(place).with_type(column.type)
    return rows.set_column(place, field, column)


def _keys(passages: pa.ChunkedArray, start: pa.Array, end: pa.Array) -> pa.Array:
    texts = (column.cast(pa.string()) for column in (start, end))
    keys = pc.binary_join_element_wise(passages, *texts, "\t")
    return keys.combine_chunks() if isinstance(keys, pa.ChunkedArray) else keys
