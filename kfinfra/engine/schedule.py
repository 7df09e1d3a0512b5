"""The order of an apply: which operation waits for which. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from kfinfra.engine.replacing import deposed, identity
from kfinfra.model.address import Address
from kfinfra.model.schema import ResourceType
from kfinfra.plan.change import Action, Change


@dataclass(frozen=True, slots=True)
class Task:
    """One operation of a change: CREATE, UPDATE, DELETE or READ. A replacement is two tasks.

    `deposes`: where the object that is there goes when a new one is made before it is destroyed; its deletion is a change
    of that address.
    """

    change: Change
    action: Action
    deposes: Address | None = None

    @property
    def address(self) -> Address:
        """The resource's address."""
        return self.change.address


TaskKey = tuple[Address, bool]
"""(address, whether it is the deletion)."""


def schedule(
    changes: Iterable[Change], recorded: Mapping[Address, frozenset[Address]], types: Mapping[str, ResourceType]
) -> tuple[dict[TaskKey, Task], dict[TaskKey, set[TaskKey]]]:
    """The tasks, and for each those that come before it. `recorded` are the dependencies that state knows of.

    What is made comes after what it is built on; what is destroyed comes before what it was built on; what no longer
    uses an object is changed before the object goes.
    """
    tasks: dict[TaskKey, Task] = {}
    for change in changes:
        tasks |= {(t.address, t.action is Action.DELETE): t for t in _tasks(change, types)}
    return tasks, _Order(tasks, recorded, types).before


def _tasks(change: Change, types: Mapping[str, ResourceType]) -> Iterable[Task]:
    match change.action:
        case Action.CREATE | Action.UPDATE | Action.READ | Action.DELETE:
            yield Task(change, change.action)
        case Action.REPLACE:
            yield from (Task(change, Action.CREATE), Task(change, Action.DELETE))
        case Action.CREATE_THEN_DELETE:
            old = deposed(change, types[change.address.type])
            yield Task(change, Action.CREATE, old)
            yield Task(replace(change, address=old), Action.DELETE)
        case Action.NOOP | Action.FORGET:
            return


class _Order:
    """`before`: for each task, the tasks that come before it."""

    def __init__(
        self,
        tasks: Mapping[TaskKey, Task],
        recorded: Mapping[Address, frozenset[Address]],
        types: Mapping[str, ResourceType],
    ) -> None:
        self._tasks, self._recorded, self._types = tasks, recorded, types
        self.before: dict[TaskKey, set[TaskKey]] = {key: set() for key in tasks}
        self._deletions: dict[Address, list[TaskKey]] = defaultdict(list)
        for key in tasks:
            if key[1]:
                self._deletions[key[0].current].append(key)
        self._in_the_way = {key for key in tasks if self._is_in_the_way(key)}
        for key, task in tasks.items():
            if not key[1]:
                self.before[key] |= {(d, False) for d in task.change.dependencies if (d, False) in tasks}
            else:
                self._replacement(key, task)
            self._after_users(key)

    def _is_in_the_way(self, key: TaskKey) -> bool:
        """Whether a deposed object has the identity that the instance's new object is to have."""
        address, deletes = key
        new = self._tasks.get((address.current, False))
        if not (deletes and address.deposed and new is not None and new.action is Action.CREATE):
            return False
        schema = self._types[address.type]
        return identity(self._tasks[key].change.before, schema) == identity(new.change.after, schema)

    def _replacement(self, key: TaskKey, task: Task) -> None:
        """The old object and the new one: whatever is deposed goes last, unless it is in the way."""
        address = key[0]
        made = (address.current, False)
        if made not in self._tasks:
            return
        if key in self._in_the_way or (task.change.action is Action.REPLACE and not address.deposed):
            self.before[made].add(key)
        else:
            self.before[key].add(made)

    def _after_users(self, key: TaskKey) -> None:
        """`key`'s object used these so far: their deletion waits for its own, or for the change that lets go of them."""
        address, deletes = key
        for used in self._recorded.get(address, self._recorded.get(address.current, frozenset())):
            for gone in self._deletions.get(used, ()):
                if gone in self._in_the_way:
                    continue
                if deletes or (self._tasks[gone].change.action is not Action.REPLACE and (address, True) not in self._tasks):
                    self.before[gone].add(key)
