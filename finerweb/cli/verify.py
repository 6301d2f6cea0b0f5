"""`finerweb verify`: whether a release is what it says it is."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from finerweb.cli.output import JSON, print_json

if TYPE_CHECKING:
    from finerweb.corpus.contamination import EvaluationTexts

EXISTING = click.Path(exists=True, path_type=Path)


@click.command()
@click.argument("release", type=EXISTING, default="data/release")
@click.option("--documents", type=EXISTING, help="Folder of the documents that passages are of.")
@click.option("--statistics", type=EXISTING, help="Metrics file that the card was made from.")
@click.option("--metrics", type=EXISTING, help="Folder of all metrics the card was made from.")
@click.option("--outputs/--no-outputs", default=True, help="Hash the outputs of dvc.lock anew.")
@JSON
def verify(
    release: Path,
    documents: Path | None,
    statistics: Path | None,
    metrics: Path | None,
    outputs: bool,
    as_json: bool,
) -> None:
    """Say everything that is wrong with a release, and where; nothing wrong ends with 0.

    Checksums, schemas, order, every entity's surface, sources, sentences, splits, the card's
    figures; no evaluation text of params.yaml inside; and, in a project, every output against
    dvc.lock, since DVC checks out an object that changed in its cache without a word.

    \b
    Example:
        finerweb verify data/release --documents data/documents --metrics metrics
    """
    found = []
    for fault in faults(release, documents, statistics, metrics, outputs):
        found.append(fault)
        if not as_json:
            click.echo(fault)
    if as_json:
        print_json({"release": str(release), "faults": found})
    if found:
        raise ValueError(f"{release}: {len(found)} faults")
    if not as_json:
        click.echo(f"{release}: nothing is wrong")


def faults(
    release: Path,
    documents: Path | None = None,
    statistics: Path | None = None,
    metrics: Path | None = None,
    outputs: bool = True,
) -> Iterator[str]:
    """Yield everything that is wrong with a release, by what it is to be held against."""
    from finerweb.release.card_tables import read_card_metrics
    from finerweb.release.outputs import differing
    from finerweb.release.verify import verify as faults_of
    from finerweb.release.verify_card import front_matter
    from finerweb.tables.documents import DOCUMENTS
    from finerweb.tables.io import read_metrics, stream

    def ids(code: str) -> set[str]:
        path = (documents or Path()) / f"{code}.parquet"
        return {row["document_id"] for row in stream(path, DOCUMENTS)} if path.is_file() else set()

    cache = _cache() if outputs and Path("dvc.lock").is_file() else None
    told = None
    if metrics:
        # A card that does not say whose it is is a fault, named with all others.
        with suppress(ValueError):
            told = read_card_metrics(metrics, front_matter(release)["finerweb"]["annotators"])
    statistics = statistics or (metrics and metrics / "statistics.json")
    figures = read_metrics(statistics) if statistics else None
    yield from faults_of(release, ids if documents else None, _evaluation(), figures, told)
    if cache:
        yield from differing(Path(), cache)


def _cache() -> Path:
    """Return DVC's cache.

    Raises:
        ValueError: DVC finds no repository here, as in an unpacked archive.
    """
    from dvc.exceptions import DvcException
    from dvc.repo import Repo

    try:
        return Path(Repo().cache.local.path)
    except DvcException as error:
        raise ValueError(
            f"no output can be held to dvc.lock here: {error}; verify the release alone with "
            "--no-outputs, or in a clone"
        ) from error


def _evaluation() -> "EvaluationTexts | None":
    """Return the evaluation texts that params.yaml names; None where it names none."""
    from finerweb.corpus.contamination import EvaluationTexts
    from finerweb.params.load import PARAMS, load
    from finerweb.params.passages import PassagesParams

    if not PARAMS.is_file():
        return None
    params = load("passages", PassagesParams)
    if not params.evaluation_texts:
        return None
    return EvaluationTexts(params.evaluation_texts, params.evaluation_words)
