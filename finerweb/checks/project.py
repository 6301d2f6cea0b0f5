"""What the params of a project need: models, keys, servers, the hub, its graph and its remote."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from finerweb import models
from finerweb.checks.check import SECONDS, Check, failure, without_password
from finerweb.checks.used import served
from finerweb.llm import google_engine, openai_errors
from finerweb.mirror.catalogue import CATALOGUE
from finerweb.projects.template import CODE, stale


def needed_bytes(references: Iterable[str]) -> float:
    """Return about how much disk it takes to fetch models of the mirror and convert them."""
    missing = [name for name in references if name not in models.cached() and _is_known(name)]
    return 5e6 * models.needed_megabytes(missing)[1]


def _is_known(reference: str) -> bool:
    """Return whether the mirror has a model; of one that it has not, its own check tells."""
    return reference.removeprefix("mirror:") in CATALOGUE


def model(reference: str) -> Check:
    """Return whether a model is here; one of the mirror that is not is fetched by whoever runs."""
    name = f"model {reference}"
    try:
        models.identity(reference)
        folder = models.local_folder(reference)
    except (ValueError, OSError) as error:
        return Check(name, "wrong", " ".join(str(error).split()), "mend params.yaml, or the model")
    if folder is not None:
        return Check(name, "ok", "here")
    return Check(name, "note", "not here yet", "`finerweb models pull` fetches it; so does a stage")


def keys(params: Mapping[str, Any]) -> Iterator[Check]:
    """Yield whether the keys are in the environment that the models in use want; never a key."""
    behind = served(params)
    if behind:
        yield _key(openai_errors.KEY, ", ".join(behind), params)
    if "google" in params["translate"]["by"]:
        yield _key(google_engine.KEY, "translate.by: google", params)


def _key(name: str, who: str, params: Mapping[str, Any]) -> Check:
    label = f"key {name}"
    value = os.environ.get(name, "")
    if name == google_engine.KEY and value and not Path(value).is_file():
        return Check(label, "wrong", "it names no file", "name the credentials' JSON file")
    if value:
        return Check(label, "ok", f"set, for {who}")
    if params["llm"]["replay_only"]:
        return Check(label, "note", "not set; llm.replay_only asks nobody")
    todo = f"export {name}=..."
    if name == openai_errors.KEY:
        todo += "; any text, where the server wants none (Ollama, `vllm serve`)"
    return Check(label, "wrong", f"not set, but needed for {who}", todo)


def answers(name: str, url: str, is_needed: bool, todo: str) -> Check:
    """Return whether a server answers at all, whatever it says."""

    def ask() -> None:
        try:
            with urlopen(Request(url, method="HEAD"), timeout=SECONDS):
                return
        except HTTPError:
            return  # It answers; whether it lets us in is for the key to show.

    if not url.startswith(("http://", "https://")):
        return Check(name, "wrong", f"{url!r} is no web address", todo)
    if why := failure(ask):
        return Check(
            name, "wrong" if is_needed else "note", without_password(f"{url}: {why}"), todo
        )
    return Check(name, "ok", f"{without_password(url)} answers")


def hub(references: Sequence[str], source: str) -> Check:
    """Return whether the hub answers; it is needed for models, or documents, that are not here."""
    from huggingface_hub import constants

    wanted = [name for name in references if name.startswith("hub:") and not _is_here(name)]
    is_needed = bool(wanted) or source.startswith("hf://")
    why = f"; needed for {', '.join([*wanted[:2], *[source] * source.startswith('hf://')])}"
    found = answers("hub", constants.ENDPOINT, is_needed, "fetch where it can be reached")
    return Check("hub", found.state, found.said + why * is_needed, found.todo)


def _is_here(reference: str) -> bool:
    try:
        return models.local_folder(reference) is not None
    except ValueError:
        return False


def code(folder: Path) -> Iterator[Check]:
    """Yield whether the stages of a project of one's own run the finerweb that is installed."""
    if not (folder / CODE).is_file():
        return
    try:
        others = stale(folder)
    except ValueError as error:
        yield Check("code", "wrong", str(error))
        return
    todo = "`finerweb init . --upgrade` takes the project there; what changed then runs again"
    if others:
        said = f"finerweb is another than {CODE} says, for {', '.join(others)}"
        yield Check("code", "wrong", said, todo)
    else:
        yield Check("code", "ok", f"{CODE} is of the installed finerweb")


def graph() -> Iterator[Check]:
    """Yield whether DVC reads the graph here, and whether its default remote answers."""
    from dvc.exceptions import DvcException
    from dvc.repo import Repo

    try:
        with Repo() as repo:
            n = len(repo.index.stages)
            yield Check("graph", "ok", f"dvc.yaml: {n} stages")
            yield _remote(repo)
    except DvcException as error:
        todo = "run it in the project's folder; `finerweb init FOLDER` makes a project"
        yield Check("graph", "wrong", " ".join(str(error).split()), todo)


def _remote(repo: Any) -> Check:
    name = repo.config["core"].get("remote")
    if not name:
        todo = "`dvc remote add --default NAME URL`, to share data and replies"
        return Check("remote", "note", "none: nothing can be pushed or pulled", todo)
    url = repo.config["remote"].get(name, {}).get("url", "")

    def look() -> None:
        store = repo.cloud.get_remote_odb(name)
        store.fs.exists(store.path)

    if why := failure(look):
        todo = f"`dvc remote modify {name} ...`, or the extra for it: pip install -e '.[s3,ssh]'"
        return Check("remote", "wrong", without_password(f"{name}, {url}: {why}"), todo)
    return Check("remote", "ok", without_password(f"{name}, {url} answers"))
