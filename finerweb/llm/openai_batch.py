"""OpenAI's batch API: cheaper, answered within a day, and collected even after a restart."""

import hashlib
import json
import logging
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Literal

from finerweb.llm.notes import COLLECTED
from finerweb.llm.openai_engine import body_of, check_key, read
from finerweb.llm.openai_errors import Never, StopAsking, meaning, redacted
from finerweb.llm.requests import Reply, Request, model_key
from finerweb.llm.store import Kept, ReplyStore
from finerweb.models import identity
from finerweb.params.llm import OpenAIParams
from finerweb.params.models import ServedModel

Endpoint = Literal["/v1/chat/completions", "/v1/completions"]
MEGABYTES = 100
REQUESTS = 40_000
"""In one batch, at most; the API takes twice the first, and 50,000."""
RETRIES = 5
log = logging.getLogger(__name__)


class OpenAIBatchEngine:
    """A model behind a server's batch API.

    A batch is noted in the reply store, with the key of each of its requests, from when it is
    submitted until it is collected; whoever collects it keeps all its replies. One whose process
    died before it was noted is known again by the digest of its content.
    """

    n_cached_tokens = 0

    def __init__(self, model: ServedModel, params: OpenAIParams, store: ReplyStore) -> None:
        """Connect; nothing is asked yet.

        Raises:
            StopAsking: there is no key in the environment.
        """
        import openai

        self._model = model
        self._key = model_key(model, identity(model.model))
        self._params = params
        self._store = store
        self._endpoint: Endpoint = "/v1/chat/completions" if model.chat else "/v1/completions"
        check_key(params)
        self._client = openai.OpenAI(
            base_url=params.base_url, max_retries=RETRIES, timeout=params.timeout_seconds
        )

    def replies(self, requests: Iterable[Request]) -> Iterator[tuple[Request, Reply]]:
        """Yield each request with its reply, batch by batch, as the batches are done.

        Raises:
            StopAsking: a batch failed or expired with requests unanswered; or the server does not
                take batches.
        """
        import openai

        wanted = {self._id(request): request for request in requests}
        try:
            for name in self._store.notes.batches(self._params.base_url):
                if wanted.keys() & self._store.notes.batched(name).keys():
                    yield from self._collect(name, wanted)
            submitted = [self._submit(some) for some in _chunks(wanted, self._line)]
            for name in submitted:
                yield from self._collect(name, wanted)
        except openai.APIError as error:
            raise StopAsking(
                f"{self._params.base_url}: {redacted(str(error))}; a new run collects what was "
                "submitted"
            ) from error
        if wanted:
            raise StopAsking(
                f"{self._model.model}: {len(wanted)} requests came back from their batch without "
                "an answer; what was answered is kept, a new run asks only the rest"
            )

    def close(self) -> None:
        """Close the connection; batches that were submitted go on."""
        self._client.close()

    def _id(self, request: Request) -> str:
        body = json.dumps(body_of(request, self._model), sort_keys=True)
        return hashlib.sha256(body.encode()).hexdigest()

    def _line(self, name: str, request: Request) -> bytes:
        line: dict[str, Any] = {"custom_id": name, "method": "POST", "url": self._endpoint}
        line["body"] = body_of(request, self._model)
        return json.dumps(line, ensure_ascii=False).encode() + b"\n"

    def _submit(self, requests: dict[str, Request]) -> str:
        """Submit a batch, or find the one with the same content; note it, and return its name."""
        content = b"".join(self._line(name, request) for name, request in requests.items())
        digest = hashlib.sha256(content).hexdigest()
        name = self._known(digest)
        if name is None:
            file = self._client.files.create(file=("requests.jsonl", content), purpose="batch")
            # Not tried again: a first try that was lost on the way back would be paid for twice.
            made = self._client.with_options(max_retries=0).batches.create(
                input_file_id=file.id,
                endpoint=self._endpoint,
                completion_window="24h",
                metadata={"finerweb": digest},
            )
            name = made.id
        rows = {
            id_: (request.key(self._key), request.subject, request.settings(self._key))
            for id_, request in requests.items()
        }
        self._store.notes.add_batch(name, self._params.base_url, rows)
        log.info("batch %s: %d requests submitted", name, len(requests))
        return name

    def _known(self, digest: str) -> str | None:
        """Return the batch with this content that was submitted and not collected, or None."""
        collected = self._store.notes.batches(COLLECTED)
        for batch in self._client.batches.list(limit=100):
            live = batch.status not in ("failed", "expired", "cancelled", "cancelling")
            same = (batch.metadata or {}).get("finerweb") == digest
            if live and same and batch.id not in collected:
                return batch.id
        return None

    def _collect(self, name: str, wanted: dict[str, Request]) -> Iterator[tuple[Request, Reply]]:
        """Wait for a batch, keep its replies; yield those that are wanted, and take them off."""
        import openai

        try:
            files = self._wait(name)
            contents = [self._client.files.content(file).content for file in files]
        except openai.NotFoundError:
            log.warning("batch %s is gone; what it had is asked again", name)
            self._store.notes.remove_batch(name)
            return
        rows = self._store.notes.batched(name)
        for line in (line for content in contents for line in content.split(b"\n") if line.strip()):
            row = json.loads(line)
            reply = self._read(row)
            if reply is not None and row["custom_id"] in rows:
                self._store.put([Kept(*rows[row["custom_id"]], reply)])
                request = wanted.pop(row["custom_id"], None)
                if request is not None:
                    yield request, reply
        self._store.notes.remove_batch(name)

    def _wait(self, name: str) -> list[str]:
        """Wait until a batch is done; return the files of its replies and its errors.

        Raises:
            StopAsking: the whole batch failed.
        """
        while (batch := self._client.batches.retrieve(name)).status in (
            "validating", "in_progress", "finalizing", "cancelling",
        ):  # fmt: skip
            counts = batch.request_counts
            if counts is not None:
                log.info("batch %s: %d of %d done", name, counts.completed, counts.total)
            try:
                time.sleep(self._params.poll_seconds)
            except KeyboardInterrupt:
                log.warning("batch %s goes on at the server; a new run collects it", name)
                raise
        if batch.status == "failed":
            self._store.notes.remove_batch(name)
            raise StopAsking(f"batch {name} failed: {redacted(str(batch.errors))}")
        return [file for file in (batch.output_file_id, batch.error_file_id) if file]

    def _read(self, row: dict[str, Any]) -> Reply | None:
        """Return the reply of a line of the output; None where it may be asked again."""
        response = row.get("response") or {}
        try:
            if response.get("status_code") == 200:
                return read(response["body"], self._model.chat)
            error = (response.get("body") or {}).get("error") or {}
            failure = meaning(_BatchError(response.get("status_code"), error), float("inf"))
        except (StopAsking, ValueError) as error:
            log.warning("one request of a batch: %s", redacted(str(error)))
            return None
        if isinstance(failure, Never):
            return Reply("", failure.finish_reason, 0, 0, "openai", failure=failure.why)
        return None


def _chunks(
    requests: dict[str, Request], line: Callable[[str, Request], bytes]
) -> Iterator[dict[str, Request]]:
    """Yield the requests in batches that the API takes."""
    chunk: dict[str, Request] = {}
    size = 0
    for name, request in list(requests.items()):
        size += len(line(name, request))
        if chunk and (size > MEGABYTES * 10**6 or len(chunk) == REQUESTS):
            yield chunk
            chunk, size = {}, len(line(name, request))
        chunk[name] = request
    if chunk:
        yield chunk


class _BatchError(Exception):
    """An error of one request of a batch, with the attributes of the client's own errors."""

    def __init__(self, status: int | None, error: dict[str, Any]) -> None:
        super().__init__(str(error.get("message", "")))
        self.status_code = status
        self.code = error.get("code")
