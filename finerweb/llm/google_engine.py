"""Google Cloud Translation v3, by the REST method `projects.locations.translateText`.

Written from Google's reference and tested against a server that speaks the same; the hosted API
itself was not contacted. A request has a text, not a prompt, and what counts as its tokens are
characters, which is what Google charges for. A language that Google does not know is a reply too
(`UNSUPPORTED`), so that it is asked about once; to forget it with all others, there is `finerweb
replies prune --model general/nmt`.
"""

import os
import random
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from finerweb.llm.openai_errors import PASSING, Again, StopAsking, redacted, retry_after
from finerweb.llm.requests import REJECTED, Reply, Request
from finerweb.llm.store import ReplyStore
from finerweb.params.llm import GoogleParams, LlmParams
from finerweb.params.models import GoogleModel

KEY = "GOOGLE_APPLICATION_CREDENTIALS"
SCOPE = "https://www.googleapis.com/auth/cloud-translation"
MAX_TEXTS = 1024
MAX_CHARACTERS = 30_000
"""Texts, and code points of all of them, that Google takes at a time."""
UNSUPPORTED = "unsupported"
FIRST_WAIT_SECONDS = 0.5
LONGEST_BACKOFF_SECONDS = 60.0
HINTS = {
    401: f"Google does not accept the credentials that {KEY} names",
    403: f"what {KEY} names may not use Cloud Translation in this project (is the API enabled, "
    "billing on, the role Cloud Translation API User given?)",
    404: "Google does not know this project, location or model (llm.google, translate.google)",
}
Headers = Callable[[], dict[str, str]]
"""Returns the headers that authorise a request; they are made anew before they run out."""


@dataclass(frozen=True, slots=True)
class Access:
    """The headers of a request, and the project that the credentials belong to."""

    headers: Headers
    project: str | None


def request(subject: str, text: str, source: str, target: str) -> Request:
    """Return the request for a text's translation, between two of Google's language codes."""
    fields = (("source", source), ("target", target), ("text", text))
    return Request(subject=subject, max_tokens=0, messages=fields)


def access() -> Access:
    """Return what the credentials in the environment open.

    Raises:
        StopAsking: there are none, they are no good, or `google-auth` is not installed.
    """
    try:
        import google.auth
        from google.auth.exceptions import GoogleAuthError
        from google.auth.transport.requests import Request as Transport
    except ImportError as error:
        raise StopAsking(
            "Google Cloud Translation needs google-auth: in a checkout of finerweb, "
            "pip install -e '.[google]'"
        ) from error
    if not os.environ.get(KEY):
        raise StopAsking(
            f"no credentials for Google Cloud Translation: put the path of a service account's "
            f"JSON file into the environment variable {KEY}"
        )
    try:
        credentials, project = google.auth.default(scopes=[SCOPE])
    except (GoogleAuthError, ValueError, OSError) as error:
        raise StopAsking(f"{KEY}: no usable credentials ({redacted(str(error))})") from error

    def headers() -> dict[str, str]:
        found: dict[str, str] = {}
        try:
            credentials.before_request(Transport(), "POST", "", found)
        except GoogleAuthError as error:
            raise StopAsking(f"{HINTS[401]} ({redacted(str(error))})") from error
        return found

    return Access(headers, project)


def start(model: GoogleModel, params: LlmParams, store: ReplyStore) -> "GoogleEngine":
    """Return the engine of a model of Google's; nothing is asked yet.

    Raises:
        StopAsking: as `access`; or no project is named.
    """
    return GoogleEngine(model.model, params.google, access())


