"""The release: splits by hash, what `datasets` loads, what the card says, what is left out."""

import re
import shutil
from collections import defaultdict
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from reach import ROOT
from releases import CODES, make_release, make_variants, params

from finerweb.cli.verify import faults
from finerweb.mirror.catalogue import CATALOGUE
from finerweb.release.card import configs, default_variant, short_names
from finerweb.release.folder import copy, write_checksums
from finerweb.release.splits import SPLITS, TEST, TRAIN, VALIDATION, file_of
from finerweb.release.verify import verify
from finerweb.tables.io import languages_in, read
from finerweb.tables.variants import MULTI, SINGLE, SINGLE_SENTENCES, SPAN_COLUMNS

N = 12
"""Documents a language, enough for one in each split."""
THIRDS = (0.34, 0.33)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of variants and metrics, with releases of them that no test changes.

    ``whole`` has all in train, ``divided`` a third each in validation and test.
    """
    folder = tmp_path_factory.mktemp("made")
    make_variants(folder / "variants", N)
    make_release(folder, params(), "whole")
    make_release(folder, params(THIRDS), "divided")
    return folder


@pytest.fixture
def divided_release(made: Path, tmp_path: Path) -> Path:
    """Return a release in three splits that a test may change."""
    return Path(shutil.copytree(made / "divided", tmp_path / "release"))


def test_without_splits_the_files_are_those_of_the_variants(made: Path) -> None:
    release = made / "whole"
    for path in (made / "variants").glob("*/*.parquet"):
        copied = release / "data" / path.parent.name / path.stem / file_of(TRAIN)
        assert copied.read_bytes() == path.read_bytes()
    assert len(list(release.rglob("*.parquet"))) == len(CODES) * 18


def test_the_splits_are_the_variants_dealt_out(made: Path) -> None:
    kinds = {
        "merged-multi": MULTI,
        "qwen-single": SINGLE,
        "qwen-single-sentences": SINGLE_SENTENCES,
    }
    split_by_document: dict[str, set[str]] = defaultdict(set)
    for name, table in kinds.items():
        for code in CODES:
            whole = read(made / f"variants/{name}/{code}.parquet", table)
            parts = []
            for path in sorted((made / "divided/data" / name / code).iterdir()):
                rows = read(path, table)
                for row in rows:
                    split_by_document[row["document_id"]].add(path.name.partition("-")[0])
                parts += rows
            keys = [tuple(row[column] for column in table.key) for row in whole]
            assert sorted(keys) == keys == sorted(tuple(r[c] for c in table.key) for r in parts)
            assert all(row in whole for row in parts)
    assert all(len(splits) == 1 for splits in split_by_document.values())
    assert set().union(*split_by_document.values()) == set(SPLITS)


def test_the_same_bytes_again(made: Path, tmp_path: Path) -> None:
    names = ["merged-single", "qwen-multi-sentences"]
    copy(made / "variants", names, params(THIRDS).splits, tmp_path, None)
    paths = sorted(tmp_path.glob("data/*/*/*.parquet"))
    assert len(paths) > len(names) * len(CODES)
    for path in paths:
        assert path.read_bytes() == (made / "divided" / path.relative_to(tmp_path)).read_bytes()


def test_nothing_is_wrong_with_splits(made: Path) -> None:
    assert list(faults(made / "divided", metrics=made / "metrics", outputs=False)) == []


def moved(release: Path, variant: str, keep: bool) -> str:
    """Move a row of a train file to the test file, or copy it; return its document."""
    folder = release / "data" / variant / "tha_Thai"
    train, test = (folder / file_of(split) for split in (TRAIN, TEST))
    table, other = (pq.read_table(path, partitioning=None) for path in (train, test))
    pq.write_table(pa.concat_tables([other, table.slice(0, 1)]).sort_by("id"), test)
    if not keep:
        pq.write_table(table.slice(1), train)
    return str(table["document_id"][0])


def test_planted_in_splits(divided_release: Path) -> None:
    """A row in the wrong split, a document in two, and a row of a split that is gone."""
    document = moved(divided_release, "qwen-multi", keep=False)
    assert document == moved(divided_release, "gemma-multi", keep=True)
    path = divided_release / "data/merged-multi/hin_Deva" / file_of(VALIDATION)
    pq.write_table(pq.read_table(path, partitioning=None).slice(1), path)
    write_checksums(divided_release)
    found = set(verify(divided_release))
    said = f"tha_Thai: {document}#0: is in test; its document {document} goes to train"
    assert f"data/qwen-multi/{said}" in found
    assert f"data/gemma-multi/{said}, and is in train too" in found
    pattern = r"data/merged-multi/hin_Deva: hin_Deva\d+#0: is missing"
    assert any(re.fullmatch(pattern, fault) for fault in found)


def test_a_card_that_does_not_say_its_splits(divided_release: Path, made: Path) -> None:
    path = divided_release / "README.md"
    path.write_text(path.read_text("utf-8").replace("  splits:\n", "  splitted:\n"), "utf-8")
    write_checksums(divided_release)
    found = faults(divided_release, metrics=made / "metrics", outputs=False)
    assert any("expected a front matter with configs" in fault for fault in found)


def test_metrics_that_changed_since(made: Path, tmp_path: Path) -> None:
    shutil.copytree(made / "metrics", tmp_path / "metrics")
    path = tmp_path / "metrics/ground/gemma.json"
    text = path.read_text("utf-8").replace('"survival_rate": 0.75', '"survival_rate": 0.76')
    path.write_text(text, "utf-8")
    found = list(faults(made / "whole", metrics=tmp_path / "metrics", outputs=False))
    assert len(found) == len(CODES) and "expected, by the metrics, | English | 75.0 %" in found[0]


def front(release: Path) -> dict[str, list[dict[str, object]]]:
    loaded: dict[str, list[dict[str, object]]] = yaml.safe_load(
        (release / "README.md").read_text("utf-8").split("---\n")[1]
    )
    return loaded


def test_an_annotator_left_out(made: Path) -> None:
    release = make_release(made, params(without=["gemma"]), "without gemma")
    names = {path.name.partition("-")[0] for path in (release / "data").iterdir()}
    assert names == {"qwen"}
    for path in release.rglob("*.parquet"):
        for row in pq.read_table(path, partitioning=None).to_pylist():
            assert all(span["sources"] == ["qwen"] for span in row["char_spans"])
    found = list(faults(release, metrics=made / "metrics", outputs=False))
    assert found == []
    text = (release / "README.md").read_text("utf-8")
    assert "The output of gemma is left out" in text and "mirror:b" not in text
    assert "`concepts` alone still owe something to it" in text
    assert [c["config_name"] for c in front(release)["configs"] if c.get("default")] == [
        "qwen-single"
    ]


def test_the_card_says_that_a_judge_annotated_too(made: Path) -> None:
    """Beside its scores; of what is not released nothing is told."""
    text = (made / "whole" / "README.md").read_text("utf-8")
    judged = "| `qwen` | as `qwen` | 4.25 | – | 10.0 % | 25.0 % | – |"
    assert f"{judged} missing 50.0 %, extra –, wrong 0.0 % |" in text
    assert "| Qwen3-235B-A22B, in the paper | no | 3.99 | 4.05 | 6.1 % | – | 6.0 % | – |" in text
    without = make_release(made, params(without=["gemma"]), "unjudged")
    assert "Judged by a model" not in (without / "README.md").read_text("utf-8")


def test_a_rater_that_is_left_out_is_said_to_have_chosen(made: Path) -> None:
    release = make_release(made, params(without=["qwen"]), "without qwen")
    assert "`qwen` rated passages too" in (release / "README.md").read_text("utf-8")


@pytest.mark.parametrize(
    ("without", "message"),
    [
        (["gpt"], "release.without: expected some of qwen, gemma, but not all, got gpt"),
        (["qwen", "gemma"], "but not all, got qwen, gemma"),
    ],
)
def test_annotators_that_cannot_be_left_out(without: list[str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        params(without=without).included(["qwen", "gemma"])


def test_an_annotator_whose_terms_nobody_said() -> None:
    with pytest.raises(ValueError, match=r"release\.licences: expected the terms of gpt's output"):
        params().included(["qwen", "gpt"])


@pytest.mark.parametrize("name", ["qwen", "gemma"])
def test_the_samples_terms_are_those_of_its_models(name: str) -> None:
    """As the mirror's catalogue has them."""
    sample = yaml.safe_load((ROOT / "params.yaml").read_text("utf-8"))
    artefact = CATALOGUE[sample["annotators"][name]["model"].removeprefix("mirror:")]
    assert sample["release"]["licences"][name].startswith(artefact.licence)


