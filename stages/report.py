"""Stage `report`: a site to look at: the figures of the run, every language, its passages."""

from pathlib import Path

import click

from finerweb.params.annotate import AnnotateParams
from finerweb.params.load import load
from finerweb.params.report import ReportParams
from finerweb.report.overview import read_figures
from finerweb.report.site import Folders, write_site
from finerweb.stage import EXISTING, NEW, Stage
from finerweb.tables.io import replacing_folder, write_metrics


@click.command("report", cls=Stage, help=__doc__)
@click.option("--selected", type=EXISTING, required=True, help="Passages, one file a language.")
@click.option("--grounded", type=EXISTING, required=True, help="Folder of every annotator's audit.")
@click.option("--entities", type=EXISTING, required=True, help="Entities, one file a language.")
@click.option("--labels", type=EXISTING, required=True, help="Inventory, one file a language.")
@click.option("--figures", type=EXISTING, required=True, help="Folder of metrics, to be shown.")
@click.option("--out", type=NEW, required=True, help="Folder of the site.")
@click.option("--metrics", type=NEW, required=True, help="JSON file for the counts.")
def main(figures: Path, out: Path, metrics: Path, **folders: Path) -> None:
    """Run the stage."""
    params = load("report", ReportParams)
    annotators = load("annotate", AnnotateParams).annotators
    with replacing_folder(out) as folder:
        read = read_figures(figures)
        counts = write_site(folder, Folders(**folders), annotators, read, params)
    write_metrics(metrics, counts)


if __name__ == "__main__":
    main()
