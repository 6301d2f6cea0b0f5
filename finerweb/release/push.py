"""A release on the Hugging Face hub: what a push would change there, and the push itself."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from finerweb.release.folder import CHECKSUMS, README

if TYPE_CHECKING:
    from huggingface_hub import HfApi

KIND = "dataset"
FILES_A_COMMIT = 100
"""What the hub recommends at most; it takes 128 commits an hour."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a push would change.

    Attributes:
        repository: ``ORGANISATION/NAME`` of a dataset.
        revision: the branch.
        head: the commit that the changes are to, None in a repository that is not there.
        has_branch: whether the branch is there.
        new: files that are not there, and their sizes in bytes.
        changed: files that are there with another content, and their sizes here.
        deleted: files there that the release does not have.
        n_same: files that are there as they are here.
    """

    repository: str
    revision: str
    head: str | None
    has_branch: bool
    new: dict[str, int]
    changed: dict[str, int]
    deleted: list[str]
    n_same: int

    @property
    def n_commits(self) -> int:
        """Return how many commits the push would make."""
        return -(-len([*self.new, *self.changed, *self.deleted]) // FILES_A_COMMIT)


def plan(api: "HfApi", release: Path, repository: str, revision: str) -> Plan:
    """Return what a push would change; nothing is sent but questions.

    Raises:
        HfHubHTTPError: the hub gives no answer to such a question, or not to this token.
    """
    head, has_branch = _head(api, repository, revision)
    there = _files(api, repository, head) if head else {}
    new, changed = {}, {}
    local = {p.relative_to(release).as_posix(): p for p in sorted(release.rglob("*"))}
    files = {name: path for name, path in local.items() if path.is_file() and _is_ours(name)}
    for name, path in files.items():
        if name not in there:
            new[name] = path.stat().st_size
        elif not _is_same(path, there[name]):
            changed[name] = path.stat().st_size
    stale = sorted(name for name in there.keys() - files.keys() if _is_ours(name))
    n_same = len(files) - len(new) - len(changed)
    return Plan(repository, revision, head, has_branch, new, changed, stale, n_same)


def push(api: "HfApi", release: Path, planned: Plan, private: bool) -> Iterator[str]:
    """Send what is planned; yield the address of each commit once it is made.

    Data come first, then card and checksums, then the deletions: the card never names what is not
    there. A push that broke off is planned anew, and does what is left.

    Raises:
        HfHubHTTPError: the hub refuses, or somebody else committed to the branch since the plan.
        ValueError: the hub does not take the card's front matter.
        RuntimeError: a file could not be sent.
    """
    from huggingface_hub import DatasetCard

    DatasetCard((release / README).read_text("utf-8")).validate()
    name, head = planned.repository, planned.head
    if head is None:
        api.create_repo(name, repo_type=KIND, private=private)
        head = api.repo_info(name, repo_type=KIND).sha
    if not planned.has_branch and planned.revision != "main":
        api.create_branch(name, branch=planned.revision, repo_type=KIND)
    operations = _operations(release, planned)
    for number in range(planned.n_commits):
        made = api.create_commit(
            name,
            operations[number * FILES_A_COMMIT : (number + 1) * FILES_A_COMMIT],
            commit_message=f"Release ({number + 1} of {planned.n_commits})",
            repo_type=KIND,
            revision=planned.revision,
            parent_commit=head,
        )
        head = made.oid
        yield made.commit_url


def _operations(release: Path, planned: Plan) -> list[Any]:
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete

    files = sorted([*planned.new, *planned.changed], key=lambda n: (n in (README, CHECKSUMS), n))
    return [
        *(CommitOperationAdd(name, str(release / name)) for name in files),
        *(CommitOperationDelete(name) for name in planned.deleted),
    ]


def _head(api: "HfApi", repository: str, revision: str) -> tuple[str | None, bool]:
    """Return the commit that changes are to, None without a repository, and if it has the branch.

    A branch that is not there would start from the main one.
    """
    from huggingface_hub.errors import RepositoryNotFoundError, RevisionNotFoundError

    try:
        return api.repo_info(repository, repo_type=KIND, revision=revision).sha, True
    except RevisionNotFoundError:
        return api.repo_info(repository, repo_type=KIND).sha, False
    except RepositoryNotFoundError:
        return None, False


def _files(api: "HfApi", repository: str, commit: str) -> dict[str, Any]:
    """Return the files of a commit by their names, as the hub tells of them."""
    from huggingface_hub import RepoFile

    found = api.list_repo_tree(repository, recursive=True, revision=commit, repo_type=KIND)
    return {one.path: one for one in found if isinstance(one, RepoFile)}


def _is_ours(name: str) -> bool:
    """Return whether a file is the release's; the hub has hidden ones of its own."""
    return not any(part.startswith(".") for part in name.split("/"))


def _is_same(path: Path, there: Any) -> bool:
    """Return whether a file is what the hub has: by its sha256, or as git names a small one."""
    if path.stat().st_size != there.size:
        return False
    if there.lfs is not None:
        with path.open("rb") as file:
            return bool(hashlib.file_digest(file, "sha256").hexdigest() == there.lfs.sha256)
    blob = b"blob %d\0" % there.size + path.read_bytes()
    return bool(hashlib.sha1(blob, usedforsecurity=False).hexdigest() == there.blob_id)
