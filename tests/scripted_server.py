"""An OpenAI-compatible server whose replies are a script, and that can be told to fail.

It rates by the share of capitals and digits, and names entities by rules, differently for the two
models `scripted/first` and `scripted/second`; sometimes it is wrong, out of order, or broken.
"""

import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

from local_http import listening


def passage_of(prompt: str) -> str:
    """Return the passage of a prompt made by our templates."""
    quoted = re.search(r'"""\n(.*)\n"""', prompt, re.DOTALL)
    if quoted:
        return quoted[1]
    return prompt.rpartition("Text in ")[2].partition(": ")[2] if "Text in " in prompt else prompt


def yes(passage: str) -> float:
    """Return the log-probability of yes: high for prose with sentences."""
    return -0.05 if len(re.findall(r"[.。।؟؛،,、]", passage)) >= 5 else -3.0


def entities(passage: str, model: str) -> list[list[str]]:
    """Return the pairs that a model names: numbers, and every third or fourth longer word."""
    words = [w[:12] for w in re.findall(r"[^\s.,:;!?()।]+", passage) if len(w) > 3 or w.isdigit()]
    step = 1 if len(passage) < 60 else 3 if model.endswith("first") else 4
    found = [[w, "date" if w.isdigit() else "person"] for w in words[::step][:8]]
    if model.endswith("second") and step > 1:
        found = [[w[:5], "human" if t == "person" else t] for w, t in found]
        found += [["Nowhere", "city"], *found[:1]]
    return found


def verdict(prompt: str, passage: str) -> dict[str, Any]:
    """Return what the judge says: it misses what the first model would name, and doubts dates."""
    annotated = json.loads(prompt.rpartition("Annotations: ")[2])
    known = {surface for surface, _ in annotated}
    missing = [p for p in entities(passage, "first") if p[0] not in known][:4]
    wrong = [pair for pair in annotated if pair[1] == "date"][:4]
    return {
        "missing_annotations": missing,
        "extra_annotations": [pair for pair in annotated if pair[0] not in passage][:4],
        "wrong_annotations": wrong,
        "faithfulness": 3 if wrong else 5,
        "completeness": 5 - len(missing),
    }


