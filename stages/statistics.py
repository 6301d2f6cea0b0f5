"""Stage `statistics`: the paper's dataset tables for every variant, beside the paper's numbers."""

from pathlib import Path

import click

from finerweb.params.load import load
from finerweb.params.statistics import StatisticsParams
from finerweb.report.statistics import of_variant, paper_rows
from finerweb.stage import EXISTING, NEW, Stage
from finerweb.tables.io import languages_in, read_table, write_metrics
from finerweb.tables.variants import SINGLE


@click.command("statistics", cls=Stage, help=__doc__)
@click.option("--variants", type=EXISTING, required=True, help="A folder a variant.")
@click.option("--metrics", type=NEW, required=True, help="JSON file for the tables.")
def main(variants: Path, metrics: Path) -> None:
    """Run the stage."""
    params = load("statistics", StatisticsParams)
    ours: dict[str, object] = {}
    codes: list[str] = []
    for folder in sorted(variants.glob("*-single")):
        codes = languages_in(folder)
        tables = ((code, read_table(folder / f"{code}.parquet", SINGLE)) for code in codes)
        ours[folder.name.removesuffix("-single")] = of_variant(tables, params.top_types)
    write_metrics(metrics, {"ours": ours, "paper": paper_rows(codes)})


if __name__ == "__main__":
    main()