def test_a_release_without_a_passage() -> None:
    with pytest.raises(ValueError, match="expected passages in some of merged-single, qwen-single"):
        default_variant({"merged-single": {}, "qwen-single": {}}, ["qwen"])


def test_every_column_is_told(made: Path) -> None:
    text = (made / "whole/README.md").read_text("utf-8")
    parts = set()
    for table in (SINGLE_SENTENCES, MULTI):
        assert all(f"| `{name}` |" in text for name in table.schema.names)
        parts |= {field.name for field in table.schema.field("char_spans").type.value_type}
    assert parts == set(SPAN_COLUMNS)
    assert all(f"| `char_spans.{name}` |" in text for name in parts)


def test_the_card_cites_what_the_repository_asks_to_be_cited(made: Path) -> None:
    text = (made / "whole/README.md").read_text("utf-8")
    asked = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    (paper,) = asked["references"]
    names = " and ".join(author["family-names"] for author in paper["authors"])
    assert f"author        = {{{names}}}" in text and f"{{{paper['year']}}}" in text
    assert paper["url"].rpartition("/")[2] in text and asked["authors"][0]["name"] in text


def test_languages_that_share_a_code_keep_their_whole_ones() -> None:
    short = short_names(["deu_Latn", "srp_Cyrl", "srp_Latn"])
    assert short == {"deu_Latn": "deu", "srp_Cyrl": "srp_Cyrl", "srp_Latn": "srp_Latn"}


