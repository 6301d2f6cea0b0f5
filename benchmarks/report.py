"""How soon the report's explorer shows 10,080 passages, and whether they scroll: in Chromium.

    python benchmarks/report.py [--data data] [--folder FOLDER]

Passages of 90 languages, each three of the run's in a row with all that was found in them: 56 MB of
passages, and as much of audits. Needs the run's data, selenium, Chromium and chromedriver
(`make system-deps`, requirements-browser.lock). With a folder the site is kept there, and taken
from there the next time. All times are from the start of the navigation, the page opened anew from
the disk; frames are those of 300 steps of the wheel.
"""

import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from itertools import cycle, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click

from finerweb.languages import languages
from finerweb.params.report import ReportParams
from finerweb.report.explorer import Folders
from finerweb.report.site import write_site
from finerweb.tables.confidence import CONFIDENCE
from finerweb.tables.entities import ENTITIES
from finerweb.tables.grounded import GROUNDED
from finerweb.tables.io import Row, Table, languages_in, read, write
from finerweb.tables.labels import LABELS
from finerweb.tables.passages import SELECTED

N_LANGUAGES, PASSAGES, JOINED, CHUNK = 90, 112, 3, 250
RUNS = 3
TABLES: dict[str, Table] = {"entities": ENTITIES, "confidence": CONFIDENCE}

# Notes when the first passage has been drawn and when the last has come, and every frame.
WATCH = """
window.seen = {frames: []};
const look = () => {
  const drawn = document.querySelector('article .text');
  const count = document.querySelector('.count')?.textContent ?? '';
  if (drawn && !seen.first) requestAnimationFrame(() => { seen.first = performance.now(); });
  if (drawn && count && !count.includes('so far')) seen.all ??= performance.now();
};
new MutationObserver(look).observe(document, {childList: true, subtree: true, characterData: true});
"""
SCROLL = """
const done = arguments[0];
const [times, steps] = [[], 300];
const step = (now) => {
  times.push(now);
  if (times.length > steps) return done(times.slice(1).map((time, i) => time - times[i]));
  scrollBy(0, 400);
  requestAnimationFrame(step);
};
requestAnimationFrame(step);
"""
FILTER = """
const field = document.querySelector('[name=confidence]');
const done = arguments[0];
const begun = performance.now();
field.value = field.max;
field.dispatchEvent(new Event('input', {bubbles: true}));
requestAnimationFrame(() => requestAnimationFrame(() =>
  done([performance.now() - begun, document.querySelector('.count').textContent])));
"""


def shifted(row: Row, name: str, by: int) -> Row:
    """Return a row of an entity or mention that is further on in another passage."""
    if row["start"] is None:
        return row | {"passage_id": name}
    return row | {"passage_id": name, "start": row["start"] + by, "end": row["end"] + by}


def told(data: Path, code: str, annotators: Sequence[str]) -> dict[str, list[Row]]:
    """Return the run's rows of a language: `selected`, `entities`, `confidence`, each annotator."""
    found = {name: read(data / name / f"{code}.parquet", table) for name, table in TABLES.items()}
    found["selected"] = read(data / "selected" / f"{code}.parquet", SELECTED)
    for name in annotators:
        found[name] = read(data / "grounded" / name / f"{code}.parquet", GROUNDED)
    return found


def joined(run: dict[str, list[Row]], code: str, names: Sequence[str]) -> dict[str, list[Row]]:
    """Return rows of a language whose passages are several of the run's in a row."""
    made: dict[str, list[Row]] = {name: [] for name in run}
    passages = cycle(run["selected"])
    for rank in range(PASSAGES):
        some = list(islice(passages, JOINED))
        name, at, position = f"{code}-{rank:03}#0", 0, 0
        for one in some:
            for kind in names:
                for row in (r for r in run[kind] if r["passage_id"] == one["passage_id"]):
                    position += 1
                    again = shifted(row, name, at)
                    made[kind].append(
                        again | {"position": position} if "position" in row else again
                    )
            at += len(one["text"]) + 1
        text = " ".join(one["text"] for one in some)
        new = {"passage_id": name, "language": code, "rank": rank, "text": text, "gold": None}
        made["selected"].append(some[0] | new)
    return made


