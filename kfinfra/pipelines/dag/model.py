"""The neutral pipeline: parameters, components, and steps (tasks, loops, conditions, exit handlers) in groups.

Types are the names of KFP's own: a parameterType (`NUMBER_INTEGER`) or an artifact's schema title (`system.Dataset`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from kfinfra.model.plain import Plain


@dataclass(frozen=True, slots=True)
class Constant:
    """An argument that is known when the pipeline is compiled."""

    value: Plain


@dataclass(frozen=True, slots=True)
class Channel:
    """An argument that a run knows.

    `kind` is `parameter`, `task` (`key` the output, empty: the only one), `item` (of the loop `name`; `key` a field of it),
    `collected` (of a task's output in a loop), `one_of` (of tasks' outputs in branches), or within a container's command
    `input` and `output` (`key` is `value`, `path` or `uri`).
    """

    kind: str
    name: str = ""
    key: str = ""
    of: tuple[Channel, ...] = ()

    def __str__(self) -> str:
        match self.kind:
            case "parameter":
                return f"param.{self.name}"
            case "task":
                return f"task.{self.name}.outputs.{self.key}" if self.key else f"task.{self.name}.output"
            case "item":
                return f"parallel_for.{self.name}.value" + (f".{self.key}" if self.key else "")
            case "collected":
                return f"collect({self.of[0]})"
            case "one_of":
                return f"one_of({', '.join(map(str, self.of))})"
            case _:
                return f"{self.kind}.{self.name}"


@dataclass(frozen=True, slots=True)
class Text:
    """A string with channels in it."""

    parts: tuple[str | Channel, ...]


@dataclass(frozen=True, slots=True)
class Items:
    """A list with channels in it."""

    items: tuple[Argument, ...]


@dataclass(frozen=True, slots=True)
class Fields:
    """An object with channels in it."""

    fields: Mapping[str, Argument]


Argument: TypeAlias = Constant | Channel | Text | Items | Fields


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of the pipeline, or an input or output of a container component.

    `annotation` says what a list or a map holds, as Python writes it: `typing.List[int]`.
    """

    name: str
    type: str
    has_default: bool = False
    default: Plain = None
    optional: bool = False
    description: str = ""
    annotation: str = ""


@dataclass(frozen=True, slots=True)
class Component:
    """What a task runs. `kind` is `file`, `url`, `python`, `container` or `pipeline`; `options` are the kind's own."""

    name: str
    kind: str
    options: Mapping[str, Plain] = field(default_factory=dict)
    inputs: tuple[Parameter, ...] = ()
    outputs: tuple[Parameter, ...] = ()
    command: tuple[Argument, ...] = ()
    args: tuple[Argument, ...] = ()


@dataclass(frozen=True, slots=True)
class Task:
    """One use of a component. `after` are the addresses of steps that it waits for, such as `task.fit`."""

    name: str
    component: str
    arguments: Mapping[str, Argument] = field(default_factory=dict)
    after: tuple[str, ...] = ()
    ignore_upstream_failure: bool = False


@dataclass(frozen=True, slots=True)
class Importer:
    """An artifact that exists already, by its address."""

    name: str
    uri: Argument
    artifact: str
    metadata: Argument = Constant(None)
    reimport: bool = False


@dataclass(frozen=True, slots=True)
class Loop:
    """Steps for each of some items; `parallelism` 0 is no limit."""

    name: str
    items: Argument
    parallelism: int
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """`left op right`, where at least one side is a channel."""

    op: str
    left: Argument
    right: Argument


@dataclass(frozen=True, slots=True)
class Compound:
    """Several tests of which all (`&&`) or any (`||`) hold."""

    op: str
    of: tuple[Test, ...]


Test: TypeAlias = Comparison | Compound


@dataclass(frozen=True, slots=True)
class Branch:
    """Steps that run where all tests hold; the last branch of a condition may have none."""

    when: tuple[Test, ...]
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Condition:
    """The first branch that holds runs."""

    name: str
    branches: tuple[Branch, ...]


@dataclass(frozen=True, slots=True)
class ExitHandler:
    """A task that runs when the steps it guards have ended, however they did."""

    name: str
    task: Task
    steps: tuple[Step, ...]


Step: TypeAlias = Task | Importer | Loop | Condition | ExitHandler


@dataclass(frozen=True, slots=True)
class Dag:
    """A pipeline."""

    parameters: tuple[Parameter, ...] = ()
    components: tuple[Component, ...] = ()
    steps: tuple[Step, ...] = ()
    outputs: Mapping[str, Argument] = field(default_factory=dict)


def address(step: Step) -> str:
    """How a step is referred to: `task.fit`, `parallel_for.shard`."""
    match step:
        case Task():
            return f"task.{step.name}"
        case Importer():
            return f"importer.{step.name}"
        case Loop():
            return f"parallel_for.{step.name}"
        case Condition():
            return f"condition.{step.name}"
        case ExitHandler():
            return f"exit_handler.{step.name}"


def inner(step: Step) -> tuple[tuple[Step, ...], ...]:
    """The groups of steps directly inside a step."""
    match step:
        case Loop() | ExitHandler():
            return (step.steps,)
        case Condition():
            return tuple(branch.steps for branch in step.branches)
        case _:
            return ()


def every(steps: tuple[Step, ...]) -> Iterator[Step]:
    """The steps and all within them, an exit handler's own task too."""
    for step in steps:
        yield step
        if isinstance(step, ExitHandler):
            yield step.task
        for group in inner(step):
            yield from every(group)


def channels(argument: Argument) -> Iterator[Channel]:
    """The channels in an argument."""
    match argument:
        case Channel():
            yield argument
        case Text(parts):
            yield from (part for part in parts if isinstance(part, Channel))
        case Items(items):
            for item in items:
                yield from channels(item)
        case Fields(fields):
            for value in fields.values():
                yield from channels(value)
        case Constant():
            return


def leaves(channel: Channel) -> Iterator[Channel]:
    """The parameters, items and outputs that a channel is made of."""
    if channel.of:
        for one in channel.of:
            yield from leaves(one)
    else:
        yield channel


def compared(tests: tuple[Test, ...]) -> Iterator[Comparison]:
    """The comparisons that tests are made of."""
    for test in tests:
        if isinstance(test, Comparison):
            yield test
        else:
            yield from compared(test.of)


def own_arguments(step: Step) -> Iterator[tuple[str, Argument]]:
    """The arguments of a step itself (not of what is inside), each with the name under which a message finds it."""
    match step:
        case Task():
            for name, argument in step.arguments.items():
                yield f"arguments.{name}", argument
        case Importer():
            yield "uri", step.uri
            yield "metadata", step.metadata
        case Loop():
            yield "items", step.items
        case Condition():
            for number, branch in enumerate(step.branches):
                for comparison in compared(branch.when):
                    yield f"when.{number}", comparison.left
                    yield f"when.{number}", comparison.right
        case ExitHandler():
            return
