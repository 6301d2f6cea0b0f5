"""Parquet files of a source, here or elsewhere: found, and opened a row group at a time.

What was fetched from elsewhere is kept, so that an interrupted download goes on where it was: for
each file a folder with its version (size and entity tag) and the byte ranges read so far.
"""

import hashlib
import json
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

import pyarrow as pa
import pyarrow.parquet as pq

from finerweb.corpus.parquet import MAX_GROUP_BYTES
from finerweb.corpus.ranges import Parts, ranges
from finerweb.params.documents import Files
from finerweb.tables.io import replacing

ATTEMPTS = 5
FIRST_WAIT_SECONDS = 1.0
"""Before the second attempt to fetch something; it doubles from there."""

FOOTER_GUESS_BYTES = 2**18
"""Fetched of a file's end at once; pyarrow reads 64 KiB there, however small the footer."""

MAX_FOOTER_BYTES = 2**28
VERSION = "version.json"
TAGS = ("ETag", "etag", "blob_id", "md5Hash", "content_md5", "Content-MD5", "Digest")
DATES = ("LastModified", "Last-Modified", "last_modified", "mtime", "modified", "created")
LOCAL = "file"
HUB = "hf"

T = TypeVar("T")
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class File:
    """A file of a source: its place, and its path below the source's root, which names it."""

    filesystem: Any
    path: str
    name: str
    kept: Path

    @property
    def url(self) -> str:
        """Return the file's place as messages name it."""
        return self.path if self.is_local else str(self.filesystem.unstrip_protocol(self.path))

    @property
    def is_local(self) -> bool:
        """Return whether the file is on this machine's disks."""
        return LOCAL in _protocols(self.filesystem)

    def footer(self) -> pq.FileMetaData:
        """Return what the file says of itself: its columns and row groups.

        Raises:
            ValueError: it is no parquet file, its footer is too large, or it has changed since
                it was first read.
            OSError: it cannot be read.
        """
        size = self._expect_unchanged()
        tail = self._range(max(size - FOOTER_GUESS_BYTES, 0), size)
        length = int.from_bytes(tail[-8:-4], "little") + 8
        if tail[-4:] != b"PAR1" or length > min(size, MAX_FOOTER_BYTES):
            raise ValueError(
                f"{self.url}: expected a parquet file with a footer of at most "
                f"{MAX_FOOTER_BYTES:,} bytes, got a file of {size:,} bytes that ends in "
                f"{tail[-8:]!r}; was it cut?"
            )
        if length > len(tail):
            tail = self._range(size - length, size)
        try:
            return pq.read_metadata(Parts(size, [(size - len(tail), tail)]))
        except (pa.ArrowException, OSError) as error:
            raise ValueError(f"{self.url}: not a readable parquet file ({error})") from error

    def group(self, footer: pq.FileMetaData, index: int, names: set[str]) -> BinaryIO | Parts:
        """Return the file, open; one from elsewhere has these columns of a row group only.

        Raises:
            ValueError: the footer names bytes that the file cannot have, or it has changed.
            OSError: it cannot be read.
        """
        if self.is_local:
            return Path(self.path).open("rb")
        size = self._size()
        parts = []
        for start, end in ranges(footer, index, names):
            if not 0 <= start < end <= size or end - start > MAX_GROUP_BYTES:
                raise ValueError(
                    f"{self.url}, row group {index}: its columns are said to be at "
                    f"[{start:,}, {end:,}) of {size:,} bytes, expected at most "
                    f"{MAX_GROUP_BYTES:,} inside the file; is it damaged?"
                )
            parts.append((start, self._range(start, end)))
        return Parts(size, parts)

    def _range(self, start: int, end: int) -> bytes:
        """Return the bytes of a range, from where they are kept if they were fetched before."""
        if self.is_local:
            with Path(self.path).open("rb") as file:
                file.seek(start)
                return file.read(end - start)
        path = self.kept / f"{start}-{end}"
        content = path.read_bytes() if path.is_file() else b""
        if content[:32] == hashlib.sha256(content[32:]).digest():
            return content[32:]
        content = _answer(self.url, lambda: self._fetch(start, end))
        self._expect_unchanged()
        with replacing(path) as temporary:
            temporary.write_bytes(hashlib.sha256(content).digest() + content)
        return content

    def _fetch(self, start: int, end: int) -> bytes:
        # Files of the hub would be read ahead by megabytes.
        options = {"cache_type": "none"} if self._is_pinned else {}
        content: bytes = self.filesystem.cat_file(self.path, start=start, end=end, **options)
        if len(content) > end - start:
            raise ValueError(
                f"{self.url}: asked for {end - start:,} bytes, got {len(content):,}: its server "
                "cannot give a part of a file; copy the files to a folder, and name that as root"
            )
        if len(content) < end - start:
            raise OSError(f"asked for {end - start:,} bytes, got {len(content):,}")
        return content

    def _size(self) -> int:
        if self.is_local:
            return Path(self.path).stat().st_size
        return int(json.loads((self.kept / VERSION).read_text(encoding="utf-8"))["size"])

    def _expect_unchanged(self) -> int:
        """Return the file's size; note what version it is, or compare it with what was noted."""
        note = self.kept / VERSION
        if self.is_local or (note.is_file() and self._is_pinned):
            return self._size()
        found = self._version()
        if not note.is_file():
            with replacing(note) as temporary:
                temporary.write_text(json.dumps(found, indent=1), encoding="utf-8")
        noted = json.loads(note.read_text(encoding="utf-8"))
        if noted != found:
            raise ValueError(
                f"{self.url}: changed since it was first read: it had {noted['size']:,} bytes "
                f"(version {noted['version']}), now {found['size']:,} ({found['version']}). A "
                "sample of both would be of neither: give the new data a revision of its own in "
                f"params.yaml, or remove {self.kept} to take it under the old one"
            )
        return int(found["size"])

    @property
    def _is_pinned(self) -> bool:
        """Whether the file cannot change: a commit on the hub."""
        return HUB in _protocols(self.filesystem)

    def _version(self) -> dict[str, Any]:
        if not self._is_pinned:
            self.filesystem.invalidate_cache()
        info = _answer(self.url, lambda: self.filesystem.info(self.path))
        if info.get("size") is None:
            raise OSError(f"{self.url}: its server does not tell its size; copy it to a folder")
        tag = next((str(info[key]) for key in (*TAGS, *DATES) if info.get(key)), None)
        return {"url": self.url, "size": info["size"], "version": tag}


