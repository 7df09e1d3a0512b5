"""Where a module lies, as a call writes it: a folder beside, or a git repository. Pure; nothing is fetched here.

Addresses are written as for Terraform (developer.hashicorp.com/terraform/language/modules/sources): `git::URL//SUBDIR?ref=REF`.
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit, urlunsplit

SCHEMES = ("https", "http", "ssh", "git", "file")
COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_SCP = re.compile(r"(?:(?P<user>[\w.-]+)@)(?P<host>[\w.-]+):(?P<path>(?!//).+)")
_REGISTRY = re.compile(r"(?:[\w.-]+\.[\w.-]+/)?[\w-]+/[\w-]+/[\w-]+(?://.*)?")
_SECRET = re.compile(r"(\bhttps?://)[^/@\s\"']+@")


class SourceError(ValueError):
    """What is wrong with an address, and what to write instead (`hint`)."""

    def __init__(self, detail: str, hint: str = "") -> None:
        super().__init__(detail)
        self.hint = hint


@dataclass(frozen=True, slots=True)
class GitSource:
    """A git repository: `ref` a branch, a tag or a commit, empty for the remote's HEAD; `subdir` where the module lies in it."""

    url: str
    ref: str = ""
    subdir: str = ""

    @property
    def key(self) -> str:
        """What the lock file pins: the repository and the ref, without credentials."""
        return f"git::{redacted(self.url)}" + (f"?ref={self.ref}" if self.ref else "")


def redacted(text: str) -> str:
    """`text` without the user and the password that an https address in it holds."""
    return _SECRET.sub(r"\1", text)


def is_local(source: str) -> bool:
    """Whether the address is a folder's: it begins with ./ or ../."""
    return source in (".", "..") or source.startswith(("./", "../"))


def git_source(source: str) -> GitSource:
    """The repository that an address names. Raises SourceError for one that names none."""
    forced, _, rest = source.partition("::")
    if not rest:
        rest = _shorthand(source)
    elif forced != "git":
        raise SourceError(f'"{forced}::" addresses are not supported.', "use a git repository: git::https://HOST/REPOSITORY.git")
    url, query = _url(rest)
    refs = dict(parse_qsl(query, keep_blank_values=True))
    for name in refs:
        if name not in ("ref", "depth"):
            raise SourceError(f'A git address has no option "{name}".', "the options are ref and depth")
    ref = refs.get("ref", "")
    if ref.startswith("-") or any(c.isspace() for c in ref) or ("ref" in refs and not ref):
        raise SourceError(f'"{ref}" is no branch, tag or commit.')
    url, subdir = _split(url)
    return GitSource(url, ref, subdir)


def _shorthand(source: str) -> str:
    """The git address that is meant by one without `git::`. Raises SourceError where none is."""
    if source.startswith("github.com/"):
        found = re.match(r"github\.com/([\w.-]+)/([\w.-]+)(.*)", source)
        if not found:
            raise SourceError(f'"{source}" names no repository.', "write: github.com/OWNER/REPOSITORY")
        return f"https://github.com/{found[1]}/{found[2].removesuffix('.git')}.git{found[3]}"
    if _SCP.fullmatch(source):
        return source
    if source.startswith("/") or re.match(r"[A-Za-z]:[\\/]", source):
        raise SourceError(
            "A module cannot be named by an absolute path: it would lie elsewhere on another machine.", "write ./FOLDER"
        )
    if _REGISTRY.fullmatch(source):
        hint = f'a folder: "./{source}"; a repository: "git::https://HOST/{source}.git?ref=v1.0.0"'
        raise SourceError(f'"{source}" is the address of a module registry, and kfinfra has none.', hint)
    if "://" in source:
        raise SourceError("Archives cannot be fetched.", f'a git repository is written: "git::{redacted(source)}"')
    raise SourceError(
        f'"{source}" is neither a folder (./ or ../) nor a git address.', f'write: "./{source}", or "git::https://…"'
    )


def _url(text: str) -> tuple[str, str]:
    """The URL without its query, and the query. `user@host:path` is read as ssh, as git does. Raises SourceError."""
    text, _, query = text.partition("?")
    if text.startswith("/"):
        text = f"file://{text}"
    if "://" not in text:
        found = _SCP.fullmatch(text)
        if not found:
            raise SourceError(f'"{redacted(text)}" is no URL.', "write: git::https://HOST/REPOSITORY.git?ref=v1.0.0")
        text = f"ssh://{found['user']}@{found['host']}/{found['path']}"
    parts = urlsplit(text)
    if parts.scheme not in SCHEMES:
        raise SourceError(f'Git is not asked over "{parts.scheme}".', "the schemes are " + ", ".join(SCHEMES))
    if not parts.path.strip("/") or (parts.scheme != "file" and not parts.hostname) or parts.netloc.startswith("-"):
        raise SourceError(f'"{redacted(text)}" names no repository.', "write: git::https://HOST/REPOSITORY.git?ref=v1.0.0")
    return text, query


def _split(url: str) -> tuple[str, str]:
    """The repository and the folder in it, which stands behind `//`. Raises SourceError."""
    parts = urlsplit(url)
    path, _, subdir = parts.path.partition("//") if not parts.path.startswith("//") else (parts.path, "", "")
    subdir = posixpath.normpath(subdir) if subdir else ""
    if subdir.startswith(("..", "/")):
        raise SourceError(f'"{subdir}" is no folder of the repository.')
    return urlunsplit((parts.scheme, parts.netloc, path, "", "")), "" if subdir == "." else subdir
