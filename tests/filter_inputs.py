"""What the stage `filter` reads, made small; and running it under some `compute` section."""

import hashlib
import sys
from pathlib import Path
from typing import Any

import yaml
from conftest import run
from encoders import make_regressor
from texts import SENTENCES

from finerweb.records import Passage
from finerweb.tables.io import write
from finerweb.tables.passages import PASSAGES
from finerweb.tables.rows import passage_row

LANGUAGES = {
    "deu_Latn": "Latn",
    "arb_Arab": "Arab",
    "hin_Deva": "Deva",
    "tha_Thai": "Thai",
    "cmn_Hani": "Hani",
}
N = 50
"""Documents a language, of which each fifth is to be rated, not filtered."""


def make_inputs(project: Path) -> None:
    """Write passages, two a document, and a regressor where the graph has them."""
    for code, script in LANGUAGES.items():
        rows = []
        for rank in range(N):
            text = " ".join([SENTENCES[script][: 5 + rank % 13], str(rank)] * (1 + rank * 7 % 5))
            part = "rating" if rank % 5 == 0 else "corpus"
            for i, start in enumerate((0, len(text))):
                name = f"{code}-{rank}"
                texts = text + "." * i
                one = Passage(f"{name}#{i}", name, code, texts, start, 3, part, rank=rank)
                rows.append(passage_row(one))
        write(project / "data/passages" / f"{code}.parquet", rows, PASSAGES)
    make_regressor(project / "models/regressor/selected")


def run_filter(project: Path, out: str, env: dict[str, str], **compute: Any) -> dict[str, str]:
    """Run the stage in small batches; return the sha256 of each file it wrote."""
    params = yaml.safe_load((project / "params.yaml").read_text("utf-8"))
    params["compute"] |= compute
    params["filter"] |= {"threshold": -100.0, "quota": 30, "rows": 16, "tokens": 256}
    (project / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False), "utf-8")
    options = ("--passages", "data/passages", "--regressor", "models/regressor/selected")
    outputs = ("--out", f"{out}/selected", "--scores", f"{out}/scores")
    outputs += ("--metrics", f"{out}/filter.json")
    run(sys.executable, "-m", "stages.filter", *options, *outputs, cwd=project, env=env)
    files = [path for path in sorted((project / out).rglob("*")) if path.is_file()]
    return {
        path.relative_to(project / out).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
    }
