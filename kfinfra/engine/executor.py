"""The executor: walks a plan's tasks in parallel, the only writer. A wait gives its slot to another task."""

from __future__ import annotations

import heapq
import queue
import threading
from collections import defaultdict, deque
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from kfinfra.diag import Diagnostic, DiagnosticError
from kfinfra.engine.operation import RunningOperation, Surroundings
from kfinfra.engine.reading import ReadingOperation
from kfinfra.engine.result import ApplyResult
from kfinfra.engine.schedule import Task, TaskKey, schedule
from kfinfra.model.address import Address
from kfinfra.model.discretion import secrets, without
from kfinfra.plan.change import Action, Change
from kfinfra.state.document import State

Event = tuple[TaskKey, float | None, Exception | None]


class Executor:
    """One apply. `stop` set: nothing new is begun, what runs is finished. `state` afterwards is what is true.

    The work per task does not grow with the number of tasks: each task counts the predecessors that it waits for.
    """

    def __init__(self, around: Surroundings, parallelism: int, stop: threading.Event) -> None:
        self._around, self._parallelism, self._stop = around, parallelism, stop
        self._resources = dict(around.state.resources)
        self._events: queue.Queue[Event] = queue.Queue()
        self._todo: dict[TaskKey, Task] = {}
        self._ready: deque[TaskKey] = deque()
        self._missing: dict[TaskKey, int] = {}
        self._after: dict[TaskKey, list[TaskKey]] = defaultdict(list)
        self._running: dict[TaskKey, RunningOperation | ReadingOperation] = {}
        self._waiting: list[tuple[float, int, TaskKey]] = []
        self._sequence = 0
        self._done: list[tuple[Address, Action]] = []
        self._failed: dict[Address, tuple[Diagnostic, ...]] = {}
        self._skipped: list[Address] = []
        self._bug: Exception | None = None

    @property
    def state(self) -> State:
        """The state with all that has been recorded so far."""
        return replace(self._around.state, resources=self._resources)

    def apply(self, changes: Iterable[Change]) -> ApplyResult:
        """Carries out `changes`. Failures are in the result; a bug is raised after what runs has been recorded."""
        recorded = {a: r.dependencies for a, r in self._around.state.resources.items()}
        self._todo, before = schedule(changes, recorded, self._around.types)
        self._missing = {key: len(before[key]) for key in self._todo}
        self._ready.extend(key for key, count in self._missing.items() if not count)
        for key, earlier in before.items():
            for each in earlier:
                self._after[each].append(key)
        with ThreadPoolExecutor(self._parallelism, thread_name_prefix="apply") as pool:
            while self._running or (self._ready and not self._stopping):
                self._start(pool)
                if self._running:
                    self._next_event(pool)
        if self._bug is not None:
            raise self._bug
        self._skipped.extend(task.address for task in self._todo.values())
        return ApplyResult(tuple(self._done), self._failed, tuple(sorted(set(self._skipped))), self._stop.is_set())

    @property
    def _stopping(self) -> bool:
        return self._stop.is_set() or self._bug is not None

    def _start(self, pool: ThreadPoolExecutor) -> None:
        while self._ready and not self._stopping and len(self._running) - len(self._waiting) < self._parallelism:
            key = self._ready.popleft()
            task = self._todo.pop(key, None)
            if task is not None:
                self._around.hooks.operation_started(task.change, task.action)
                kind = ReadingOperation if task.action is Action.READ else RunningOperation
                self._running[key] = kind(task, self._around)
                pool.submit(self._advance, key)

    def _advance(self, key: TaskKey) -> None:
        operation = self._running[key]
        try:
            self._events.put((key, operation.advance(), None))
        except Exception as problem:  # handed to the main thread, which records a diagnostic or raises a bug
            try:
                operation.failed()
            except DiagnosticError as second:
                if isinstance(problem, DiagnosticError):
                    said = {d.summary for d in problem.diagnostics}
                    more = [d for d in second.diagnostics if d.summary not in said]  # a server that is gone is told of once
                    problem = DiagnosticError([*problem.diagnostics, *more])
            except Exception as bug:  # the event must come, or the walk would wait for it for ever
                problem = bug
            self._events.put((key, None, problem))

    def _next_event(self, pool: ThreadPoolExecutor) -> None:
        """Waits for a task to report or for a wait to end."""
        clock = self._around.clock
        while self._waiting and self._waiting[0][0] <= clock.monotonic():
            pool.submit(self._advance, heapq.heappop(self._waiting)[2])
        timeout = max(0.0, self._waiting[0][0] - clock.monotonic()) if self._waiting else None
        try:
            key, seconds, problem = self._events.get(timeout=0.5 if timeout is None else min(timeout, 0.5))
        except queue.Empty:
            return
        if problem is None and seconds is not None:
            self._sequence += 1
            heapq.heappush(self._waiting, (clock.monotonic() + seconds, self._sequence, key))
            return
        self._record(self._running.pop(key), key, problem)

    def _record(self, operation: RunningOperation | ReadingOperation, key: TaskKey, problem: Exception | None) -> None:
        task, hooks = operation.task, self._around.hooks
        if operation.resource is not None:
            old = self._resources.get(task.address) if task.deposes else None
            if old is not None and task.deposes is not None:
                self._resources[task.deposes] = replace(old, address=task.deposes)
            self._resources[task.address] = operation.resource
        if problem is None:
            if task.action is Action.DELETE:
                self._resources.pop(task.address, None)
            self._done.append((task.address, task.action))
            hooks.operation_done(task.address, task.action, self._around.clock.monotonic() - operation.started)
            self._release(key)
        elif isinstance(problem, DiagnosticError):
            change = task.change
            hidden = secrets({**(change.before or {}), **(change.after or {})}, change.sensitive) if change.sensitive else []
            found = tuple(without(d, hidden).at(change.span, str(task.address)) for d in problem.diagnostics)
            self._failed[task.address] = found
            hooks.operation_failed(task.address, task.action, found)
            self._drop_after(key)
        else:
            self._bug = problem

    def _release(self, key: TaskKey) -> None:
        for later in self._after[key]:
            self._missing[later] -= 1
            if not self._missing[later]:
                self._ready.append(later)

    def _drop_after(self, key: TaskKey) -> None:
        """Tasks that come after a failed one are skipped, and theirs in turn."""
        causes = [key]
        while causes:
            cause = causes.pop()
            for later in self._after[cause]:
                task = self._todo.pop(later, None)
                if task is not None:
                    self._skipped.append(task.address)
                    self._around.hooks.operation_skipped(task.address, cause[0])
                    causes.append(later)
