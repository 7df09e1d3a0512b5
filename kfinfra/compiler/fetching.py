"""Components that lie at a URL: fetched once and kept by their digest, so that a plan means the same tomorrow."""

from __future__ import annotations

import hashlib
import os
import tempfile
import urllib.request
from contextlib import suppress
from pathlib import Path

from kfinfra.diag import DiagnosticError, error, first_bad_byte

_LARGEST = 32 * 1024 * 1024
_TIMEOUT = 30.0


def component_text(url: str, digest: str, folder: Path) -> str:
    """The text at `url`, whose sha256 is `digest` (`sha256:…`); from `folder` where it was fetched before.

    Raises DiagnosticError where it cannot be had, or is not what the digest says.
    """
    kept = folder / f"{digest.removeprefix('sha256:')}.yaml"
    with suppress(OSError):
        content = kept.read_bytes()
        if _digest(content) == digest:
            return _text(content, url)
    if not url.startswith(("https://", "http://")):
        raise DiagnosticError(error("Invalid component URL", f"{url} is no http(s) address.", hint="file = … reads a local file"))
    content = _fetched(url)
    if (found := _digest(content)) != digest:
        detail = f"What lies at {url} has the digest {found}, and the configuration says {digest}."
        raise DiagnosticError(error("Component has changed", detail, hint="look at what changed, then write the new digest"))
    _keep(kept, content)
    return _text(content, url)


def _text(content: bytes, url: str) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError as problem:
        detail = f"{url} is not UTF-8 ({first_bad_byte(content, problem)})."
        raise DiagnosticError(error("Invalid component file", detail)) from problem


def _fetched(url: str) -> bytes:
    try:
        with urllib.request.urlopen(url, timeout=_TIMEOUT) as answer:
            content: bytes = answer.read(_LARGEST + 1)
    except (OSError, ValueError) as problem:
        detail = f"{url} cannot be read, and no plan here has read it before: {getattr(problem, 'reason', problem)}."
        raise DiagnosticError(
            error("Cannot fetch the component", detail, hint="plan once where the network is there")
        ) from problem
    if len(content) > _LARGEST:
        raise DiagnosticError(error("Invalid component file", f"{url} has more than {_LARGEST} bytes."))
    return content


def _keep(path: Path, content: bytes) -> None:
    """Keeps a text; a disk that refuses costs the copy, nothing else."""
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".new-")
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
            os.replace(name, path)
        except BaseException:
            os.unlink(name)
            raise


def _digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"
