"""Progress: the live region on a small terminal that the test plays, and the plain lines. Time passes when the test says so."""

from __future__ import annotations

import io
import re
import threading

import pytest

from kfinfra.diag import error
from kfinfra.model.address import Address
from kfinfra.plan.change import Action, Change, Mode, Plan
from kfinfra.views.cells import columns
from kfinfra.views.durations import duration
from kfinfra.views.live import LiveProgress
from kfinfra.views.progress import PlainProgress
from kfinfra.views.tracking import quantity

GPU = Change(Address("node_group", "gpu"), Action.CREATE, "aws", None, {})
DATA = Change(Address("s3_sync", "data", "a b"), Action.UPDATE, "aws", {}, {})
OLD = Change(Address("kfp_pipeline", "old"), Action.DELETE, "kfp", {}, None)
CODE = re.compile(r"\x1b\[(\??)([\d;]*)([A-Za-z])|(.)", re.DOTALL)
WHY = "CREATING: AsgInstanceLaunchFailures: Could not launch On-Demand Instances"


class Clock:
    def __init__(self) -> None:
        self.time = 0.0

    def __call__(self) -> float:
        return self.time


class Terminal(io.StringIO):
    """Rows of text, a cursor, and the few codes that may come. Narrowing it wraps the rows, as terminals do."""

    def __init__(self, width: int, height: int = 24) -> None:
        super().__init__()
        self.width, self.height = width, height
        self.rows: list[str] = [""]
        self.row = 0
        self.cursor = True
        self.frames = 0

    def size(self) -> tuple[int, int]:
        return self.width, self.height

    def write(self, text: str) -> int:
        self.frames += 1
        for private, count, code, char in CODE.findall(text):
            if char == "\n":
                self.row += 1
                self.rows += [""] if self.row == len(self.rows) else []
            elif char == "\r":
                pass
            elif char:
                assert columns(self.rows[self.row] + char) <= self.width, f"wider than the terminal: {self.rows[self.row]}"
                self.rows[self.row] += char
            elif private:
                assert count == "25"
                self.cursor = code == "h"
            elif code == "A":
                self.row = max(0, self.row - int(count))
            elif code == "J":
                del self.rows[self.row + 1 :]
                self.rows[self.row] = ""
            else:
                assert code == "m"
        return len(text)

    def narrow(self, width: int) -> None:
        self.width = width
        self.rows = [row[at : at + width] for row in self.rows for at in range(0, max(1, len(row)), width)]
        self.row = len(self.rows) - 1

    def shown(self) -> list[str]:
        return [row.rstrip() for row in self.rows if row.strip()]


def live(terminal: Terminal) -> tuple[LiveProgress, Clock]:
    clock = Clock()
    progress = LiveProgress(terminal, clock, terminal.size)
    progress.interval = 3600
    return progress, clock


def running(terminal: Terminal) -> tuple[LiveProgress, Clock]:
    progress, clock = live(terminal)
    progress.apply_started(Plan(Mode.NORMAL, (GPU, DATA, OLD)))
    for change in (GPU, DATA, OLD):
        progress.operation_started(change, change.action)
    progress.operation_status(GPU.address, WHY)
    progress.operation_progress(DATA.address, 1_300_000_000, 3_400_000_000, "bytes")
    clock.time = 75.0
    progress.tick()
    return progress, clock


@pytest.mark.parametrize(("width", "cut"), [(80, "Could not la…"), (140, "Could not launch On-Demand Instances")])
def test_a_line_for_each_operation_with_its_time_its_status_and_its_bar(width: int, cut: str) -> None:
    terminal = Terminal(width)
    running(terminal)
    gpu, data, old, foot = terminal.shown()
    assert gpu.startswith("⠋ node_group.gpu       1m15s CREATING: AsgInstanceLaunchFailures: ") and gpu.endswith(cut)
    assert data == '⠋ s3_sync.data["a b"]  1m15s ━━━━━━━━━━━━━━━━ 38% of 3.2 GiB'
    assert old == "⠋ kfp_pipeline.old     1m15s Destroying" and foot == "0 of 3 done"
    assert not terminal.cursor


def test_what_has_ended_scrolls_away_above() -> None:
    terminal = Terminal(80)
    progress, clock = running(terminal)
    progress.operation_done(OLD.address, Action.DELETE, 63.0)
    progress.operation_failed(GPU.address, Action.CREATE, [error("No capacity")])
    clock.time = 76.0
    progress.tick()
    lines = terminal.shown()
    assert lines[:2] == [
        "kfp_pipeline.old: Destruction complete after 1m3s",
        "node_group.gpu: Creation failed after 1m15s: No capacity",
    ]
    assert lines[2].startswith("⠋ s3_sync.data") and lines[3] == "1 of 3 done"
    progress.operation_done(DATA.address, Action.UPDATE, 80.0)
    progress.operation_skipped(Address("machine", "m"), GPU.address)
    assert terminal.shown()[2:] == [
        's3_sync.data["a b"]: Modification complete after 1m20s',
        "machine.m: Skipped, because node_group.gpu failed",
    ]
    assert terminal.cursor


