"""The sandbox from a command's side: up, status, down, reset."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path


def sandbox_up(root: Path) -> Mapping[str, str]:
    """Starts it where it does not run; the environment that leads clients to it."""
    from kfinfra.sandbox.process import up

    return up(root).environment()


def sandbox_status(root: Path) -> Mapping[str, str] | None:
    """Its environment, or None where it does not run."""
    from kfinfra.sandbox.process import status

    endpoints = status(root)
    return endpoints.environment() if endpoints is not None else None


def sandbox_down(root: Path) -> bool:
    """Stops it and forgets all it held, state included; whether it ran."""
    from kfinfra.sandbox.process import down

    return down(root)


def sandbox_reset(root: Path) -> Mapping[str, str]:
    """Stops it, forgets all it held, starts it anew."""
    from kfinfra.sandbox.process import reset

    reset(root)
    return sandbox_up(root)
