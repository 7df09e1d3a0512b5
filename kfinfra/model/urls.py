"""Addresses of servers as users write them: what is wrong with one, said before anything is connected to. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

from kfinfra.model.plain import Plain
from kfinfra.model.schema import Problem

SCHEMES = ("https", "http")


def wrong_with(text: str, *, bare: bool = False) -> str:
    """A sentence on what is wrong with the URL `text`, empty where nothing is. `bare`: it may have no scheme.

    What stands before an `@` is in no message.
    """
    scheme, found, rest = text.partition("://")
    if not found:
        word = next((s for s in SCHEMES if text.startswith(f"{s}:/")), "")
        if word:
            return f'"{word}:" is followed by two slashes.'
        if not bare or text.startswith("/"):
            return "It has no scheme: it begins with https:// or http://."
        scheme, rest = "https", text
    if scheme.lower() not in SCHEMES:
        return f'"{scheme}" is no scheme that is spoken here: it is https or http.'
    if any(char.isspace() or not char.isprintable() for char in rest):
        return "It holds a space or a control character."
    try:
        parts = urlsplit(f"{scheme}://{rest}")
        port, name = parts.port, parts.hostname
    except ValueError:
        return "Its host or its port is none: a port is a number up to 65535."
    if "@" in parts.netloc:
        return "It holds a user or a password, which would not be sent."
    if not name or port == 0:
        return "It names no host." if not name else "Its port is 0."
    return ""


def url_check(text: Plain, *, bare: bool = False) -> Iterable[Problem]:
    """A check of an attribute that is a server's URL; an empty one is as none."""
    if text and (why := wrong_with(str(text).strip(), bare=bare)):
        yield Problem((), "Invalid URL", why, "such as https://host:8443/path")


def host_check(text: Plain) -> Iterable[Problem]:
    """The same of one that may leave https:// out."""
    return url_check(text, bare=True)
