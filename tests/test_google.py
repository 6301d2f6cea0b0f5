"""Cloud Translation v3 against a server that speaks its REST form (numbers: fault tests)."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from asking import llm
from google_server import UNKNOWN, Fault, Google, google_server
from hypothesis import given
from hypothesis import strategies as st

from finerweb.llm import google_engine
from finerweb.llm.answers import Answers
from finerweb.llm.google_engine import (
    KEY,
    MAX_CHARACTERS,
    MAX_TEXTS,
    UNSUPPORTED,
    Access,
    GoogleEngine,
    access,
    batches,
    request,
)
from finerweb.llm.openai_errors import StopAsking
from finerweb.llm.requests import REJECTED, Reply, Request
from finerweb.naming import by_google
from finerweb.params.models import GoogleModel
from finerweb.translators import Asked, Lexicon, names

MODEL = GoogleModel(model="served:general/nmt")
ACCESS = Access(lambda: {"Authorization": "Bearer secret"}, "own")
PRICES = {"general/nmt": {"input": 20.0, "output": 0.0, "batch": 1.0}}


@pytest.fixture
def google() -> Iterator[Google]:
    with google_server() as running:
        yield running


@pytest.fixture
def opened(google: Google, tmp_path: Path) -> Iterator[Callable[..., Answers]]:
    with ExitStack() as stack:

        def make(**more: Any) -> Answers:
            reached = {"base_url": google.base_url} | more.pop("google", {})
            params = llm(tmp_path, google=reached, prices=PRICES, **more)

            def start(model: GoogleModel, params: Any, store: Any) -> GoogleEngine:
                return GoogleEngine(model.model, params.google, ACCESS)

            return stack.enter_context(Answers("translate@google", MODEL, params, start))

        yield make


def to(target: str, *texts: str) -> list[Request]:
    return [request(f"{target}: {text}", text, "en", target) for text in texts]


def ask(answers: Answers, requests: list[Request]) -> list[Reply]:
    answers.ask(lambda: requests)
    return answers.of(requests)


def test_what_is_sent(google: Google, opened: Callable[..., Answers]) -> None:
    """One request for a pair of languages, by Google's names, to the project that is to pay."""
    replies = ask(opened(), [*to("th", "city", "role"), *to("zh", "city")])
    assert [reply.text for reply in replies] == ["th CITY", "th ROLE", "zh CITY"]
    assert [body["contents"] for body in google.requests] == [["city", "role"], ["city"]]
    first = google.requests[0]
    assert first["path"] == "/v3/projects/test/locations/global:translateText"
    assert first["authorization"] == "Bearer secret"
    assert (first["sourceLanguageCode"], first["targetLanguageCode"]) == ("en", "th")
    ask(opened(google={"project": None}), to("th", "date"))
    assert google.requests[-1]["path"] == "/v3/projects/own/locations/global:translateText"


def test_nothing_is_paid_twice(google: Google, opened: Callable[..., Answers]) -> None:
    requests = to("hi", "city", "sports club")
    answers = opened()
    plan = answers.plan(requests)
    assert plan.money == pytest.approx(20 * plan.prompt_tokens / 1e6)
    assert plan.prompt_tokens >= len("city") + len("sports club")
    ask(answers, requests)
    assert (answers.asked.prompt_tokens, answers.asked.output_tokens) == (15, 0)
    assert answers.asked.money == pytest.approx(15 * 20 / 1e6)
    again = opened(replay_only=True)
    assert ask(again, requests) == answers.of(requests) and again.asked.made == 0
    ask(opened(), [*requests, *to("hi", "date")])
    assert google.texts() == ["city", "sports club", "date"]
    with pytest.raises(ValueError, match=r"llm\.budget\.money allows .*nothing was asked"):
        ask(opened(budget={"money": 0.0}), to("hi", "role"))