def test_configs_of_the_papers_languages() -> None:
    """As many as the hub shows, and no name twice."""
    codes = [p.stem for p in (ROOT / "sample/documents").glob("*")]
    names = [
        f"{a}-{k}{t}{s}"
        for a in ("gemma", "merged", "qwen")
        for k in ("single", "multi")
        for t in ("", "-translated")
        for s in ("", "-sentences")
    ]
    layout = {name: {code: {TRAIN: 1} for code in codes} for name in names}
    made = [config["config_name"] for config in configs(layout, "merged-single")]
    assert len(made) == len(set(made)) == 24 + 12 * len(codes) + len(codes) + 1


def n_rows(release: Path, pattern: str) -> int:
    return sum(pq.read_metadata(path).num_rows for path in release.glob(pattern))


@pytest.mark.slow
def test_everything_loads(made: Path, tmp_path: Path) -> None:
    """Every config, every split of it: as many rows as the files have."""
    from datasets import load_dataset

    release, loaded = made / "divided", 0
    for config in front(release)["configs"]:
        name = str(config["config_name"])
        found = load_dataset(str(release), name, cache_dir=tmp_path / "hf")
        files = {one["split"]: one["path"] for one in config["data_files"]}
        assert set(found) == set(files)
        for split, pattern in files.items():
            assert len(found[split]) == n_rows(release, pattern) > 0
            loaded += 1
    assert loaded > 100


@pytest.mark.slow
def test_the_papers_own_call(tmp_path: Path) -> None:
    """A language as a config; as a split; and a language that an annotator found nothing in."""
    from datasets import load_dataset

    make_variants(tmp_path / "variants", silent=[("gemma", "tha_Thai")])
    release = make_release(tmp_path, params())
    assert list(verify(release)) == []

    def load(*names: str, split: str = "train") -> list[str]:
        return list(
            load_dataset(str(release), *names, split=split, cache_dir=tmp_path / "hf")["id"]
        )

    assert load() == load("merged-single") and len(load()) == 6
    assert load("tha") == load("merged-single-tha_Thai") == load("languages", split="tha")
    assert load("tha") == ["tha_Thai0#0", "tha_Thai1#0"]
    assert len(load("gemma-single")) == 4
    with pytest.raises(ValueError, match="gemma-single-tha_Thai"):
        load("gemma-single-tha_Thai")
    assert languages_in(tmp_path / "variants/gemma-single") == sorted(CODES)
