"""The executor: walks a plan's tasks in parallel, the only writer. A wait gives its slot to another task."""

from __future__ import annotations

import heapq
import queue
import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from kfinfra.diag import Diagnostic, DiagnosticError
from kfinfra.engine.operation import RunningOperation, Surroundings
from kfinfra.engine.result import ApplyResult
from kfinfra.engine.schedule import Task, TaskKey, schedule
from kfinfra.model.address import Address
from kfinfra.plan.change import Action, Change
from kfinfra.state.document import State

Event = tuple[TaskKey, float | None, Exception | None]


class Executor:
    """One apply. `stop` set: nothing new is begun, what runs is finished. `state` afterwards is what is true."""

    def __init__(self, around: Surroundings, parallelism: int, stop: threading.Event) -> None:
        self._around, self._parallelism, self._stop = around, parallelism, stop
        self.state: State = around.state
        self._events: queue.Queue[Event] = queue.Queue()
        self._running: dict[TaskKey, RunningOperation] = {}
        self._waiting: list[tuple[float, int, TaskKey]] = []
        self._sequence = 0
        self._done: list[tuple[Address, Action]] = []
        self._failed: dict[Address, tuple[Diagnostic, ...]] = {}
        self._skipped: list[Address] = []
        self._bug: Exception | None = None

    def apply(self, changes: Iterable[Change]) -> ApplyResult:
        """Carries out `changes`. Failures are in the result; a bug is raised after what runs has been recorded."""
        recorded = {a: r.dependencies for a, r in self._around.state.resources.items()}
        tasks, before = schedule(changes, recorded)
        todo = dict(tasks)
        with ThreadPoolExecutor(self._parallelism, thread_name_prefix="apply") as pool:
            while todo or self._running:
                if not self._stopping:
                    self._start(todo, before, pool)
                elif not self._running:
                    break
                if self._running:
                    self._next_event(pool)
                    self._drop_blocked(todo, before)
        if self._bug is not None:
            raise self._bug
        self._skipped.extend(task.address for task in todo.values())
        return ApplyResult(tuple(self._done), self._failed, tuple(sorted(set(self._skipped))), self._stop.is_set())

    @property
    def _stopping(self) -> bool:
        return self._stop.is_set() or self._bug is not None

    def _start(self, todo: dict[TaskKey, Task], before: dict[TaskKey, set[TaskKey]], pool: ThreadPoolExecutor) -> None:
        free = self._parallelism - (len(self._running) - len(self._waiting))
        for key in [k for k in todo if not any(b in todo or b in self._running for b in before[k])][: max(0, free)]:
            task = todo.pop(key)
            self._around.hooks.operation_started(task.change, task.action)
            self._running[key] = RunningOperation(task, self._around)
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
                    problem = DiagnosticError([*problem.diagnostics, *second.diagnostics])
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
        self._record(self._running.pop(key), problem)

    def _record(self, operation: RunningOperation, problem: Exception | None) -> None:
        task, hooks = operation.task, self._around.hooks
        if operation.resource is not None:
            self.state = self.state.with_resource(operation.resource)
        if problem is None:
            if task.action is Action.DELETE and task.change.action is not Action.CREATE_THEN_DELETE:
                self.state = self.state.without(task.address)
            self._done.append((task.address, task.action))
            hooks.operation_done(task.address, task.action, self._around.clock.monotonic() - operation.started)
        elif isinstance(problem, DiagnosticError):
            span = task.change.span
            found = tuple(d.at(span, str(task.address)) for d in problem.diagnostics)
            self._failed[task.address] = found
            hooks.operation_failed(task.address, task.action, found)
        else:
            self._bug = problem

    def _drop_blocked(self, todo: dict[TaskKey, Task], before: dict[TaskKey, set[TaskKey]]) -> None:
        """Tasks that come after a failed one are skipped, and theirs in turn."""
        failed = set(self._failed)
        dropped = True
        while dropped:
            dropped = False
            for key in list(todo):
                cause = next((b[0] for b in before[key] if b[0] in failed and b not in self._finished()), None)
                if cause is not None:
                    task = todo.pop(key)
                    failed.add(task.address)
                    self._skipped.append(task.address)
                    self._around.hooks.operation_skipped(task.address, cause)
                    dropped = True

    def _finished(self) -> set[TaskKey]:
        return {(address, action is Action.DELETE) for address, action in self._done}
