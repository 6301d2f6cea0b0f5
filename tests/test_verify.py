"""`finerweb verify`: a whole release passes, and every planted corruption is named."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import run
from releases import TEXT, make_release, make_variants, params, passages

from finerweb.corpus.contamination import EvaluationTexts
from finerweb.params.passages import EvaluationSet
from finerweb.release.folder import CHECKSUMS, FILE, write_checksums
from finerweb.release.outputs import differing
from finerweb.release.verify import verify
from finerweb.tables.io import read_metrics


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a small release of two annotators and merged, in three languages."""
    folder = tmp_path_factory.mktemp("made")
    make_variants(folder / "variants")
    make_release(folder, params())
    return folder


@pytest.fixture
def release(made: Path, tmp_path: Path) -> Path:
    """Return a copy of the release, with its metrics beside it."""
    for name in ("release", "metrics"):
        shutil.copytree(made / name, tmp_path / name)
    return tmp_path / "release"


def documents(code: str) -> set[str]:
    return {p.document_id for p in passages(code)}


@pytest.mark.slow
def test_nothing_is_wrong(release: Path, tmp_path: Path) -> None:
    noted = read_metrics(tmp_path / "metrics/statistics.json")
    (release / ".gitattributes").write_text("a hub's")
    assert list(verify(release, documents, None, noted)) == []
    done = run("finerweb", "verify", str(release), cwd=tmp_path)
    assert "nothing is wrong" in done.stdout
    sums = run("sha256sum", "--check", "--quiet", CHECKSUMS, cwd=release)
    assert sums.stdout == ""


def changed(path: Path, change: Callable[[pa.Table], pa.Table]) -> None:
    """Write a file anew, whose checksum is right again afterwards."""
    pq.write_table(change(pq.read_table(path, partitioning=None)), path)
    write_checksums(next(p for p in path.parents if (p / CHECKSUMS).is_file()))


def spans_as(change: Callable[[dict[str, object]], None]) -> Callable[[pa.Table], pa.Table]:
    def changed_spans(table: pa.Table) -> pa.Table:
        rows = table.to_pylist()
        change(rows[0]["char_spans"][0])
        return pa.Table.from_pylist(rows, schema=table.schema)

    return changed_spans


def column_as(name: str, change: Callable[[list[object]], list[object]]) -> Callable[..., pa.Table]:
    def changed_column(table: pa.Table) -> pa.Table:
        place = table.schema.get_field_index(name)
        values = pa.array(change(table[name].to_pylist()), table.schema.field(name).type)
        return table.set_column(place, table.schema.field(name), values)

    return changed_column


PLANTED = {
    "surface": (
        spans_as(lambda s: s.update(surface="Eve")),
        r"tha_Thai0#0: entity \[0, 3\) is .* its surface 'Eve'",
    ),
    "bounds": (
        spans_as(lambda s: s.update(end=999)),
        r"entity \[0, 999\) is not inside the \d+ code points",
    ),
    "reversed": (spans_as(lambda s: s.update(start=3)), r"entity \[3, 3\) is not inside"),
    "no label": (spans_as(lambda s: s.update(label="")), r"entity \[0, 3\) has no label"),
    "source": (
        spans_as(lambda s: s.update(sources=["gpt"])),
        r"is from \['gpt'\], expected some of \['gemma'",
    ),
    "no source": (spans_as(lambda s: s.update(sources=[])), r"is from \[\], expected"),
    "language": (
        column_as("language", lambda v: ["deu_Latn", *v[1:]]),
        r"tha_Thai0#0: language is 'deu_Latn', expected 'tha_Thai'",
    ),
    "twice": (column_as("id", lambda v: [v[0]] * len(v)), r"tha_Thai0#0: stands twice"),
    "order": (lambda t: t.take([1, 0]), r"tha_Thai0#0: stands after tha_Thai1#0"),
    "document": (
        column_as("document_id", lambda v: ["gone", *v[1:]]),
        r"its document gone is not among",
    ),
    "text": (column_as("text", lambda v: [f"x{v[0]}", *v[1:]]), r"entity \[0, 3\) is 'x"),
    "lost row": (lambda t: t.slice(1), r"README.md: expected the figures \| merged \| 5 \|"),
    "schema": (lambda t: t.drop_columns(["url"]), r"expected the columns id, text.*got \['id'"),
    "offsets in bytes": (
        spans_as(lambda s: s.update(end=9)),
        r"entity \[0, 9\) is '.*', its surface",
    ),
}


