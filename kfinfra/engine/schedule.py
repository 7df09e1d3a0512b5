"""The order of an apply: which operation waits for which. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from kfinfra.model.address import Address
from kfinfra.plan.change import Action, Change


@dataclass(frozen=True, slots=True)
class Task:
    """One operation of a change: CREATE, UPDATE, DELETE or READ. A replacement is two tasks."""

    change: Change
    action: Action

    @property
    def address(self) -> Address:
        """The resource's address."""
        return self.change.address


TaskKey = tuple[Address, bool]
"""(address, whether it is the deletion)."""


def schedule(
    changes: Iterable[Change], recorded: Mapping[Address, frozenset[Address]]
) -> tuple[dict[TaskKey, Task], dict[TaskKey, set[TaskKey]]]:
    """The tasks, and for each those that come before it. `recorded` are the dependencies that state knows of.

    What is made comes after what it is built on; what is destroyed comes before what it was built on; what no longer
    uses an object is changed before the object goes.
    """
    tasks: dict[TaskKey, Task] = {}
    for change in changes:
        if change.action in (Action.CREATE, Action.UPDATE, Action.READ):
            tasks[change.address, False] = Task(change, change.action)
        elif change.action is Action.DELETE:
            tasks[change.address, True] = Task(change, Action.DELETE)
        elif change.action.replaces:
            tasks[change.address, False] = Task(change, Action.CREATE)
            tasks[change.address, True] = Task(change, Action.DELETE)
    before: dict[TaskKey, set[TaskKey]] = {key: set() for key in tasks}
    for (address, deletes), task in tasks.items():
        if not deletes:
            before[address, False] |= {(d, False) for d in task.change.dependencies if (d, False) in tasks}
            _replacement(address, task, tasks, before)
        _after_users(address, deletes, tasks, before, recorded)
    return tasks, before


def _replacement(address: Address, task: Task, tasks: Mapping[TaskKey, Task], before: dict[TaskKey, set[TaskKey]]) -> None:
    if task.change.action is Action.REPLACE:
        before[address, False].add((address, True))
    elif task.change.action is Action.CREATE_THEN_DELETE:
        before[address, True].add((address, False))


def _after_users(
    address: Address,
    deletes: bool,
    tasks: Mapping[TaskKey, Task],
    before: dict[TaskKey, set[TaskKey]],
    recorded: Mapping[Address, frozenset[Address]],
) -> None:
    """`address` used these so far: their deletion waits for its own deletion, or for the change that lets go of them."""
    for used in recorded.get(address, frozenset()):
        if (used, True) not in tasks:
            continue
        if deletes:
            before[used, True].add((address, True))
        elif tasks[used, True].change.action is not Action.REPLACE and (address, True) not in tasks:
            before[used, True].add((address, False))
