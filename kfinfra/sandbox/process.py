"""The sandbox's life: one detached child process per working folder, found again by its endpoints file."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from kfinfra.diag import DiagnosticError, error
from kfinfra.sandbox.presence import LOOK, RUNNING, holder

START_TIMEOUT = 60.0
NO_FILES = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
"""The user's own profiles have no say in the sandbox."""


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where a running sandbox answers."""

    pid: int
    aws: str
    eks: str
    kubernetes: str
    kfp: str
    kubeconfig: str

    def environment(self) -> dict[str, str]:
        """What leads boto3, kubernetes and kfp (and aws, kubectl, …) to it; the credentials are no secrets."""
        return {
            "AWS_ENDPOINT_URL": self.aws,
            "AWS_ENDPOINT_URL_EKS": self.eks,
            "AWS_ENDPOINT_URL_AUTO_SCALING": self.eks,
            "AWS_ACCESS_KEY_ID": "sandbox",
            "AWS_SECRET_ACCESS_KEY": "sandbox",
            "AWS_REGION": "eu-west-1",
            "AWS_DEFAULT_REGION": "eu-west-1",
            **NO_FILES,
            "KUBECONFIG": self.kubeconfig,
            "KF_PIPELINES_ENDPOINT": self.kfp,
        }


def home(root: Path) -> Path:
    """The sandbox's own folder."""
    return root / ".kfinfra" / "sandbox"


def status(root: Path) -> Endpoints | None:
    """The running sandbox of `root`, or None; a file that a dead one left behind does not count.

    One that runs puts a damaged file right by itself: it is waited for.
    """
    found = _told(root)
    deadline = time.monotonic() + 5 * LOOK
    while found is None and holder(home(root)) is not None and time.monotonic() < deadline:
        time.sleep(0.05)
        found = _told(root)
    return found


def _told(root: Path) -> Endpoints | None:
    try:
        found = Endpoints(**json.loads((home(root) / "endpoints.json").read_text()))
        os.kill(found.pid, 0)
    except (OSError, ValueError, TypeError, OverflowError):
        return None
    return found if _is_ours(found.pid) else None


def _is_ours(pid: int) -> bool:
    """Whether the process is a sandbox: a process id may have been given to another one since."""
    done = subprocess.run(["ps", "-o", "args=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return "kfinfra.sandbox.server" in done.stdout


def up(root: Path) -> Endpoints:
    """Starts the sandbox where it does not run yet. Raises DiagnosticError with the child's words where it fails."""
    with _only_one(root):
        found = status(root)
        if found is None and (pid := holder(home(root))) is not None:
            raise _stuck(root, pid)
        return found if found is not None else _start(root)


def _stuck(root: Path, pid: int) -> DiagnosticError:
    who = f"The process {pid}" if pid else "A process"
    detail = f"{who} serves {home(root)}, and does not say where: {home(root) / 'endpoints.json'} is not what it wrote."
    return DiagnosticError(error("The sandbox cannot be found", detail, hint="kfinfra sandbox down, which forgets what it holds"))


def _start(root: Path) -> Endpoints:
    folder = home(root)
    (folder / "endpoints.json").unlink(missing_ok=True)
    log = folder / "server.log"
    with log.open("wb") as out:
        command = [sys.executable, "-m", "kfinfra.sandbox.server", str(folder / "endpoints.json")]
        child = subprocess.Popen(
            command,
            env=_clean(os.environ),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
            close_fds=True,
        )
    deadline = time.monotonic() + START_TIMEOUT
    while time.monotonic() < deadline and child.poll() is None:
        found = _told(root)
        if found is not None:
            return found
        time.sleep(0.05)
    child.kill()
    said = log.read_text(errors="replace").strip().split("\n")[-1]
    hint = 'install what it needs: pip install "kfinfra[sandbox]"'
    raise DiagnosticError(error("The sandbox did not start", f"{said} (all of it: {log})", hint=hint))


def _clean(env: Mapping[str, str]) -> dict[str, str]:
    """The environment without what is the user's own of AWS: a profile that is not there would keep moto from starting."""
    return {**{n: v for n, v in env.items() if not n.startswith("AWS_")}, **NO_FILES}


def down(root: Path) -> bool:
    """Stops the sandbox and forgets what it held, state included; whether it ran."""
    with _only_one(root):
        found = _told(root)
        pid = found.pid if found is not None else holder(home(root))
        if pid == 0:
            detail = f"A process serves {home(root)}, and {home(root) / RUNNING} does not say which."
            raise DiagnosticError(error("The sandbox cannot be stopped", detail, hint="look for kfinfra.sandbox.server with ps"))
        if pid is not None:
            _stop(pid)
        for path in home(root).iterdir():
            if path.name != "lock":
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        return pid is not None


def reset(root: Path) -> None:
    """Stops the sandbox and forgets what it held."""
    down(root)


def _stop(pid: int) -> None:
    os.kill(pid, signal.SIGTERM)
    for _ in range(100):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return
        time.sleep(0.05)
    os.kill(pid, signal.SIGKILL)


@contextmanager
def _only_one(root: Path) -> Iterator[None]:
    """Two commands at once start one sandbox."""
    folder = home(root)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (folder / "lock").open("w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield
