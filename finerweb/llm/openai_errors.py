"""What a server's errors mean: try again, this request will never be answered, or stop asking."""

import email.utils
import math
import os
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass

from finerweb.llm.requests import CONTENT_FILTER, REJECTED, TOO_LONG

KEY = "OPENAI_API_KEY"
PASSING = (408, 409, 425, 429)
"""Statuses below 500 after which the same request may succeed."""
HINTS = {
    401: f"the server does not accept the key in {KEY}",
    402: "the account has no money left",
    403: f"the key in {KEY} may not use this model",
    404: "the server does not know this model (is it retired?): name another in params.yaml, or "
    "set llm.replay_only to work from the replies that are kept",
}


class StopAsking(OSError):
    """No request can be answered now; what was answered is kept."""


@dataclass(frozen=True, slots=True)
class Again:
    """The request may succeed later: after ``seconds`` where the server says so."""

    why: str
    seconds: float | None = None
    too_many: bool = False


@dataclass(frozen=True, slots=True)
class Never:
    """This request will not be answered: a finish reason, and what the server said."""

    finish_reason: str
    why: str


def meaning(error: Exception, longest_wait: float) -> Again | Never:
    """Return what an error of the `openai` client means for the request it befell.

    Raises:
        StopAsking: it would befall every other one too.
    """
    status = getattr(error, "status_code", None)
    why = redacted(str(error))
    if status is None:
        return Again(f"{type(error).__name__}: {why}")
    if status in HINTS:
        raise StopAsking(f"{HINTS[status]} ({why})")
    code = str(getattr(error, "code", None) or "")
    if code in ("insufficient_quota", "billing_hard_limit_reached"):
        raise StopAsking(f"the account has no money left ({why})")
    if status in PASSING or status >= 500:
        response = getattr(error, "response", None)
        seconds = retry_after(None if response is None else response.headers)
        if seconds is not None and seconds > longest_wait:
            raise StopAsking(
                f"the server wants a pause of {seconds:.0f} s, more than "
                f"llm.openai.longest_wait_seconds ({longest_wait:g}): run again after it ({why})"
            )
        return Again(why, seconds, too_many=status == 429)
    if "content" in code and ("filter" in code or "policy" in code):
        return Never(CONTENT_FILTER, why)
    if code == "context_length_exceeded" or "maximum context length" in why:
        return Never(TOO_LONG, why)
    return Never(REJECTED, why)


def retry_after(headers: Mapping[str, str] | None, now: float | None = None) -> float | None:
    """Return the seconds that a server wants us to wait; None where it does not say, or unreadably.

    ``retry-after-ms`` counts milliseconds; ``retry-after`` has seconds or an HTTP date.

    >>> retry_after({"retry-after": "2"}), retry_after({"retry-after": "soon"})
    (2.0, None)
    """
    headers = {name.lower(): value for name, value in (headers or {}).items()}
    for name, divisor in (("retry-after-ms", 1000), ("retry-after", 1)):
        try:
            seconds = float(headers.get(name, "")) / divisor
        except ValueError:
            continue
        if not math.isnan(seconds):
            return max(seconds, 0.0)
    date = email.utils.parsedate_tz(headers.get("retry-after", ""))
    if date is None:
        return None
    return max(email.utils.mktime_tz(date) - (time.time() if now is None else now), 0.0)


def redacted(text: str) -> str:
    """Return a server's message, shortened, without the key, whole or in part."""
    key = os.environ.get(KEY, "")
    if len(key) > 3:
        text = text.replace(key, "***")
    text = re.sub(r"\b(sk|key|Bearer)([-_ ])[\w*.-]{6,}", r"\1\2***", text)
    return text if len(text) <= 500 else text[:500] + " ..."