@given(st.lists(st.tuples(st.sampled_from(["th", "de"]), st.integers(0, 20_000)), max_size=30))
def test_batches(sizes: list[tuple[str, int]]) -> None:
    asked = [request(str(n), "क" * size, "en", to) for n, (to, size) in enumerate(sizes)]
    made = list(batches(asked))
    assert [one for batch in made for one in batch] == asked
    for batch in made:
        fields = [dict(one.messages or ()) for one in batch]
        assert len({field["target"] for field in fields}) == 1
        assert sum(len(field["text"]) for field in fields) <= MAX_CHARACTERS


def test_batches_are_as_large_as_may_be(google: Google, opened: Callable[..., Answers]) -> None:
    assert [len(b) for b in batches(to("th", *["x"] * (2 * MAX_TEXTS + 1)))] == [1024, 1024, 1]
    (alone, rest) = batches(to("th", "x" * (MAX_CHARACTERS + 1), "y"))
    assert len(alone) == len(rest) == 1
    replies = ask(opened(), to("th", *["क" * 9999 + str(n) for n in range(4)]))
    assert all(reply.answered for reply in replies) and len(google.requests) == 2


@pytest.mark.parametrize(
    ("fault", "seconds"),
    [
        (Fault(429, "Quota exceeded", {"Retry-After": "1"}), 1.0),
        (Fault(429, "Quota exceeded"), 0.5),
        (Fault(503, "The service is currently unavailable."), 0.5),
        (Fault(cut=True), 0.5),
        (Fault(answer={"translations": []}), 0.5),
        (Fault(answer=["no"]), 0.5),
    ],
    ids=["9 wait", "9", "10 down", "10 cut", "too few", "other form"],
)
def test_what_passes_is_tried_again(
    google: Google, opened: Callable[..., Answers], fault: Fault, seconds: float,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    waits: list[float] = []
    monkeypatch.setattr(google_engine.time, "sleep", waits.append)
    google.faults = [fault]
    assert [reply.text for reply in ask(opened(), to("ar", "city"))] == ["ar CITY"]
    assert len(google.requests) == 2
    assert len(waits) == 1 and seconds <= waits[0] <= 1.5 * seconds


@pytest.mark.parametrize(
    ("faults", "message"),
    [
        ([Fault(401, "Request had invalid authentication credentials.")], "does not accept"),
        ([Fault(403, "Cloud Translation API has not been used in project")], "is the API enabled"),
        ([Fault(404, "Requested entity was not found.")], r"project, location or model"),
        ([Fault(429, "Quota", {"Retry-After": "600"})], "pause of 600 s, more than llm.google"),
        ([Fault(500, "Internal"), Fault(502), Fault(503, "Down")], "in 3 attempts .*503 Down"),
    ],
    ids=["11 401", "11 403", "11 404", "9 600 s", "10 down"],
)
def test_what_does_not_pass_stops_the_stage(
    google: Google, opened: Callable[..., Answers], faults: list[Fault], message: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(google_engine.time, "sleep", lambda seconds: None)
    ask(opened(), to("th", "city"))
    google.faults = list(faults)
    requests = [*to("th", "city"), *to("th", "date"), *to("zh", "role")]
    with pytest.raises(StopAsking, match=message):
        ask(opened(), requests)
    assert len(google.requests) == 1 + len(faults), "no more after what befalls every request"
    assert [reply.text for reply in ask(opened(), requests)] == ["th CITY", "th DATE", "zh ROLE"]
    assert google.texts().count("city") == 1


def test_12_what_is_rejected_is_a_reply_with_a_reason(
    google: Google, opened: Callable[..., Answers]
) -> None:
    google.faults = [Fault(400, "Request contains an invalid argument.")]
    first, second = ask(opened(), [*to("th", "city"), *to("zh", "city")])
    assert (first.finish_reason, second.text) == (REJECTED, "zh CITY")
    assert first.failure == "400 Request contains an invalid argument."


def test_a_language_google_does_not_know_is_asked_once(
    google: Google, opened: Callable[..., Answers]
) -> None:
    """However many types it has: more failures than that would stop the stage."""
    many = [str(number) * 300 for number in range(40)]
    replies = ask(opened(), to(UNKNOWN, *many))
    assert {reply.finish_reason for reply in replies} == {UNSUPPORTED}
    assert len(google.requests) == 1


def test_as_a_translator(google: Google, opened: Callable[..., Answers]) -> None:
    """After the lexicon; Serbian in Latin letters has no code with Google and stays English."""
    wanted = {"deu_Latn": ["city", "sports club"], "srp_Latn": ["city"], "tha_Thai": ["hamlet"]}
    by = [Lexicon(), Asked("google", opened(), by_google())]
    found = names(wanted, by, back=True)
    assert {name.by for name in found["deu_Latn"].given.values()} == {"lexicon", "google"}
    assert found["deu_Latn"].given["sports club"].text == "de SPORTS CLUB"
    assert found["srp_Latn"].refused == {("google", UNSUPPORTED): 1}
    assert found["tha_Thai"].refused == {("google", "other script"): 1}
    assert google.texts() == ["sports club", "hamlet", "de SPORTS CLUB"]
    back = {way.concept: way.back for way in found["deu_Latn"].returns}
    assert back == {"city": "city", "sports club": "en DE SPORTS CLUB"}


def test_without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "google.auth", None)
    with pytest.raises(StopAsking, match=r"pip install -e '.\[google\]'"):
        access()


def test_without_credentials(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pytest.importorskip("google.auth")
    monkeypatch.delenv(KEY, raising=False)
    with pytest.raises(StopAsking, match=f"environment variable {KEY}"):
        access()
    for content in (None, "no JSON", "{}"):
        if content is not None:
            (tmp_path / "key.json").write_text(content)
        monkeypatch.setenv(KEY, str(tmp_path / "key.json"))
        with pytest.raises(StopAsking, match="no usable credentials"):
            access()


@pytest.fixture
def account(google: Google, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """Put a service account's file into the environment; return its private key."""
    pytest.importorskip("google.auth")
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    content = {
        "type": "service_account",
        "project_id": "account-s-own",
        "private_key_id": "1",
        "private_key": pem.decode(),
        "client_email": "test@example.org",
        "client_id": "1",
        "token_uri": f"{google.base_url}/token",
    }
    (tmp_path / "key.json").write_text(json.dumps(content))
    monkeypatch.setenv(KEY, str(tmp_path / "key.json"))
    monkeypatch.delenv("GOOGLE_CLOUD_PROJECT", raising=False)
    return pem.decode()


def test_a_service_account(google: Google, account: str, tmp_path: Path) -> None:
    """Its key signs a grant, the token server takes it, and the project is the account's own."""
    reached = {"base_url": google.base_url, "project": None}
    params = llm(tmp_path, google=reached, prices=PRICES)
    with Answers("translate@google", MODEL, params, google_engine.start) as answers:
        replies = ask(answers, [*to("th", "city"), *to("zh", "city")])
    assert [reply.text for reply in replies] == ["th CITY", "zh CITY"]
    assert {body["authorization"] for body in google.requests} == {"Bearer fresh"}
    assert "projects/account-s-own/" in google.requests[0]["path"]
    assert len(google.grants) == 1 and account not in str(google.grants)


def test_11_a_key_that_was_withdrawn(google: Google, account: str, tmp_path: Path) -> None:
    google.is_withdrawn = True
    params = llm(tmp_path, google={"base_url": google.base_url, "project": "test"})
    with (
        Answers("translate@google", MODEL, params, google_engine.start) as answers,
        pytest.raises(StopAsking, match=f"does not accept the credentials that {KEY} names"),
    ):
        answers.ask(lambda: to("th", "city"))
    assert google.requests == []
