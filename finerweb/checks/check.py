"""The outcome of looking at one thing."""

import re
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

SECONDS = 5.0
"""How long anything behind a network may take to answer."""


@dataclass(frozen=True, slots=True)
class Check:
    """What was looked at, how it is, and what to do about it.

    ``state`` is ``ok``, ``note`` (nothing needs it now, or it will be fetched), or ``wrong``: a
    stage of this project would fail, or its release say what is not so.
    """

    name: str
    state: Literal["ok", "note", "wrong"]
    said: str
    todo: str = ""


def without_password(text: str) -> str:
    """Return a text whose addresses lack the user and password that may stand before the host.

    >>> without_password("https://me:secret@host/data")
    'https://...@host/data'
    """
    return re.sub(r"//[^/@\s]+@", "//...@", text)


def failure(look: Callable[[], object], seconds: float = SECONDS) -> str:
    """Return why something fails, in one line; nothing where it succeeds.

    It runs in a thread of its own, since look-ups of names know no time limit: one that takes
    longer is left to itself.
    """
    said = [f"no answer within {seconds:.0f} seconds"]

    def run() -> None:
        try:
            look()
            said[0] = ""
        except Exception as error:  # Whatever it is, it is what the check reports.
            said[0] = " ".join(str(error).split())[:200] or type(error).__name__

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    return said[0]


def looked(name: str, look: Callable[[], Iterable[Check]]) -> Iterator[Check]:
    """Yield what some checks found; where they fail themselves, that, as a check of that name."""
    try:
        yield from look()
    except Exception as error:  # Whatever it is: the other checks are still wanted.
        said = " ".join(str(error).split())[:300] or type(error).__name__
        yield Check(name, "wrong", said, "mend what it names; then look again")