@pytest.mark.parametrize("what", PLANTED)
def test_planted_in_a_table(release: Path, what: str) -> None:
    """With checksums that were made anew: found by what the rows say."""
    change, message = PLANTED[what]
    name = f"data/merged-single/tha_Thai/{FILE}"
    changed(release / name, change)
    faults = list(verify(release, documents))
    assert any(re.search(message, fault, re.DOTALL) for fault in faults), faults
    assert any(name in fault for fault in faults) or what == "lost row"


def without_entities(table: pa.Table) -> pa.Table:
    rows = [row | {"char_spans": []} for row in table.to_pylist()]
    return pa.Table.from_pylist(rows, schema=table.schema)


@pytest.mark.parametrize(
    ("variant", "change", "message"),
    [
        ("qwen-single-sentences", column_as("start", lambda v: [x + 1 for x in v]), "of in text"),
        ("qwen-multi-sentences", column_as("start", lambda v: [x + 1 for x in v]), "of in start"),
        ("qwen-single-sentences", column_as("is_crossed", lambda v: [True] * len(v)), "is_crossed"),
        ("merged-single-sentences", lambda t: t.slice(1), "eng_Latn0#0: [0, 23) of it is in no"),
        ("merged-single-sentences", lambda t: t.slice(0, len(t) - 1), ": [13, 72) of it is in no"),
        ("merged-multi-sentences", lambda t: t.slice(1), "eng_Latn0#0-s0: is missing"),
        ("merged-single-sentences", without_entities, "made of in char_spans"),
        ("gemma-single-translated", without_entities, "made of in char_spans"),
        ("gemma-multi", without_entities, "made of in char_spans"),
        (
            "gemma-multi",
            column_as("id", lambda v: ["a", *v[1:]]),
            "a: there is nothing it is made of",
        ),
    ],
)
def test_planted_in_what_is_made_of_passages(
    release: Path, variant: str, change: Callable[[pa.Table], pa.Table], message: str
) -> None:
    name = f"data/{variant}/eng_Latn/{FILE}"
    changed(release / name, change)
    assert any(f.startswith(name) and message in f for f in verify(release))


def test_nulls_are_named(release: Path) -> None:
    path = release / f"data/merged-single/eng_Latn/{FILE}"
    table = pq.read_table(path, partitioning=None)
    for name in ("text", "id", "quality_score"):
        schema = pa.schema([field.with_nullable(True) for field in table.schema])
        place = schema.get_field_index(name)
        nulls = pa.array([None] * len(table), schema.field(name).type)
        pq.write_table(table.cast(schema).set_column(place, schema.field(name), nulls), path)
        write_checksums(release)
        assert any(f"column {name} has nulls" in fault for fault in verify(release))


def test_planted_in_the_card(release: Path) -> None:
    path = release / "README.md"
    text = path.read_text("utf-8")
    for old, new, message in (
        ("| Thai | 2 |", "| Thai | 999 |", "expected the figures | Thai | 2 |"),
        ("data/gemma-multi/*/", "data/gone/*/", "no file is data/gone/*/train-*.parquet"),
        ("configs:", "confis:", "expected a front matter with configs"),
    ):
        assert old in text
        path.write_text(text.replace(old, new), "utf-8")
        write_checksums(release)
        assert any(message in fault for fault in verify(release))
    path.write_bytes(b"\xff\xfe")
    assert any("front matter" in fault for fault in verify(release))


def test_nothing_there_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / CHECKSUMS).touch()
    assert "data: expected variants, found none" in list(verify(tmp_path))


