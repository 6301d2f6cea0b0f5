"""The dataset card, made from params and metrics, so that its numbers cannot drift."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from finerweb.cards import render
from finerweb.languages import language
from finerweb.params.release import ReleaseParams
from finerweb.release.card_tables import CardMetrics, tables
from finerweb.release.folder import Layout
from finerweb.release.sentences import SUFFIX
from finerweb.release.splits import SPLITS, TRAIN
from finerweb.tables.entities import MERGED
from finerweb.tables.io import Table
from finerweb.tables.variants import (
    CONFIDENCE,
    CONFIDENCE_MEANING,
    MULTI,
    SINGLE,
    SINGLE_SENTENCES,
    SPAN_COLUMNS,
)

TEMPLATE = Path(__file__).parents[1] / "resources" / "dataset_card.jinja"
BY_LANGUAGE = "languages"
"""The config that has the languages as splits."""
SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))
LARGE = "1M<n<10M"


@dataclass(frozen=True, slots=True)
class Models:
    """The models behind the dataset, by name: its annotators and the raters of its filter."""

    annotators: Mapping[str, str]
    raters: Mapping[str, str]


def card(params: ReleaseParams, layout: Layout, models: Models, metrics: CardMetrics) -> str:
    """Return README.md: the front matter that `datasets` reads, then the text for people."""
    default = default_variant(layout, models.annotators)
    codes = sorted({code for languages in layout.values() for code in languages})
    rows: Counter[str] = Counter()
    for splits in layout[default].values():
        rows.update(splits)
    return render(
        TEMPLATE,
        _front_matter(params, layout, list(models.annotators), default),
        params=params,
        variants=list(layout),
        default=default,
        is_merged=default == f"{MERGED}-single",
        languages=[language(code) for code in codes],
        short=short_names(layout[default]),
        models=models,
        splits={split: rows[split] for split in SPLITS if split in rows},
        columns=_columns(params.confidence),
        tables=tables(metrics, default.removesuffix("-single")),
    )


def default_variant(layout: Layout, annotators: Iterable[str]) -> str:
    """Return the variant that loads where none is named: the merged one, if it is released.

    Raises:
        ValueError: there is no passage in any.
    """
    names = [f"{name}-single" for name in (MERGED, *annotators)]
    if not (there := [name for name in names if layout.get(name)]):
        raise ValueError(f"expected passages in some of {', '.join(names)}, there are none")
    return there[0]


def short_names(codes: Iterable[str]) -> dict[str, str]:
    """Return what the paper's dataset calls each language: its ISO 639-3 code.

    Languages that share one, in two scripts, keep their whole codes.
    """
    codes = list(codes)
    shared = Counter(language(code).iso639_3 for code in codes)
    short = {code: language(code).iso639_3 for code in codes}
    return {code: name if shared[name] == 1 else code for code, name in short.items()}


def _front_matter(
    params: ReleaseParams, layout: Layout, annotators: list[str], default: str
) -> dict[str, object]:
    codes = {code for languages in layout.values() for code in languages}
    n = sum(sum(splits.values()) for splits in layout[default].values())
    return {
        "license": params.licence,
        "language": sorted({language(code).iso639_3 for code in codes}),
        "task_categories": ["token-classification"],
        "task_ids": ["named-entity-recognition"],
        "size_categories": [next((name for most, name in SIZES if n < most), LARGE)],
        "pretty_name": params.name,
        # What `finerweb verify` has to know; to `datasets` it means nothing.
        "finerweb": {
            "annotators": annotators,
            "splits": params.splits.model_dump(),
            "without": params.without,
            "confidence": params.confidence,
        },
        "configs": configs(layout, default),
    }


def configs(layout: Layout, default: str) -> list[dict[str, object]]:
    """Return what `datasets` can load: a config for every variant, one for each of its languages.

    Then the default variant as the paper's dataset is loaded, a config a language, ``deu``; and
    with the languages as splits. Of sentences there is none a language: a card of 91 languages
    has 1,208 configs as it is, which load in a second; the hub shows up to 3,000.
    """
    found = [config for name in layout for config in _of_variant(name, layout, default)]
    short = short_names(layout[default])
    found += [
        _config(short[code], default, code, splits) for code, splits in layout[default].items()
    ]
    trained = [code for code, splits in layout[default].items() if TRAIN in splits]
    files = [{"split": short[code], "path": _path(default, code, TRAIN)} for code in trained]
    return [*found, {"config_name": BY_LANGUAGE, "data_files": files}] if files else found


def _of_variant(name: str, layout: Layout, default: str) -> list[dict[str, object]]:
    if not layout[name]:
        return []
    there = {split for splits in layout[name].values() for split in splits}
    whole = _config(name, name, "*", there)
    if name == default:
        whole["default"] = True
    if name.endswith(SUFFIX):
        return [whole]
    languages = layout[name].items()
    return [whole, *(_config(f"{name}-{code}", name, code, splits) for code, splits in languages)]


def _config(name: str, variant: str, code: str, splits: Iterable[str]) -> dict[str, object]:
    there = [split for split in SPLITS if split in splits]
    files = [{"split": split, "path": _path(variant, code, split)} for split in there]
    return {"config_name": name, "data_files": files}


def _path(variant: str, code: str, split: str) -> str:
    return f"data/{variant}/{code}/{split}-*.parquet"


def _columns(confidence: bool) -> list[tuple[str, str, str]]:
    """Return name, type and meaning of every column, those of sentences last."""
    rows = []
    for field in SINGLE_SENTENCES.schema:
        nullable = " Null where the source does not say." if field.nullable else ""
        only = "" if field.name in SINGLE.schema.names else " In the variants of sentences."
        about = field.metadata[b"description"].decode()
        rows.append((field.name, _type(field.type), about + nullable + only))
        if field.name == "char_spans":
            parts = {part.name: part.type for table in (SINGLE, MULTI) for part in _parts(table)}
            rows += [(f"char_spans.{n}", _type(parts[n]), SPAN_COLUMNS[n]) for n in SPAN_COLUMNS]
            if confidence:
                kind = _type(CONFIDENCE.type)
                rows.append((f"char_spans.{CONFIDENCE.name}", kind, CONFIDENCE_MEANING))
    return rows


def _parts(table: Table) -> pa.StructType:
    return table.schema.field("char_spans").type.value_type


def _type(kind: pa.DataType) -> str:
    if pa.types.is_list(kind):
        inner = kind.value_type
        return "list of structs" if pa.types.is_struct(inner) else f"list of {inner}s"
    return str(kind)
