"""An OpenAI-compatible server whose replies are a script: for the golden run.

It rates by the share of capitals and digits, and names entities by rules, differently for the two
models `scripted/first` and `scripted/second`; sometimes it is wrong, out of order, or broken.
"""

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


def passage_of(prompt: str) -> str:
    """Return the passage of a prompt made by our templates."""
    quoted = re.search(r'"""\n(.*)\n"""', prompt, re.DOTALL)
    return quoted[1] if quoted else prompt.rpartition("Text in ")[2].partition(": ")[2]


def yes(passage: str) -> float:
    """Return the log-probability of yes: high for prose with sentences."""
    return -0.05 if len(re.findall(r"[.。।؟؛،,、]", passage)) >= 5 else -3.0


def entities(passage: str, model: str) -> list[list[str]]:
    """Return the pairs that a model names: numbers, and every third or fourth longer word."""
    words = [w[:12] for w in re.findall(r"[^\s.,:;!?()।]+", passage) if len(w) > 3 or w.isdigit()]
    step = 3 if model.endswith("first") else 4
    found = [[w, "date" if w.isdigit() else "person"] for w in words[::step][:8]]
    if model.endswith("second"):
        found = [[w[:5], "human" if t == "person" else t] for w, t in found]
        found += [["Nowhere", "city"], *found[:1]]
    return found


def reply(request: dict[str, Any]) -> dict[str, Any]:
    """Return the body of a chat completion."""
    passage = passage_of(request["messages"][-1]["content"])
    choice: dict[str, Any] = {"index": 0, "finish_reason": "stop"}
    if request.get("logprobs"):
        value = yes(passage)
        tops = [
            {"token": "Yes", "logprob": value, "bytes": None},
            {"token": "No", "logprob": -0.05 - 3.0 - value, "bytes": None},
        ]
        content = "Yes" if value > -1 else "No"
        choice["logprobs"] = {"content": [tops[0] | {"top_logprobs": tops}], "refusal": None}
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


@contextmanager
def scripted_server() -> Iterator[tuple[str, list[str]]]:
    """Yield the server's base URL, and the list of the passages it was asked about."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            asked.append(passage_of(request["messages"][-1]["content"]))
            body = json.dumps(reply(request)).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, form: str, *values: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/v1", asked
    finally:
        server.shutdown()
        server.server_close()
