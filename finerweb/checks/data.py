"""What a project reads and no stage makes: its corpus, gold, its own words."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from finerweb.checks.check import Check
from finerweb.corpus.jsonl import find, read_jsonl
from finerweb.params.release import ReleaseParams
from finerweb.projects.settings import UNKNOWN, UNSAID

CORPUS = Path("sample/documents")
"""Where the bundled sample is, whose name and licence are no other corpus's."""
NAME = "finerweb-sample"
LICENCE = "CC0-1.0"
FIRST = 3
"""So many faults of a kind are told."""
T = TypeVar("T")


def corpus(params: Mapping[str, Any]) -> Check:
    """Return whether the documents are there, in this machine's folders, and can be read."""
    folder = Path(params["path"])
    source = params["source"]
    todo = f"put <language>.jsonl into {folder}, or mend documents.path and languages"
    if not folder.is_dir():
        # DVC refuses a stage whose dep is missing, whatever the kind of the source.
        return Check("corpus", "wrong", f"documents.path: {folder} is no folder", todo)
    if source["kind"] == "jsonl":
        faults = list(_faults(params["languages"], lambda code: _first(folder, code)))
        said = f"{len(params['languages'])} languages in {folder}"
        return _check("corpus", faults, said, todo)
    roots = [place["root"] for place in (source, source.get("english")) if place]
    lost = [f"{root}: no such folder" for root in roots if _is_here(root) and not _is_there(root)]
    return _check("corpus", lost, ", ".join(roots), "mend documents.source")


def named_files(params: Mapping[str, Any]) -> Iterator[Check]:
    """Yield whether the files are there that params name: gold and types."""
    folders = {"passages.gold": Path(params["passages"]["gold"])}
    overrides = {"types.overrides": Path(params["types"]["overrides"])}
    lost = [f"{who}: {path} is no folder" for who, path in folders.items() if not path.is_dir()]
    lost += [f"{who}: {path} is no file" for who, path in overrides.items() if not path.is_file()]
    said = ", ".join(str(path) for path in (folders | overrides).values())
    yield _check("files", lost, said, "mend params.yaml, or put them there (`git checkout`)")


def rated(params: Mapping[str, Any]) -> Check:
    """Return whether the languages are rated that the regressor is to learn from."""
    languages, learnt = params["documents"]["languages"], params["train_regressor"]["languages"]
    todo = "set train_regressor.languages to null (all that are rated), or to some that are"
    if learnt is None:
        return Check("rated", "ok", "the filter learns from all languages")
    others = [code for code in languages if code not in learnt]
    said = f"the filter learns nothing from {', '.join(others)}"
    if len(others) == len(languages):
        return Check("rated", "wrong", said, todo)
    if others:
        return Check("rated", "note", said, todo)
    return Check("rated", "ok", f"the filter learns from {len(languages)} languages")


def release(params: Mapping[str, Any]) -> Check:
    """Return whether all terms are said, and none of another corpus are those of the sample."""
    documents, said = params["documents"], params["release"]
    try:
        ReleaseParams.model_validate(said).included(params["annotate"]["annotators"])
    except ValueError as error:
        return Check("release", "wrong", str(error), "mend release in params.yaml")
    is_sample = Path(documents["path"]).resolve() == CORPUS.resolve()
    licence = f"texts are released as {said['text_licence']!r}"
    if is_sample and documents["source"]["kind"] == "jsonl":
        return Check("release", "ok", f"{said['name']}: {licence}")
    if said["text_licence"] == LICENCE:
        todo = "set release.text_licence to the terms of your texts (`CC0 1.0`, if it is that)"
        return Check("release", "wrong", f"{licence}, as the sample's are", todo)
    if said["name"] == NAME:
        todo = "set release.name to your dataset's"
        return Check("release", "wrong", f"it is called {NAME!r}, but has other texts", todo)
    if said["text_licence"] == UNKNOWN:
        return Check("release", "note", licence, "say their terms in release.text_licence")
    if vague := [name for name, terms in said["licences"].items() if terms == UNSAID]:
        todo = f"say the terms of {', '.join(vague)}'s output in release.licences"
        return Check("release", "note", f"{licence}, annotations by {UNSAID!r}", todo)
    return Check("release", "ok", f"{said['name']}: {licence}")


def _first(folder: Path, code: str) -> None:
    """Read the first document of a language."""
    for _ in islice(read_jsonl(find(folder, code), code), 1):
        pass


def _faults(some: Iterable[T], look: Callable[[T], object]) -> Iterator[str]:
    for one in some:
        try:
            look(one)
        except (ValueError, OSError) as error:
            yield " ".join(str(error).split())


def _check(name: str, faults: list[str], said: str, todo: str) -> Check:
    if not faults:
        return Check(name, "ok", said)
    more = f" (and {len(faults) - FIRST} more)" if len(faults) > FIRST else ""
    return Check(name, "wrong", f"{'; '.join(faults[:FIRST])}{more}", todo)


def _is_here(root: str) -> bool:
    return "://" not in root


def _is_there(root: str) -> bool:
    return Path(root).is_dir()
