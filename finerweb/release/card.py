"""The dataset card, made from params and metrics, so that its numbers cannot drift."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from finerweb.cards import render
from finerweb.languages import language
from finerweb.params.release import ReleaseParams
from finerweb.release.sentences import SUFFIX

TEMPLATE = Path(__file__).parents[1] / "resources" / "dataset_card.jinja"
DEFAULT = "merged-single"


def card(
    params: ReleaseParams,
    configs: Mapping[str, Sequence[str]],
    annotators: Mapping[str, str],
    statistics: Mapping[str, Any],
) -> str:
    """Return README.md: the front matter that `datasets` reads, then the text for people."""
    codes = sorted({code for languages in configs.values() for code in languages})
    return render(
        TEMPLATE,
        _front_matter(params, configs, codes),
        name=params.name,
        variants=list(configs),
        languages=[language(code) for code in codes],
        annotators=annotators,
        statistics=statistics["ours"],
    )


def _front_matter(
    params: ReleaseParams, configs: Mapping[str, Sequence[str]], codes: Sequence[str]
) -> dict[str, object]:
    return {
        "license": params.licence,
        "language": sorted({language(code).iso639_3 for code in codes}),
        "task_categories": ["token-classification"],
        "task_ids": ["named-entity-recognition"],
        "pretty_name": params.name,
        "configs": [
            config
            for variant, languages in configs.items()
            for config in configs_of(variant, languages)
        ],
    }


def configs_of(variant: str, languages: Sequence[str]) -> list[dict[str, object]]:
    """Return a config for the variant in all languages, and one for each language.

    Of sentences there is none for each: with 91 languages a card has a thousand configs as it is.
    """
    whole: dict[str, object] = {
        "config_name": variant,
        "data_files": [{"split": "train", "path": f"data/{variant}/*/*.parquet"}],
    }
    if variant == DEFAULT:
        whole["default"] = True
    if variant.endswith(SUFFIX):
        return [whole]
    return [whole] + [
        {
            "config_name": f"{variant}-{code}",
            "data_files": [{"split": "train", "path": f"data/{variant}/{code}/*.parquet"}],
        }
        for code in languages
    ]