class GoogleEngine:
    """A model of Google Cloud Translation, by the name after ``served:``."""

    n_cached_tokens = 0

    def __init__(self, model: str, params: GoogleParams, access: Access) -> None:
        """Note where to ask, as whom."""
        project = params.project or access.project
        if not project:
            raise StopAsking(
                f"the credentials in {KEY} name no project: name it in llm.google.project"
            )
        parent = f"projects/{project}/locations/{params.location}"
        self._name = model.removeprefix("served:")
        self._model = f"{parent}/models/{self._name}"
        self._url = f"{params.base_url.rstrip('/')}/v3/{parent}:translateText"
        self._params = params
        self._headers = access.headers
        self._unsupported: dict[tuple[str, str], Reply] = {}

    def replies(self, requests: Iterable[Request]) -> Iterator[tuple[Request, Reply]]:
        """Yield each request with its reply, as many of a pair of languages at a time as may be.

        Raises:
            StopAsking: Google can answer no request now.
        """
        for batch in batches(requests):
            yield from zip(batch, self._translated(batch), strict=True)

    def close(self) -> None:
        """Nothing is left open."""

    def _translated(self, batch: Sequence[Request]) -> list[Reply]:
        pair = _pair(batch[0])
        if pair in self._unsupported:
            return [self._unsupported[pair]] * len(batch)
        why = ""
        for attempt in range(self._params.attempts):
            found = self._once(batch)
            if not isinstance(found, Again):
                return found
            why = found.why
            seconds = min(FIRST_WAIT_SECONDS * 2**attempt, LONGEST_BACKOFF_SECONDS)
            if attempt + 1 < self._params.attempts:
                time.sleep((found.seconds or seconds) * random.uniform(1.0, 1.5))
        raise StopAsking(
            f"{self._url}: no answer in {self._params.attempts} attempts ({why}); what was "
            "answered is kept, a new run asks only the rest"
        )

    def _once(self, batch: Sequence[Request]) -> list[Reply] | Again:
        import requests

        source, target = _pair(batch[0])
        body = {
            "contents": [_text(one) for one in batch],
            "mimeType": "text/plain",
            "sourceLanguageCode": source,
            "targetLanguageCode": target,
            "model": self._model,
        }
        try:
            answer = requests.post(
                self._url, json=body, headers=self._headers(), timeout=self._params.timeout_seconds
            )
        except requests.RequestException as error:
            return Again(f"{type(error).__name__}: {redacted(str(error))}")
        if answer.status_code != 200:
            return self._failed(batch, answer)
        try:
            return [self._reply(*both) for both in zip(batch, _texts(answer), strict=True)]
        except (ValueError, KeyError, TypeError) as error:
            return Again(f"expected {len(batch)} translations, got {answer.text[:200]} ({error})")

    def _reply(self, request: Request, text: str) -> Reply:
        return Reply(text, "stop", len(_text(request)), 0, f"google v3 {self._name}")

    def _failed(self, batch: Sequence[Request], answer: Any) -> list[Reply] | Again:
        """Return what an error means for a batch.

        Raises:
            StopAsking: it would befall every other one too.
        """
        why = redacted(f"{answer.status_code} {_message(answer)}")
        if answer.status_code in HINTS:
            raise StopAsking(f"{HINTS[answer.status_code]} ({why})")
        if answer.status_code in PASSING or answer.status_code >= 500:
            seconds = retry_after(answer.headers)
            if seconds is not None and seconds > self._params.longest_wait_seconds:
                raise StopAsking(
                    f"Google wants a pause of {seconds:.0f} s, more than "
                    f"llm.google.longest_wait_seconds: run again after it ({why})"
                )
            return Again(why, seconds)
        is_about_language = "language" in why.lower()
        reason = UNSUPPORTED if is_about_language else REJECTED
        reply = Reply("", reason, 0, 0, f"google v3 {self._name}", failure=why)
        if is_about_language:
            self._unsupported[_pair(batch[0])] = reply
        return [reply] * len(batch)


def batches(requests: Iterable[Request]) -> Iterator[list[Request]]:
    """Yield requests in their order, in lists of one pair of languages that Google takes at once.

    A text that is longer than all of them may be is alone in its list.
    """
    batch: list[Request] = []
    characters = 0
    for one in requests:
        n = len(_text(one))
        is_full = len(batch) == MAX_TEXTS or characters + n > MAX_CHARACTERS
        if batch and (is_full or _pair(one) != _pair(batch[0])):
            yield batch
            batch, characters = [], 0
        batch.append(one)
        characters += n
    if batch:
        yield batch


def _pair(request: Request) -> tuple[str, str]:
    """Return the languages of a request, from and to."""
    fields = dict(request.messages or ())
    return fields["source"], fields["target"]


def _text(request: Request) -> str:
    return dict(request.messages or ())["text"]


def _texts(answer: Any) -> list[str]:
    return [str(row["translatedText"]) for row in answer.json()["translations"]]


def _message(answer: Any) -> str:
    """Return what Google says about an error, with the fields it complains of."""
    try:
        error = answer.json()["error"]
        details = error.get("details", ())
        fields = [row["field"] for some in details for row in some.get("fieldViolations", ())]
        return " ".join([str(error["message"]), *fields])
    except (ValueError, KeyError, TypeError, AttributeError):
        return str(answer.text[:200])
