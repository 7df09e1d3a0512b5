"""API calls of a plan that changes nothing: pages, however many resources there are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any

from benchmarks.measuring import KFINFRA, Command, run
from benchmarks.table import Row
from benchmarks.texts import write_resources

COUNTS = (100, 1_000, 3_000)
PAGE = 500
"""As many objects a Kubernetes list gives at once (kfinfra/providers/kubernetes/client.py)."""

Scope = MutableMapping[str, Any]
App = Callable[[Scope, Any, Any], Awaitable[None]]


def measure(folder: Path, runs: int) -> list[Row]:
    """Config maps on a Kubernetes API that counts; what the other providers ask is in the contract tests."""
    del runs
    return [_counted(folder / str(count), count) for count in COUNTS]


def _counted(folder: Path, count: int) -> Row:
    from kfinfra.sandbox.http import Served
    from kfinfra.sandbox.kubernetes.app import make_app
    from kfinfra.sandbox.kubernetes.kubeconfig import kubeconfig

    calls: Counter[str] = Counter()
    server = Served(_watched(make_app(), calls))
    write_resources(folder, count, "kfinfra")
    config = folder / "kubeconfig"
    config.write_text(kubeconfig(server.url))
    env = {"KUBECONFIG": str(config)}
    try:
        run(Command([KFINFRA, "apply", "-auto-approve"], folder, env))
        calls.clear()
        run(Command([KFINFRA, "plan", "-detailed-exitcode"], folder, env))
    finally:
        server.stop()
    told = ", ".join(f"{number} × {what}" for what, number in sorted(calls.items()))
    pages = -(-(count + 1) // PAGE)  # the namespace has one of its own
    budget = f"{pages} pages of {PAGE}, no call an object"
    return Row(f"no-op plan of {count:,} config maps", told, "", budget, sum(calls.values()) <= pages)


def _watched(app: App, calls: Counter[str]) -> App:
    """The application, each request counted by its method and path."""

    async def counting(scope: Scope, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            calls[f"{scope['method']} {scope['path']}"] += 1
        await app(scope, receive, send)

    return counting
