"""Turns: of the processes that ask one model with one reply store, one asks at a time."""

import hashlib
import json
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

log = logging.getLogger(__name__)


@contextmanager
def turn(store: Path, model: Mapping[str, str], what: str) -> Iterator[None]:
    """Wait until no other process asks this model (`model_key`), then keep the others waiting.

    The operating system lets go of the lock of a process that dies.
    """
    name = hashlib.sha256(json.dumps(model, sort_keys=True).encode()).hexdigest()[:16]
    lock = FileLock(store.with_name(f"{store.name}.{name}.asking"))
    try:
        lock.acquire(timeout=0)
    except Timeout:
        log.warning("%s: another process asks this model; waiting for its replies", what)
        lock.acquire()
    try:
        yield
    finally:
        lock.release()
