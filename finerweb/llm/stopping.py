"""Ctrl-C that lets the requests under way be answered."""

import logging
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM)
log = logging.getLogger(__name__)


@contextmanager
def stoppable() -> Iterator[Callable[[], bool]]:
    """Yield a function that tells whether Ctrl-C was pressed, or the process asked to end.

    The first time nothing else happens; the second time `KeyboardInterrupt` is raised. Outside the
    main thread, where signals cannot be taken, it tells no.
    """
    asked = False

    def note(number: int, frame: FrameType | None) -> None:
        nonlocal asked
        if asked:
            raise KeyboardInterrupt
        asked = True
        log.warning("stopping when the requests under way are answered; again: stop at once")

    if threading.current_thread() is not threading.main_thread():
        yield lambda: False
        return
    before = [signal.signal(number, note) for number in SIGNALS]
    try:
        yield lambda: asked
    finally:
        for number, handler in zip(SIGNALS, before, strict=True):
            signal.signal(number, handler)