def test_planted_in_files(release: Path) -> None:
    """A flipped byte, a missing, a further, an unreadable file, and a card that was edited."""
    first, second, third = (
        release / f"data/{v}-multi/hin_Deva/{FILE}" for v in ("qwen", "gemma", "merged")
    )
    content = bytearray(first.read_bytes())
    content[len(content) // 2] ^= 1
    first.write_bytes(content)
    second.unlink()
    third.write_bytes(b"PAR1")
    (release / "notes.txt").write_text("x")
    (release / "data/odd").mkdir()
    text = (release / "README.md").read_text("utf-8")
    (release / "README.md").write_text(text.replace("| merged | 6 |", "| merged | 7 |"), "utf-8")
    faults = "\n".join(verify(release))
    for fault in (
        f"data/qwen-multi/hin_Deva/{FILE}: expected sha256",
        f"data/gemma-multi/hin_Deva/{FILE}: is in {CHECKSUMS}, but not there",
        f"data/merged-multi/hin_Deva/{FILE}: not a readable parquet file",
        f"notes.txt: is not in {CHECKSUMS}",
        "README.md: expected sha256",
        "README.md: expected the figures | merged | 6 |",
        "data/odd: expected <annotator>-single or multi, perhaps -translated, -sentences",
    ):
        assert fault in faults
    (release / CHECKSUMS).write_text("abc  x\n")
    assert any("line 1: expected a sha256" in fault for fault in verify(release))
    (release / CHECKSUMS).unlink()
    assert f"{CHECKSUMS}: no such file" in list(verify(release))


def test_figures_of_the_metrics(release: Path, tmp_path: Path) -> None:
    noted = read_metrics(tmp_path / "metrics/statistics.json")
    noted["ours"]["gemma"]["overall"]["types"] += 1
    (fault,) = verify(release, statistics=noted)
    assert fault.startswith("statistics of gemma: expected ")


def test_evaluation_text_inside(release: Path, tmp_path: Path) -> None:
    (tmp_path / "gold.txt").write_text(TEXT[14:] + "\n", "utf-8")
    told = EvaluationSet(kind="plain", path=tmp_path / "gold.txt", split=None)
    evaluation = EvaluationTexts([told], 8)
    faults = list(verify(release, evaluation=evaluation))
    assert len(faults) == 3 * 3 and all("evaluation text" in fault for fault in faults)


def test_many_faults_are_counted(release: Path) -> None:
    path = release / "data/gemma-single/eng_Latn" / FILE
    table = pq.read_table(path, partitioning=None)
    many = pa.concat_tables([table] * 20)
    changed(path, lambda _: many)
    assert any(re.search(r"and \d+ more of these$", fault) for fault in verify(release))


@pytest.mark.slow
def test_a_cache_object_that_changed(project: Path) -> None:
    """DVC checks it out, and finds nothing wrong."""
    (project / "params.yaml").unlink()
    (project / "dvc.yaml").write_text(
        "stages:\n  make:\n    outs: [out]\n"
        "    cmd: mkdir -p out/b out/b-d && echo 1 > out/b-d/a && echo 2 > out/b/c\n"
    )
    run("dvc", "repro", cwd=project)
    lists = [p for p in (project / ".dvc/cache").rglob("*.dir")]
    for path in lists:
        path.rename(path.with_suffix(".away"))
    assert list(differing(project, project / ".dvc/cache/files/md5")) == []
    for path in lists:
        path.with_suffix(".away").rename(path)
    objects = [p for p in (project / ".dvc/cache").rglob("*") if p.is_file()]
    (changed_one,) = [p for p in objects if p.read_bytes() == b"2\n"]
    changed_one.chmod(0o644)
    changed_one.write_bytes(b"3\n")
    changed_one.chmod(0o444)
    run("rm", "-r", "out", cwd=project)
    run("dvc", "checkout", cwd=project)
    assert (project / "out/b/c").read_text() == "3\n"
    assert "up to date" in run("dvc", "status", cwd=project).stdout
    (project / "release").mkdir()
    done = run("finerweb", "verify", "release", cwd=project, check=False)
    assert done.returncode == 1
    expected = r"out/b/c: dvc.lock has md5 26ab0db90d72e28ad0ba1e22ee510510, the file \w{32}\n"
    assert re.search(expected, done.stdout)
    assert "out/b-d" not in done.stdout


@pytest.mark.slow
def test_an_unpacked_archive_has_no_repository(project: Path) -> None:
    shutil.rmtree(project / ".git")
    (project / "dvc.lock").write_text("schema: '2.0'\n")
    (project / "release").mkdir()
    done = run("finerweb", "verify", "release", cwd=project, check=False)
    assert done.returncode == 1 and "verify the release alone with --no-outputs" in done.stderr
    alone = run("finerweb", "verify", "release", "--no-outputs", cwd=project, check=False)
    assert alone.returncode == 1 and "README.md" in alone.stdout
