"""Whether a release's card, and the metrics it was made from, say what the data are."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from finerweb.languages import language
from finerweb.release.folder import FILE, README
from finerweb.report.statistics import of_variant
from finerweb.tables.entities import MERGED

OVERALL = ("passages", "characters", "entities_per_passage", "types_per_passage", "types")
BY_LANGUAGE = ("passages", "characters", "entities_per_passage", "types")
"""The columns of the card's tables."""


def card_faults(
    release: Path, names: Sequence[str], statistics: Mapping[str, Any] | None
) -> Iterator[str]:
    """Yield what of the card, and of the statistics, the data do not have.

    ``names`` are the annotators (and ``merged``) whose single-label variants are there.
    """
    path = release / README
    text = path.read_text("utf-8", errors="replace") if path.is_file() else ""
    yield from _configs(release, text)
    noted = (statistics or {}).get("ours", {})
    for name in sorted(noted.keys() - set(names)):
        yield f"data/{name}-single: is in the statistics, but not there"
    for name in names:
        paths = sorted((release / "data" / f"{name}-single").glob(f"*/{FILE}"))
        try:
            figures: Any = of_variant(((p.parent.name, _read(p)) for p in paths), top=0)
        except (pa.ArrowException, OSError, KeyError, TypeError, ValueError):
            continue  # such a file is named already
        lines = [_line(name, figures["overall"], OVERALL)]
        if name == MERGED:
            tables = figures["languages"].items()
            lines += [_line(language(code).name, table, BY_LANGUAGE) for code, table in tables]
        yield from (f"{README}: expected the figures {one}" for one in lines if one not in text)
        if statistics is not None:
            yield from _unlike(name, figures, noted.get(name, {}))


def _unlike(name: str, figures: Mapping[str, Any], noted: Mapping[str, Any]) -> Iterator[str]:
    """Yield the figures, overall and by language, that were noted otherwise."""
    tables = {"": (figures["overall"], noted.get("overall"))}
    told = noted.get("languages", {})
    tables |= {f" in {code}": (t, told.get(code)) for code, t in figures["languages"].items()}
    for what, (found, said) in tables.items():
        if said is None or any(abs(said.get(k, -1) - v) > 1e-4 for k, v in found.items()):
            yield f"statistics of {name}{what}: expected {found}, got {said}"


def _configs(release: Path, card: str) -> Iterator[str]:
    """Yield the configs of the card that load nothing, and the files that none loads."""
    try:
        front = yaml.safe_load(card.split("---\n")[1])
        patterns = [one["path"] for config in front["configs"] for one in config["data_files"]]
    except (IndexError, KeyError, TypeError, yaml.YAMLError) as error:
        yield f"{README}: expected a front matter with configs ({error!r})"
        return
    loaded = {pattern: set(release.glob(pattern)) for pattern in patterns}
    yield from (f"{README}: no file is {pattern}" for pattern, some in loaded.items() if not some)
    for path in sorted(set(release.glob("data/*/*/*")) - set().union(*loaded.values())):
        yield f"{path.relative_to(release).as_posix()}: is in no config of {README}"


def _line(name: str, figures: Mapping[str, float], columns: Sequence[str]) -> str:
    """Return the row of the card's table; it is made from figures rounded to 4 decimals."""
    cells = [figures[column] for column in columns]
    rounded = [cell if isinstance(cell, int) else round(round(cell, 4), 1) for cell in cells]
    return " | ".join(map(str, [f"| {name}", *rounded])) + " |"


def _read(path: Path) -> pa.Table:
    return pq.read_table(path, columns=["text", "char_spans"], partitioning=None)