def test_a_window_made_narrower_leaves_nothing_behind() -> None:
    terminal = Terminal(80)
    terminal.write("above\n")
    progress, _ = running(terminal)
    for width in (50, 31, 12):
        terminal.narrow(width)
        progress.tick()
        assert terminal.shown()[0] == "above" and len(terminal.shown()) == 5
    terminal.width = 100
    progress.tick()
    assert len(terminal.shown()) == 5 and terminal.shown()[1].startswith("⠋ node_group.gpu ")


def test_more_operations_than_fit_are_counted() -> None:
    terminal = Terminal(80, 8)
    progress, _ = live(terminal)
    for index in range(30):
        progress.operation_started(Change(Address("pvc", "data", index), Action.CREATE, "k", None, {}), Action.CREATE)
    progress.tick()
    assert len(terminal.shown()) == 6 and terminal.shown()[-1] == "and 25 more running"


def test_a_long_address_keeps_its_end_and_wide_characters_their_room() -> None:
    terminal = Terminal(60)
    progress, _ = live(terminal)
    wide = Change(Address("pvc", "data", "データセット" * 8 + "-1"), Action.CREATE, "k", None, {})
    progress.operation_started(wide, Action.CREATE)
    progress.tick()
    assert re.fullmatch(r'⠋ …[データセット]+-1"\] +0s Creating', terminal.shown()[0])


def test_a_refresh_is_drawn_while_it_runs_only() -> None:
    terminal = Terminal(80)
    progress, clock = live(terminal)
    progress.refresh_started("aws", 3)
    clock.time = 2.0
    progress.tick()
    assert terminal.shown() == ["⠋ aws     2s refreshing 3 objects"]
    progress.refresh_done("aws", 3)
    assert terminal.shown() == [] and terminal.cursor


def test_ctrl_c_is_told_by_the_next_frame_and_the_end_clears_the_region() -> None:
    terminal = Terminal(80)
    progress, _ = running(terminal)
    before = terminal.frames
    progress.interrupted()
    assert terminal.frames == before
    progress.tick()
    assert terminal.shown()[-1] == "Interrupted: finishing what runs. Once more stops at once. 0 of 3 done"
    progress.close()
    assert terminal.shown() == [] and terminal.cursor


def test_hooks_from_many_threads_are_all_told() -> None:
    terminal = Terminal(80)
    progress, _ = live(terminal)
    progress.interval = 0.001

    def work(number: int) -> None:
        for index in range(20):
            change = Change(Address("disk", f"d{number}", index), Action.CREATE, "k", None, {})
            progress.operation_started(change, Action.CREATE)
            progress.operation_status(change.address, "CREATING")
            progress.operation_progress(change.address, index, 20, "files")
            progress.operation_done(change.address, Action.CREATE, 1.0)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    progress.close()
    expected = {f"disk.d{n}[{i}]: Creation complete after 1s" for n in range(8) for i in range(20)}
    assert len(terminal.shown()) == 160 and set(terminal.shown()) == expected


def test_a_terminal_that_is_gone_does_not_end_the_work() -> None:
    class Gone(Terminal):
        def write(self, text: str) -> int:
            raise OSError(5, "Input/output error")

    progress, _ = running(Gone(80))
    progress.operation_done(GPU.address, Action.CREATE, 1.0)
    progress.close()


def test_plain_lines_tell_every_ten_seconds_what_still_runs() -> None:
    stream, clock = io.StringIO(), Clock()
    plain = PlainProgress(stream, clock)
    plain.interval = 3600
    plain.refresh_started("aws", 1)
    plain.operation_started(GPU, Action.CREATE)
    plain.operation_started(DATA, Action.UPDATE)
    for clock.time in (3.0, 10.5, 11.0, 19.0, 21.0):
        plain.operation_status(GPU.address, "CREATING")
        plain.operation_progress(DATA.address, int(clock.time), 40, "files")
        plain.tick()
    plain.operation_done(GPU.address, Action.CREATE, 3725.0)
    plain.operation_failed(DATA.address, Action.UPDATE, [error("Access denied")])
    plain.operation_skipped(OLD.address, DATA.address)
    plain.close()
    assert (
        stream.getvalue()
        == """\
aws: Refreshing 1 object...
node_group.gpu: Creating...
s3_sync.data["a b"]: Modifying...
node_group.gpu: Still creating... [10s elapsed] CREATING
s3_sync.data["a b"]: Still modifying... [10s elapsed] 10 of 40 files
node_group.gpu: Still creating... [20s elapsed] CREATING
s3_sync.data["a b"]: Still modifying... [20s elapsed] 21 of 40 files
node_group.gpu: Creation complete after 1h2m5s
s3_sync.data["a b"]: Modification failed after 21s: Access denied
kfp_pipeline.old: Skipped, because s3_sync.data["a b"] failed
"""
    )


def test_durations_and_quantities() -> None:
    assert [duration(s) for s in (0, 59.9, 60, 3600, 3725)] == ["0s", "59s", "1m0s", "1h0m0s", "1h2m5s"]
    found = [quantity(n, "bytes") for n in (0, 1023, 1024, 1536 * 1024, 5 * 1024**3, 3 * 1024**5)]
    assert found == ["0 B", "1023 B", "1.0 KiB", "1.5 MiB", "5.0 GiB", "3072.0 TiB"]
    assert quantity(3, "files") == "3 files"
