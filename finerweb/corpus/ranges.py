"""Parts of a file: which of them a row group takes, and a file that has no others."""

import io
from collections.abc import Iterator
from typing import Any

import pyarrow.parquet as pq

from finerweb.corpus.parquet import chunks

GAP_BYTES = 2**20
"""Columns that lie closer together than this are read as one range."""


def ranges(footer: pq.FileMetaData, index: int, names: set[str]) -> Iterator[tuple[int, int]]:
    """Yield where the column chunks of a row group lie, neighbours as one."""
    found: list[tuple[int, int]] = []
    for chunk in chunks(footer, index, names):
        start = chunk.data_page_offset
        if chunk.dictionary_page_offset is not None:
            start = min(start, chunk.dictionary_page_offset)
        found.append((start, start + chunk.total_compressed_size))
    joined = None
    for start, end in sorted(found):
        if joined and start - joined[1] <= GAP_BYTES:
            joined = (joined[0], max(end, joined[1]))
            continue
        if joined:
            yield joined
        joined = (start, end)
    if joined:
        yield joined


class Parts(io.RawIOBase):
    """A file of which only some ranges are here."""

    def __init__(self, size: int, parts: list[tuple[int, bytes]]) -> None:
        super().__init__()
        self._size = size
        self._parts = parts
        self._at = 0

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True."""
        return True

    def tell(self) -> int:
        """Return the position."""
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move to a position."""
        origin = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = origin + offset
        return self._at

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer from the part that holds the position.

        Raises:
            OSError: no part does.
        """
        if self._at >= self._size:
            return 0
        for start, content in self._parts:
            if start <= self._at < start + len(content):
                first = self._at - start
                piece = content[first : first + len(buffer)]
                buffer[: len(piece)] = piece
                self._at += len(piece)
                return len(piece)
        raise OSError(f"byte {self._at:,} was not expected to be read; is the file damaged?")