def reply(request: dict[str, Any]) -> dict[str, Any]:
    """Return the body of a chat completion."""
    prompt = request["messages"][-1]["content"]
    passage = passage_of(prompt)
    choice: dict[str, Any] = {"index": 0, "finish_reason": "stop"}
    if request.get("logprobs"):
        value = yes(passage)
        tops = [
            {"token": "Yes", "logprob": value, "bytes": None},
            {"token": "No", "logprob": -0.05 - 3.0 - value, "bytes": None},
        ]
        content = "Yes" if value > -1 else "No"
        choice["logprobs"] = {"content": [tops[0] | {"top_logprobs": tops}], "refusal": None}
    elif prompt.endswith("Answer with one digit, 1, 2, 3 or 4."):
        content = "4" if yes(passage) > -1 else "1"
    elif prompt.startswith("You check how"):
        content = json.dumps(verdict(prompt, passage), ensure_ascii=False)
    else:
        content = json.dumps(entities(passage, request["model"]), ensure_ascii=False)
        if len(passage) % 7 == 0:
            content = content[: len(content) // 2]
    choice["message"] = {"role": "assistant", "content": content}
    return {
        "id": "1",
        "object": "chat.completion",
        "created": 0,
        "model": request["model"],
        "choices": [choice],
        "usage": {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15},
    }


@dataclass
class Fault:
    """What happens to a request instead of a reply.

    ``status`` with ``headers`` and an error ``body``; or the connection is ``cut`` in the middle of
    the body; or nothing comes for ``stall`` seconds.
    """

    status: int = 200
    body: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False
    stall: float = 0.0


@dataclass
class Server:
    """A running server: where it is, what it was asked, and what goes wrong next."""

    base_url: str = ""
    asked: list[str] = field(default_factory=list)
    requests: list[dict[str, Any]] = field(default_factory=list)
    under_way: int = 0
    most_under_way: int = 0
    faults: list[Fault | None] = field(default_factory=list)
    answer: Callable[[dict[str, Any]], dict[str, Any]] = reply
    files: dict[str, bytes] = field(default_factory=dict)
    batches: dict[str, dict[str, Any]] = field(default_factory=dict)
    looks: int = 0
    lock: Any = field(default_factory=threading.Lock)

    def fault(self, passage: str) -> Fault | None:
        """Return what goes wrong with the next request, by the schedule."""
        with self.lock:
            self.asked.append(passage)
            return self.faults.pop(0) if self.faults else None

    def submit(self, request: dict[str, Any]) -> dict[str, Any]:
        """Take a batch in; it is done at the second look."""
        name = f"batch_{len(self.batches)}"
        lines = [json.loads(row) for row in self.files[request["input_file_id"]].splitlines()]
        rows = []
        for line in lines:
            fault = self.fault(passage_of(line["body"]["messages"][-1]["content"]))
            body = {"error": fault.body} if fault else self.answer(line["body"])
            status = fault.status if fault else 200
            rows.append(
                {"custom_id": line["custom_id"], "response": {"status_code": status, "body": body}}
            )
        self.files[f"out_{name}"] = "\n".join(json.dumps(row) for row in rows).encode()
        self.batches[name] = {
            "id": name,
            "object": "batch",
            "status": "in_progress",
            "endpoint": request["endpoint"],
            "input_file_id": request["input_file_id"],
            "completion_window": "24h",
            "created_at": 0,
            "metadata": request.get("metadata"),
            "request_counts": {"total": len(rows), "completed": 0, "failed": 0},
        }
        return self.batches[name]

    def look(self, name: str) -> dict[str, Any]:
        """Return a batch; the second look finds it done."""
        self.looks += 1
        if self.looks > 1:
            self.batches[name] |= {"status": "completed", "output_file_id": f"out_{name}"}
        return self.batches[name]


class Handler(BaseHTTPRequestHandler):
    """The server's answers."""

    state: Server

    def do_GET(self) -> None:
        *_, kind, name = self.path.partition("?")[0].split("/")
        if name == "content":
            *_, name, _ = self.path.split("/")
            self.send(200, self.state.files[name])
        elif kind == "batches":
            self.send(200, self.state.look(name))
        else:
            rows = list(self.state.batches.values())
            self.send(200, {"object": "list", "data": rows, "has_more": False})

    def do_POST(self) -> None:
        state = self.state
        content = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path.endswith("/files"):
            name = f"file_{len(state.files)}"
            body = content.partition(b"application/octet-stream\r\n\r\n")[2]
            state.files[name] = body.rpartition(b"\r\n--")[0] if b"\r\n--" in body else body
            row = {"id": name, "object": "file", "bytes": 1, "created_at": 0, "filename": "x"}
            self.send(200, row | {"purpose": "batch", "status": "processed"})
            return
        request = json.loads(content)
        if self.path.endswith("/batches"):
            self.send(200, state.submit(request))
            return
        state.requests.append(request | {"authorization": self.headers["Authorization"]})
        with state.lock:
            state.under_way += 1
            state.most_under_way = max(state.most_under_way, state.under_way)
        try:
            self.complete(request)
        finally:
            with state.lock:
                state.under_way -= 1

    def complete(self, request: dict[str, Any]) -> None:
        """Answer a request for a completion, or fail it as the schedule says."""
        fault = self.state.fault(passage_of(request["messages"][-1]["content"]))
        if fault is None:
            self.send(200, self.state.answer(request))
        elif fault.cut:
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            self.wfile.write(b'{"choices": [')
            self.close_connection = True
        else:
            time.sleep(fault.stall)
            body = {"error": fault.body} if fault.status != 200 else fault.body
            self.send(fault.status, body, fault.headers)

    def send(
        self, status: int, body: dict[str, Any] | bytes, headers: dict[str, str] | None = None
    ) -> None:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        try:
            self.send_response(status)
            if "Content-Type" not in (headers or {}):
                self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)
        except OSError:
            """The client did not wait."""

    def log_message(self, form: str, *values: object) -> None:
        """Say nothing."""


@contextmanager
def scripted_server(**state: Any) -> Iterator[Server]:
    """Yield a running server; ``state`` is what its `Server` begins with."""
    running = Server(**state)
    with listening(Handler, state=running) as url:
        running.base_url = f"{url}/v1"
        yield running