def find(files: Files, language: str, fetched: Path) -> list[File]:
    """Return a language's files, in the order of their names, whatever order they are listed in.

    Raises:
        FileNotFoundError: there is none.
        OSError: the place cannot be reached, or is of a kind that nothing installed can read.
    """
    import fsspec

    at = f"{files.root}@{files.revision}" if files.root.startswith(f"{HUB}://") else files.root
    try:
        filesystem, base = fsspec.core.url_to_fs(at)
    except ImportError as error:
        raise OSError(f"{at}: this kind of place wants a library: {error}") from error
    base = base.rstrip("/")
    pattern = files.files.replace("{language}", language)
    paths = _answer(at, lambda: filesystem.glob(f"{base}/{pattern}"))
    if not paths:
        raise FileNotFoundError(
            f"{at}: no documents for {language}: expected files {pattern}, found none; look at "
            "documents.source in params.yaml, or take the language out of documents.languages"
        )
    return [
        File(filesystem, path, path[len(base) + 1 :], fetched / _key(at, files.revision, path))
        for path in sorted(paths)
    ]


def _key(at: str, revision: str, path: str) -> str:
    return hashlib.sha256(f"{at}\0{revision}\0{path}".encode()).hexdigest()[:32]


def _protocols(filesystem: Any) -> tuple[str, ...]:
    names = filesystem.protocol
    return (names,) if isinstance(names, str) else tuple(names)


def _answer(where: str, ask: Callable[[], T]) -> T:
    """Return what a server answers, asked again for as long as its failure may pass.

    Raises:
        OSError: it does not answer, or says no; what was fetched before is kept.
    """
    problem: Exception | None = None
    for attempt in range(ATTEMPTS):
        if attempt:
            time.sleep(FIRST_WAIT_SECONDS * 2 ** (attempt - 1))
        try:
            return ask()
        except ValueError:
            raise
        except Exception as error:  # each filesystem has errors of its own, most no OSError
            problem = error
            log.info("%s: attempt %d failed: %r", where, attempt + 1, error)
            if not _may_pass(error):
                break
    raise OSError(
        f"{where}: cannot be read, asked {attempt + 1} times: {problem!r}; what was fetched is "
        "kept, run again to go on"
    ) from problem


def _may_pass(error: Exception) -> bool:
    """Return whether another attempt may do better: not where the server says no."""
    answer = getattr(error, "response", None)
    status = getattr(error, "status", getattr(answer, "status_code", None))
    if isinstance(status, int) and 400 <= status < 500:
        return status in (408, 429)
    return not isinstance(error, (FileNotFoundError, PermissionError))
