"""Stage `statistics`: the paper's dataset tables for every variant, beside the paper's numbers."""

from pathlib import Path

import click

from finerweb.params.annotate import AnnotateParams
from finerweb.params.load import load
from finerweb.params.statistics import StatisticsParams
from finerweb.report.statistics import (
    by_script,
    count_variant,
    figures_of,
    long_tail,
    table_3,
    tables_8_9,
)
from finerweb.stage import EXISTING, NEW, Stage
from finerweb.tables.entities import MERGED
from finerweb.tables.io import languages_in, read_table, write_metrics
from finerweb.tables.plots import write_plot
from finerweb.tables.variants import SINGLE

SCRIPTS = ("script", "languages", "characters", "entities_per_passage", "types_per_passage")


@click.command("statistics", cls=Stage, help=__doc__)
@click.option("--variants", type=EXISTING, required=True, help="A folder a variant.")
@click.option("--metrics", type=NEW, required=True, help="JSON file for the tables.")
@click.option("--plots", type=NEW, required=True, help="Folder for the points of the plots.")
def main(variants: Path, metrics: Path, plots: Path) -> None:
    """Run the stage."""
    params = load("statistics", StatisticsParams)
    annotators = load("annotate", AnnotateParams).annotators
    ours = {}
    tails = []
    for folder in sorted(variants.glob("*-single")):
        codes = languages_in(folder)
        tables = ((code, read_table(folder / f"{code}.parquet", SINGLE)) for code in codes)
        figures, counts = count_variant(tables)
        name = folder.name.removesuffix("-single")
        ours[name] = figures_of(figures, counts, params.top_types)
        tails += [{"variant": name, **point} for point in long_tail(counts)]
    write_plot(plots / "long_tail.csv", ("variant", "rank", "count"), tails)
    write_plot(plots / "scripts.csv", SCRIPTS, by_script(ours[MERGED]["languages"]))
    beside = {"table_3": table_3(ours), "tables_8_9": tables_8_9(ours, annotators)}
    write_metrics(metrics, {"ours": ours} | beside)


if __name__ == "__main__":
    main()
