"""Git repositories, through the git command: which commit a ref is, and a commit's files put in a folder. Nothing else.

No message holds credentials, git never asks for any, and only the schemes that a source may have are followed.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from kfinfra.config.sources import COMMIT, SCHEMES, GitSource, redacted
from kfinfra.diag import DiagnosticError, error

TIMEOUT = 600.0


class Repositories:
    """The git command in an environment."""

    def __init__(self, env: Mapping[str, str]) -> None:
        quiet = {"GIT_TERMINAL_PROMPT": "0", "GIT_ALLOW_PROTOCOL": ":".join(SCHEMES), "LC_ALL": "C"}
        ssh = {"GIT_SSH_COMMAND": "ssh -o BatchMode=yes"} if "GIT_SSH_COMMAND" not in env and "GIT_SSH" not in env else {}
        kept = {n: v for n, v in env.items() if n not in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE")}
        self._env = {**kept, **quiet, **ssh}

    def commit(self, source: GitSource) -> str:
        """The commit that the source's ref is now: a tag's before a branch's, as git itself looks. Raises DiagnosticError."""
        if COMMIT.fullmatch(source.ref):
            return source.ref
        names = _names(source.ref)
        told = self._git(None, "ls-remote", "--", source.url, *names, source=source)
        lines = (line.partition("\t") for line in told.splitlines())
        found = {name: commit for commit, _, name in lines}
        for name in names:
            if name in found:
                return found[name]
        what = f'no branch and no tag "{source.ref}"' if source.ref else "no HEAD: it is empty"
        hint = "a commit is written with all its 40 digits" if source.ref else ""
        raise DiagnosticError(error("Cannot fetch a module", f"{redacted(source.url)} has {what}.", hint=hint))

    def fetch(self, source: GitSource, commit: str, target: Path) -> None:
        """Puts the files of `commit` into the folder `target`, which appears at once and complete. Raises DiagnosticError."""
        try:
            target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            fresh = Path(tempfile.mkdtemp(prefix=".fetch-", dir=target.parent))
        except OSError as problem:
            raise DiagnosticError(error("Cannot write", f"{target.parent}: {problem.strerror or problem}.")) from problem
        try:
            self._git(fresh, "init", "-q", source=source)
            self._objects(fresh, source, commit)
            self._check(fresh, source, commit)
            self._git(fresh, "-c", "advice.detachedHead=false", "checkout", "-q", "--detach", commit, source=source)
            if (fresh / ".gitmodules").exists():
                self._git(fresh, "submodule", "--quiet", "update", "--init", "--recursive", "--depth", "1", source=source)
            shutil.rmtree(fresh / ".git")
            fresh.rename(target)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)

    def _objects(self, folder: Path, source: GitSource, commit: str) -> None:
        """The commit alone; all branches and tags where the server gives no single commit."""
        try:
            self._git(folder, "fetch", "-q", "--depth", "1", "--", source.url, commit, source=source)
        except DiagnosticError:
            self._git(folder, "fetch", "-q", "--", source.url, "+refs/*:refs/kfinfra/*", source=source)

    def _check(self, folder: Path, source: GitSource, commit: str) -> None:
        """Refuses a commit that the repository does not have, or has no more."""
        try:
            self._git(folder, "cat-file", "-e", f"{commit}^{{commit}}", source=source)
        except DiagnosticError:
            pinned = commit != source.ref
            detail = f"{redacted(source.url)} has no commit {commit}{', which the lock file pins' if pinned else ''}."
            hint = "was its history rewritten? kfinfra init -upgrade pins what the ref is now" if pinned else ""
            raise DiagnosticError(error("Cannot fetch a module", detail, hint=hint)) from None

    def _git(self, folder: Path | None, *words: str, source: GitSource) -> str:
        try:
            done = subprocess.run(
                ["git", *words],
                cwd=folder,
                env=self._env,
                capture_output=True,
                timeout=TIMEOUT,
                stdin=subprocess.DEVNULL,
                check=False,
            )
        except FileNotFoundError as problem:
            detail = "The git command is needed to fetch modules from repositories, and it was not found."
            raise DiagnosticError(error("Cannot fetch a module", detail, hint="install git")) from problem
        except subprocess.TimeoutExpired as problem:
            detail = f"git gave no answer about {redacted(source.url)} within {TIMEOUT:.0f} s."
            raise DiagnosticError(error("Cannot fetch a module", detail)) from problem
        if done.returncode:
            said = redacted(done.stderr.decode(errors="replace").strip()) or f"exit code {done.returncode}"
            command = words[2] if words[0] == "-c" else words[0]
            detail = f"git {command} failed for {redacted(source.url)}:\n{said}"
            raise DiagnosticError(error("Cannot fetch a module", detail))
        return done.stdout.decode(errors="replace")


def _names(ref: str) -> list[str]:
    """What a ref may be called at the remote, the first that exists is meant; `^{}` is the commit that a tag is about."""
    if not ref:
        return ["HEAD"]
    tag = f"refs/tags/{ref}"
    return [f"{tag}^{{}}", tag, f"refs/heads/{ref}", *([ref] if ref.startswith("refs/") else [])]
