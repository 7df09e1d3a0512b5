"""The user's own folder for what can be made anew, made inside a home that is there: none is brought into being for it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path


def user_cache(env: Mapping[str, str]) -> Path | None:
    """The folder; None where the user has none, or it cannot be made.

    XDG_CACHE_HOME, else ~/.cache; a path that is not absolute does not count (specifications.freedesktop.org/basedir-spec).
    """
    base = _base(env)
    if base is None or not base.parent.is_dir():
        return None
    folder = base / "kfinfra"
    try:
        for made in (base, folder):
            made.mkdir(exist_ok=True, mode=0o700)
    except OSError:
        return None
    return folder


def _base(env: Mapping[str, str]) -> Path | None:
    given = Path(env.get("XDG_CACHE_HOME") or "")
    if given.is_absolute():
        return given
    try:
        home = Path(env["HOME"]) if "HOME" in env else Path.home()
    except RuntimeError:  # a container's user may have none
        return None
    return home / ".cache" if home.is_absolute() else None
