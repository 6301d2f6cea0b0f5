"""Stage `report`: a site to look at: the figures of the run, every language, its passages."""

from pathlib import Path

import click

from finerweb.params.annotate import AnnotateParams
from finerweb.params.load import load
from finerweb.params.report import ReportParams
from finerweb.report.explorer import Folders
from finerweb.report.overview import read_figures
from finerweb.report.site import write_site
from finerweb.stage import EXISTING, NEW, Stage
from finerweb.tables.io import replacing_folder, write_metrics


@click.command("report", cls=Stage, help=__doc__)
@click.option("--selected", type=EXISTING, required=True, help="Passages, one file a language.")
@click.option("--grounded", type=EXISTING, required=True, help="Folder of every annotator's audit.")
@click.option("--entities", type=EXISTING, required=True, help="Entities, one file a language.")
@click.option("--labels", type=EXISTING, required=True, help="Inventory, one file a language.")
@click.option("--confidence", type=NEW, required=True, help="Of the entities; may not be there.")
@click.option("--figures", type=EXISTING, required=True, help="Folder of metrics, to be shown.")
@click.option("--out", type=NEW, required=True, help="Folder of the site.")
@click.option("--metrics", type=NEW, required=True, help="JSON file for the counts.")
def main(confidence: Path, figures: Path, out: Path, metrics: Path, **folders: Path) -> None:
    """Run the stage."""
    params = load("report", ReportParams)
    annotators = load("annotate", AnnotateParams).annotators
    tables = Folders(**folders, confidence=confidence if confidence.is_dir() else None)
    with replacing_folder(out) as folder:
        counts = write_site(folder, tables, annotators, read_figures(figures), params)
    write_metrics(metrics, counts)


if __name__ == "__main__":
    main()
