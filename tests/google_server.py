"""A server that speaks Cloud Translation v3's REST method `translateText`, and its token server.

A translation is the text in capitals with the target's code before it. It refuses what Google's
reference says it does, and fails by a schedule.
"""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs

from local_http import listening

PATH = re.compile(r"/v3/(projects/[\w-]+/locations/[\w-]+):translateText")
UNKNOWN = "xx"
"""A language the server does not know, though our table has a code for it."""


@dataclass
class Fault:
    """What happens to a request instead of an answer; ``cut`` ends it in the middle."""

    status: int = 200
    message: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    answer: Any = None
    cut: bool = False


@dataclass
class Google:
    """A running server: where it is, what it was asked, and what goes wrong next."""

    base_url: str = ""
    requests: list[dict[str, Any]] = field(default_factory=list)
    grants: list[dict[str, list[str]]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    is_withdrawn: bool = False
    """Whether the token server takes grants no more."""

    def texts(self) -> list[str]:
        """Return all that was to be translated, in its order."""
        return [text for body in self.requests for text in body["contents"]]


class Handler(BaseHTTPRequestHandler):
    """The server's answers."""

    google: Google

    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/token":
            self.google.grants.append(parse_qs(content.decode()))
            token = {"access_token": "fresh", "expires_in": 3600, "token_type": "Bearer"}
            refused = {"error": "invalid_grant", "error_description": "Invalid JWT Signature."}
            self.send(400, refused) if self.google.is_withdrawn else self.send(200, token)
            return
        body = json.loads(content)
        self.google.requests.append(
            body | {"path": self.path, "authorization": self.headers["Authorization"]}
        )
        fault = self.google.faults.pop(0) if self.google.faults else Fault()
        if fault.cut:
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
        elif fault.status != 200:
            self.error(fault.status, fault.message, fault.headers)
        elif fault.answer is not None:
            self.send(200, fault.answer)
        else:
            self.translate(body)

    def translate(self, body: dict[str, Any]) -> None:
        """Answer as the reference says."""
        found = PATH.fullmatch(self.path)
        target, texts = body["targetLanguageCode"], body["contents"]
        if found is None or body["model"] != f"{found[1]}/models/general/nmt":
            self.error(404, "Requested entity was not found.")
        elif body["mimeType"] != "text/plain" or set(body) != FIELDS:
            self.error(400, "Invalid JSON payload received.")
        elif target == UNKNOWN:
            self.error(400, "Target language is invalid.", field="target_language_code")
        elif len(texts) > 1024 or sum(map(len, texts)) > 30_000:
            self.error(400, "Text is too long.", field="contents")
        else:
            model = {"model": body["model"]}
            rows = [{"translatedText": f"{target} {text.upper()}", **model} for text in texts]
            self.send(200, {"translations": rows})

    def error(
        self, status: int, message: str, headers: dict[str, str] | None = None, field: str = ""
    ) -> None:
        """Answer with an error in Google's form."""
        error: dict[str, Any] = {"code": status, "message": message, "status": "FAILED"}
        if field:
            violations = [{"field": field, "description": message}]
            kind = "type.googleapis.com/google.rpc.BadRequest"
            error["details"] = [{"@type": kind, "fieldViolations": violations}]
        self.send(status, {"error": error}, headers)

    def send(self, status: int, body: object, headers: dict[str, str] | None = None) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, form: str, *values: object) -> None:
        """Say nothing."""


FIELDS = {"contents", "mimeType", "sourceLanguageCode", "targetLanguageCode", "model"}


@contextmanager
def google_server() -> Iterator[Google]:
    """Yield a running server."""
    google = Google()
    with listening(Handler, google=google) as google.base_url:
        yield google
