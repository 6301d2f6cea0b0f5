"""Whether a release's card, and the metrics it was made from, say what the data are."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from finerweb.languages import language
from finerweb.params.release import Shares
from finerweb.release.card_tables import BY_LANGUAGE, OVERALL, CardMetrics, figures_line, tables
from finerweb.release.folder import README
from finerweb.report.statistics import of_variant
from finerweb.tables.entities import MERGED


def front_matter(release: Path) -> dict[str, Any]:
    """Return what a release's card says to machines.

    Raises:
        ValueError: there is no card, or it does not begin with front matter.
    """
    path = release / README
    text = path.read_text("utf-8", errors="replace") if path.is_file() else ""
    try:
        front: dict[str, Any] = yaml.safe_load(text.split("---\n")[1])
        _ = [one["path"] for config in front["configs"] for one in config["data_files"]]
        _ = [list(front["finerweb"][name]) for name in ("annotators", "without")]
        Shares.model_validate(front["finerweb"]["splits"])
    except (IndexError, KeyError, TypeError, ValueError, yaml.YAMLError) as error:
        told = " ".join(f"{type(error).__name__}: {error}".split())
        raise ValueError(
            f"{README}: expected a front matter with configs, and with finerweb's annotators, "
            f"splits and without ({told})"
        ) from error
    return front


def shares_of(release: Path) -> Shares | None:
    """Return the shares of a release's splits; None where its card does not say."""
    try:
        return Shares.model_validate(front_matter(release)["finerweb"]["splits"])
    except ValueError:
        return None


def has_confidence(release: Path) -> bool:
    """Return whether a release's card says that merged entities have a confidence.

    Releases from before there was one do not say.
    """
    try:
        return front_matter(release)["finerweb"].get("confidence") is True
    except ValueError:
        return False


def card_faults(
    release: Path,
    names: Sequence[str],
    statistics: Mapping[str, Any] | None,
    metrics: CardMetrics | None,
) -> Iterator[str]:
    """Yield what of the card, and of the statistics, the data do not have.

    ``names`` are the annotators (and ``merged``) whose single-label variants are there. With
    ``metrics`` every line of the card's tables is looked for.
    """
    path = release / README
    text = path.read_text("utf-8", errors="replace") if path.is_file() else ""
    try:
        front = front_matter(release)
    except ValueError as error:
        yield str(error)
        return
    yield from _configs(release, front)
    noted = (statistics or {}).get("ours", {})
    left_out = set(front["finerweb"]["without"])
    left_out |= {MERGED} if left_out else set()
    for name in sorted(noted.keys() - set(names) - left_out):
        if noted[name]["overall"]["passages"]:
            yield f"data/{name}-single: is in the statistics, but not there"
    default = _default(front)
    for name in names:
        try:
            figures = _figures(release / "data" / f"{name}-single")
        except (pa.ArrowException, OSError, KeyError, TypeError, ValueError):
            continue  # such a file is named already
        lines = _lines(name, figures, name == default)
        yield from (f"{README}: expected the figures {one}" for one in lines if one not in text)
        if statistics is not None:
            yield from _unlike(name, figures, noted.get(name, {}))
    if metrics is not None and default in metrics.statistics["ours"]:
        made = [line for table in tables(metrics, default).values() for line in table]
        yield from (f"{README}: expected, by the metrics, {one}" for one in made if one not in text)


def _lines(name: str, figures: Mapping[str, Any], by_language: bool) -> list[str]:
    """Return the rows of the card's tables that a variant's figures make."""
    told = figures["languages"].items() if by_language else ()
    return [
        figures_line(name, figures["overall"], OVERALL),
        *(figures_line(language(code).name, one, BY_LANGUAGE) for code, one in told),
    ]


def _default(front: Mapping[str, Any]) -> str:
    """Return whose variant loads where none is named."""
    names = [config["config_name"] for config in front["configs"] if config.get("default")]
    return str(names[0]).removesuffix("-single") if names else ""


def _figures(folder: Path) -> dict[str, Any]:
    """Return the figures of a single-label variant, its splits taken together."""
    columns = ["text", "document_id", "char_spans"]
    languages = (
        (
            path.name,
            pa.concat_tables(
                pq.read_table(file, columns=columns, partitioning=None)
                for file in sorted(path.glob("*.parquet"))
            ),
        )
        for path in sorted(folder.iterdir())
    )
    return of_variant(languages, top=0)


def _unlike(name: str, figures: Mapping[str, Any], noted: Mapping[str, Any]) -> Iterator[str]:
    """Yield the figures, overall and by language, that were noted otherwise."""
    told = noted.get("languages", {})
    pairs = {"": (figures["overall"], noted.get("overall"))}
    pairs |= {f" in {code}": (t, told.get(code)) for code, t in figures["languages"].items()}
    for what, (found, said) in pairs.items():
        if said is None or any(abs(said.get(k, -1) - v) > 1e-4 for k, v in found.items()):
            yield f"statistics of {name}{what}: expected {found}, got {said}"


def _configs(release: Path, front: Mapping[str, Any]) -> Iterator[str]:
    """Yield the configs of the card that load nothing, and the files that none loads."""
    patterns = {one["path"] for config in front["configs"] for one in config["data_files"]}
    loaded = {pattern: set(release.glob(pattern)) for pattern in sorted(patterns)}
    yield from (f"{README}: no file is {pattern}" for pattern, some in loaded.items() if not some)
    for path in sorted(set(release.glob("data/*/*/*")) - set().union(*loaded.values())):
        yield f"{path.relative_to(release).as_posix()}: is in no config of {README}"