def make(data: Path, folder: Path) -> Path:
    """Write the site of the made passages; return its folder."""
    annotators = sorted(path.name for path in (data / "grounded").iterdir())
    codes = list(languages())[:N_LANGUAGES]
    names = ("selected", "grounded", "entities", "labels", "confidence")
    tables = Folders(**{name: folder / name for name in names})
    for code, source in zip(codes, cycle(languages_in(data / "selected")), strict=False):
        rows = joined(told(data, source, annotators), code, [*TABLES, *annotators])
        file = f"{code}.parquet"
        write(tables.selected / file, rows["selected"], SELECTED)
        for name, table in TABLES.items():
            write(folder / name / file, rows[name], table)
        for name in annotators:
            write(tables.grounded / name / file, rows[name], GROUNDED)
        labels = read(data / "labels" / f"{source}.parquet", LABELS)
        write(tables.labels / file, [row | {"language": code} for row in labels], LABELS)
    site = folder / "site"
    site.mkdir()
    params = ReportParams(passages=None, chunk=CHUNK)
    figures = {
        "subsets.json": json.loads((data.parent / "metrics" / "subsets.json").read_text("utf-8"))
    }
    write_site(site, tables, annotators, figures, params)
    return site


@contextmanager
def browser() -> Iterator[Any]:
    """Yield a headless Chromium of a laptop's size."""
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or ""
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"):
        options.add_argument(argument)
    options.add_argument("--window-size=1280,900")
    driver = webdriver.Chrome(options, webdriver.ChromeService(shutil.which("chromedriver")))
    try:
        driver.set_script_timeout(120)
        yield driver
    finally:
        driver.quit()


def measured(driver: Any, site: Path) -> dict[str, Any]:
    """Return what one opening of the explorer took, in seconds, and its frames in milliseconds."""
    from selenium.webdriver.support.wait import WebDriverWait

    driver.get("about:blank")
    driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": WATCH})
    driver.get(f"{(site / 'index.html').as_uri()}#/explorer")
    seen = WebDriverWait(driver, 120, poll_frequency=0.5).until(
        lambda _: driver.execute_script("return seen.all && seen.first ? seen : null")
    )
    frames = sorted(driver.execute_async_script(SCROLL))
    took, count = driver.execute_async_script(FILTER)
    return {
        "first_seconds": round(seen["first"] / 1000, 3),
        "all_seconds": round(seen["all"] / 1000, 3),
        "frame_median_ms": round(frames[len(frames) // 2], 1),
        "frame_95th_ms": round(frames[len(frames) * 95 // 100], 1),
        "filter_seconds": round(took / 1000, 3),
        "filtered": count,
    }


@click.command(help=__doc__)
@click.option("--data", type=click.Path(exists=True, path_type=Path), default="data")
@click.option("--folder", type=click.Path(path_type=Path), default=None)
def main(data: Path, folder: Path | None) -> None:
    """Make the site, open it several times, print what each took."""
    if find_spec("selenium") is None or not shutil.which("chromedriver"):
        raise click.ClickException(
            "expected selenium and chromedriver: `make system-deps .venv/browser` installs both"
        )
    with ExitStack() as stack:
        home = folder or Path(stack.enter_context(TemporaryDirectory()))
        site = home / "site" if (home / "site" / "index.html").is_file() else make(data, home)
        sizes = [path.stat().st_size for path in (site / "data").iterdir()]
        click.echo(f"{N_LANGUAGES * PASSAGES} passages, {sum(sizes) / 1e6:.0f} MB of data")
        for _ in range(RUNS):
            with browser() as driver:
                click.echo(json.dumps(measured(driver, site)))


if __name__ == "__main__":
    main()
