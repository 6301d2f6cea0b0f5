"""Sources elsewhere: the same sample, downloads that go on, changed files that are errors."""

import re
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import fsspec
import pytest
from conftest import run
from texts import SENTENCES
from web import Hub, Served, serving, web_rows, write_files
from web_sources import configure, fineweb, params, stage_command

from finerweb.corpus import files
from finerweb.corpus.sources import sample_language
from finerweb.records import Document

CODES = ("deu_Latn", "tha_Thai")
COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "FIRST_WAIT_SECONDS", 0.001)


@pytest.fixture
def web(tmp_path: Path) -> Path:
    """Return a folder in FineWeb-2's layout, its texts hard to pack so that the files are large.

    A file of German has a row group for each of its rows, and so a large footer.
    """
    noise = Random(0)
    texts = [
        f"{text} {noise.randbytes(1500).hex()}" for _ in range(15) for text in SENTENCES.values()
    ]
    for code, group_rows in zip(CODES, (1, 10), strict=True):
        write_files(web_rows(texts, code), tmp_path / f"web/data/{code}/train", 3, group_rows)
    return tmp_path / "web"


@pytest.fixture
def server(web: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    """Yield a server of the folder; no more than pyarrow wants is fetched of a file's end."""
    monkeypatch.setattr(files, "FOOTER_GUESS_BYTES", 2**16)
    with serving(web) as served:
        yield served


def sampled(root: str, kept: Path, code: str = "tha_Thai", **changed: Any) -> list[Document]:
    section = params(fineweb(root), **{"rating_documents": 4, "corpus_documents": 20} | changed)
    documents, tally = sample_language(code, section, kept, kept)
    assert tally.seen == tally.kept + sum(tally.dropped.values()) < 165
    return documents


def test_the_same_sample_wherever_the_files_are(web: Path, server: Served, tmp_path: Path) -> None:
    expected = sampled(str(web), tmp_path / "a")
    assert len(expected) == 24
    assert not (tmp_path / "a").exists(), "files that are here are not kept twice"
    for newest_first in (False, True):
        server.newest_first = newest_first
        kept = tmp_path / f"http{newest_first}"
        assert sampled(server.url, kept) == expected
    fsspec.filesystem("memory").put(str(web), "/copy", recursive=True)
    assert sampled("memory://copy", tmp_path / "memory") == expected
    assert sampled(f"file://{web}", tmp_path / "file") == expected


def test_nothing_is_fetched_twice_and_not_all_is(server: Served, tmp_path: Path) -> None:
    """Of 18 row groups of 10 or 5 documents, 6 give twice the 24 that are asked for."""
    first = sampled(server.url, tmp_path / "kept")
    got = server.got()
    assert len(got) == len(set(got)) == 3 + 6
    assert sampled(server.url, tmp_path / "kept") == first
    assert server.got() == got


def test_a_cut_connection_is_tried_again(server: Served, tmp_path: Path) -> None:
    expected = sampled(server.url, tmp_path / "whole")
    server.cut.update({f"000_0000{number}.parquet": 2 for number in range(3)})
    assert sampled(server.url, tmp_path / "cut") == expected
    assert not any(server.cut.values())


def test_an_interrupted_download_goes_on(server: Served, tmp_path: Path) -> None:
    expected = sampled(server.url, tmp_path / "whole")
    before = len(server.asked)
    path, start, _ = server.got()[-1]
    name = path.rpartition("/")[2]
    server.cut[name] = 10**6
    server.cut_from = start
    with pytest.raises(OSError, match=rf"{path}: cannot be read, asked 5 times: .*run again"):
        sampled(server.url, tmp_path / "kept")
    asked = [request[1:] for request in server.asked[before:] if request[0] == "GET"]
    failed = {request for request in asked if asked.count(request) == files.ATTEMPTS}
    assert len(failed) == 1
    server.cut.clear()
    before = len(server.asked)
    assert sampled(server.url, tmp_path / "kept") == expected
    again = {request[1:] for request in server.asked[before:] if request[0] == "GET"}
    assert failed <= again and not again & (set(asked) - failed)


@pytest.mark.slow
def test_a_changed_file_is_named(server: Served, web: Path, tmp_path: Path) -> None:
    sampled(server.url, tmp_path / "kept")
    name = server.got()[0][0]
    path = web / name
    content = path.read_bytes()
    path.write_bytes(content[:100] + bytes([content[100] ^ 1]) + content[101:])
    with pytest.raises(ValueError, match=rf"{name}: changed since it was first read") as caught:
        sampled(server.url, tmp_path / "kept")
    assert "revision" in str(caught.value)
    assert len(sampled(server.url, tmp_path / "kept", "deu_Latn")) == 24
    path.write_bytes(content)
    sampled(server.url, tmp_path / "kept")


def test_a_file_that_changes_while_it_is_read(server: Served, tmp_path: Path) -> None:
    server.after = lambda path: path.write_bytes(path.read_bytes() + b"x")
    with pytest.raises(ValueError, match=r"parquet: changed since it was first read"):
        sampled(server.url, tmp_path / "kept")
    assert not list((tmp_path / "kept").glob("*/*-*")), "nothing of either is kept"


def test_changed_data_under_a_new_revision(server: Served, web: Path, tmp_path: Path) -> None:
    sampled(server.url, tmp_path / "kept")
    others = web_rows([f"{text} 新" for text in SENTENCES.values()] * 9, "tha_Thai")
    write_files(others, web / "data/tha_Thai/train", 3, 10)
    changed = sampled(server.url, tmp_path / "kept", revision="next")
    assert all(document.text.endswith("新") for document in changed)


def test_what_is_kept_is_checked(server: Served, tmp_path: Path) -> None:
    expected = sampled(server.url, tmp_path / "kept")
    for path in (tmp_path / "kept").glob("*/*-*"):
        content = path.read_bytes()
        path.write_bytes(content[:-7] + b"damaged")
    n_got = len(server.got())
    assert sampled(server.url, tmp_path / "kept") == expected
    assert sorted(server.got()[n_got:]) == sorted(server.got()[:n_got])


def test_a_server_without_ranges(server: Served, tmp_path: Path) -> None:
    server.ranges = False
    with pytest.raises(ValueError, match=r"cannot give a part of a file; copy the files"):
        sampled(server.url, tmp_path / "kept")


def test_a_server_that_says_no_is_asked_once(server: Served, tmp_path: Path) -> None:
    server.forbidden = True
    with pytest.raises(OSError, match=r"cannot be read, asked 1 times: .*403"):
        sampled(server.url, tmp_path / "kept")


def test_no_server(tmp_path: Path) -> None:
    with pytest.raises((OSError, FileNotFoundError), match=r"http://127\.0\.0\.1:9"):
        sampled("http://127.0.0.1:9", tmp_path / "kept")


def test_a_place_of_a_kind_that_nothing_reads(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="Protocol not known: nowhere"):
        sampled("nowhere://data", tmp_path / "kept")
    fsspec.register_implementation("wanting", "no_such_library.FileSystem", True, "Install it")
    with pytest.raises(OSError, match=r"wanting://data: this kind of place wants a library: Inst"):
        sampled("wanting://data", tmp_path / "kept")


@pytest.mark.slow
def test_the_hub(project: Path, web: Path) -> None:
    """The stage, against a server that gives data sets as the hub does."""
    home = web.parent / "hub" / "some-team"
    home.mkdir(parents=True)
    web.rename(home / "web-2")
    source = fineweb("hf://datasets/some-team/web-2") | {"revision": COMMIT}
    configure(project, list(CODES), source)
    with serving(home.parent, Hub) as hub:
        settings = {
            "HF_ENDPOINT": hub.url,
            "HF_HUB_DISABLE_XET": "1",
            "HF_HOME": str(project / "hf"),
        }
        run(*stage_command("out"), cwd=project, env=settings)
        got = hub.got()
        assert 6 <= len(got) == len(set(got))
        run(*stage_command("again"), cwd=project, env=settings)
        assert hub.got() == got, "nothing is fetched twice"
    configure(project, list(CODES), source | {"root": str(home / "web-2")})
    run(*stage_command("here"), cwd=project)
    for name in ("again", "here"):
        for code in CODES:
            expected = (project / "out" / f"{code}.parquet").read_bytes()
            assert (project / name / f"{code}.parquet").read_bytes() == expected
    noted = [path.read_text() for path in (project / "f").glob("*/version.json")]
    assert all(re.search(rf"hf://datasets/some-team/web-2@{COMMIT}/data/", text) for text in noted)
    assert len(noted) == 6
