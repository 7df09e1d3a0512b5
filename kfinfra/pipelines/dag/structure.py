"""What can be told of a pipeline without its components: names, what a step may refer to, and an order to make it in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from kfinfra.diag import did_you_mean
from kfinfra.graph import cycles, topological
from kfinfra.model.schema import Problem
from kfinfra.pipelines.dag.model import (
    Argument,
    Channel,
    Condition,
    Constant,
    Dag,
    ExitHandler,
    Fields,
    Items,
    Loop,
    Step,
    Task,
    Text,
    address,
    channels,
    every,
    inner,
    leaves,
    own_arguments,
)

DAG = "dag"
_RESERVED = re.compile(r"(for-loop|condition|condition-branches|exit-handler)-\d+")


def kfp_name(label: str) -> str:
    """The name that KFP gives a task of this label (kfp/dsl/utils.py, maybe_rename_for_k8s)."""
    return re.sub("-+", "-", re.sub("[^-0-9a-z]+", "-", label.lower())).lstrip("-").rstrip("-")


@dataclass
class _Places:
    """Each step by address, and the groups around it from the outside in, each as (step, number of the branch)."""

    steps: dict[str, Step] = field(default_factory=dict)
    around: dict[str, tuple[tuple[str, int], ...]] = field(default_factory=dict)


def problems_of_structure(dag: Dag) -> Iterator[Problem]:
    """What is wrong with the pipeline's own structure, at paths `("dag", address, part)`."""
    places = _Places()
    taken: dict[str, str] = {}
    yield from _walk(dag.steps, (), places, taken)
    yield from _components(dag)
    for step in every(dag.steps):
        yield from _references(step, dag, places)
        yield from _fields_of_items(step, places)
        yield from _unused_items(step, places)
    for name, argument in dag.outputs.items():
        where = (DAG, f"output.{name}", "value")
        for problem in _argument(argument, (), dag, places):
            yield replace(problem, path=where)
    yield from _circles(dag.steps, places)
    if not dag.steps:
        yield Problem((DAG,), "Pipeline without tasks", "A pipeline runs at least one task.", 'add a block: task "NAME" { … }')


def _walk(
    steps: tuple[Step, ...], around: tuple[tuple[str, int], ...], places: _Places, taken: dict[str, str]
) -> Iterator[Problem]:
    for step in steps:
        yield from _place(step, around, places, taken)
        here = address(step)
        if isinstance(step, ExitHandler):
            yield from _place(step.task, around, places, taken)
            if around:
                detail = "KFP runs an exit handler around steps of the pipeline itself, not within a loop or a branch."
                yield Problem((DAG, here), "Exit handler in a group", detail, "move it to the pipeline's top level")
        for number, group in enumerate(inner(step)):
            if not group:
                detail = f"{here} has a group without any task in it."
                yield Problem((DAG, here), "Group without tasks", detail, "put a task into it, or remove it")
            yield from _walk(group, (*around, (here, number)), places, taken)


def _place(step: Step, around: tuple[tuple[str, int], ...], places: _Places, taken: dict[str, str]) -> Iterator[Problem]:
    here, name = address(step), kfp_name(step.name)
    key = name if isinstance(step, Task) else here
    if key in taken:
        detail = f"{here} and {taken[key]} are one name to KFP, in whatever groups they stand."
        yield Problem((DAG, here), "Duplicate name", detail, "rename one of them")
    if isinstance(step, Task) and (not name or _RESERVED.fullmatch(name)):
        detail = f'"{step.name}" is a name that KFP gives groups itself, or holds no letter or digit.'
        yield Problem((DAG, here), "Invalid task name", detail, "rename the task")
    taken.setdefault(key, here)
    places.steps.setdefault(here, step)
    places.around.setdefault(here, around)


def _components(dag: Dag) -> Iterator[Problem]:
    known = [c.name for c in dag.components]
    for step in every(dag.steps):
        if isinstance(step, Task) and step.component not in known:
            detail = f'The pipeline declares no component "{step.component}".{did_you_mean(step.component, known)}'
            hint = f'declare it: component "{step.component}" {{ … }}'
            yield Problem((DAG, address(step), "component"), "Reference to undeclared component", detail, hint)


def _references(step: Step, dag: Dag, places: _Places) -> Iterator[Problem]:
    here = address(step)
    around = places.around[here]
    exit_task = next((s for s in dag.steps if isinstance(s, ExitHandler) and s.task is step), None)
    for part, argument in own_arguments(step):
        path = (DAG, here, *part.split(".", 1))
        for problem in _argument(argument, around, dag, places, exit_task is not None):
            yield replace(problem, path=path)
        if any(f"{leaf.kind}.{leaf.name}" == here for channel in channels(argument) for leaf in leaves(channel)):
            yield Problem(path, "Task takes its own output", f"{here} would wait for itself.", "take another task's output")
    for wanted in step.after if isinstance(step, Task) else ():
        for problem in _after(wanted, here, around, places, exit_task is not None):
            yield replace(problem, path=(DAG, here, "after", wanted))


def _fields_of_items(step: Step, places: _Places) -> Iterator[Problem]:
    """kfp loses the fields of constant items in groups within their loop (compiler_utils.get_inputs_for_all_groups)."""
    around = places.around[address(step)]
    for part, argument in own_arguments(step):
        for channel in channels(argument):
            loop = places.steps.get(f"parallel_for.{channel.name}")
            constant = channel.kind == "item" and channel.key and isinstance(loop, Loop) and isinstance(loop.items, Constant)
            if constant and around and around[-1][0] != f"parallel_for.{channel.name}":
                detail = f"KFP takes {channel} directly in its loop only: in a group within the loop it loses what a field is."
                hint = "loop over a parameter or a task's output that holds the same objects, or over plain values"
                yield Problem((DAG, address(step), *part.split(".", 1)), "Field of an item in an inner group", detail, hint)


def _unused_items(step: Step, places: _Places) -> Iterator[Problem]:
    """kfp hands a list into a group only where a task in the loop takes its items."""
    if not isinstance(step, Loop) or not isinstance(step.items, Channel) or not places.around[address(step)]:
        return
    used = (c for one in every(step.steps) for _, a in own_arguments(one) for c in channels(a))
    if not any(channel.kind == "item" and channel.name == step.name for channel in used):
        detail = f"No task in {address(step)} takes its items; within another group, KFP then loses the list itself."
        yield Problem((DAG, address(step), "items"), "Items that no task takes", detail, "give each.value to a task in the loop")


def _plain_item(channel: Channel, places: _Places) -> bool:
    loop = places.steps.get(f"parallel_for.{channel.name}")
    return not channel.key and not (isinstance(loop, Loop) and isinstance(loop.items, Channel))


def _items_in_text(argument: Argument, places: _Places) -> Iterator[Problem]:
    """kfp forgets what an item is in a string, unless it is a constant itself (kfp/dsl/pipeline_channel.py)."""
    match argument:
        case Text(parts):
            for part in parts:
                if isinstance(part, Channel) and part.kind == "item" and not _plain_item(part, places):
                    detail = f"KFP can put {part} into no string: it can do so with the items of a list that is written out only."
                    yield Problem((), "Item in a string", detail, "give the item to the task as an argument of its own")
        case Items(items):
            for item in items:
                yield from _items_in_text(item, places)
        case Fields(fields):
            for value in fields.values():
                yield from _items_in_text(value, places)


def _argument(
    argument: Argument, around: tuple[tuple[str, int], ...], dag: Dag, places: _Places, exits: bool = False
) -> Iterator[Problem]:
    yield from _items_in_text(argument, places)
    for channel in channels(argument):
        if exits and any(leaf.kind in ("task", "importer") for leaf in leaves(channel)):
            detail = f"{channel} is made by a task that may have failed when the exit handler's task runs."
            yield Problem((), "Output in an exit handler", detail, "an exit handler's task takes parameters and constants only")
        match channel.kind:
            case "collected":
                yield from _collected(channel.of[0], around, places)
            case "one_of":
                yield from _one_of(channel, around, places)
            case "task" | "importer":
                yield from _visible(channel, around, places)
            case "parameter" if channel.name not in {p.name for p in dag.parameters}:
                known = [p.name for p in dag.parameters]
                detail = f'The pipeline has no parameter "{channel.name}".{did_you_mean(channel.name, known)}'
                yield Problem((), "Reference to undeclared parameter", detail, f'declare it: parameter "{channel.name}" {{ … }}')
            case "item" if f"parallel_for.{channel.name}" not in {group for group, _ in around}:
                detail = f"{channel} has a value only within parallel_for.{channel.name}."
                yield Problem((), "Item outside its loop", detail, "move the task into the loop")


def _visible(channel: Channel, around: tuple[tuple[str, int], ...], places: _Places) -> Iterator[Problem]:
    there = places.around.get(f"{channel.kind}.{channel.name}")
    if there is None:
        known = [a.split(".", 1)[1] for a in places.steps if a.startswith(f"{channel.kind}.")]
        detail = f'The pipeline has no {channel.kind} "{channel.name}".{did_you_mean(channel.name, known)}'
        yield Problem(
            (), f"Reference to undeclared {channel.kind}", detail, f'declare it: {channel.kind} "{channel.name}" {{ … }}'
        )
    elif around[: len(there)] != there:
        group = next(g for i, g in enumerate(there) if i >= len(around) or around[i] != g)[0]
        kind = group.split(".")[0]
        hint = {
            "parallel_for": f"collect({channel}) is the list of its values over the loop, outside of it",
            "condition": "one_of(…) takes the outputs of tasks in the branches of one condition that has an otherwise",
        }.get(kind, "move the task that uses it into the same group")
        detail = f"{channel} is made within {group}, and used outside of it, where it may have no value or many."
        yield Problem((), f"Output used outside its {_WORDS[kind]}", detail, hint)


_WORDS = {"parallel_for": "loop", "condition": "branch", "exit_handler": "exit handler"}


def _collected(channel: Channel, around: tuple[tuple[str, int], ...], places: _Places) -> Iterator[Problem]:
    there = places.around.get(f"{channel.kind}.{channel.name}")
    if there is None:
        yield from _visible(channel, around, places)
        return
    groups = [g for i, g in enumerate(there) if i >= len(around) or around[i] != g]
    if not groups or not groups[0][0].startswith("parallel_for."):
        detail = f"{channel} is made in no loop that ends before this: there is nothing to collect."
        yield Problem(
            (), "Nothing to collect", detail, "collect(…) is for outputs of tasks in a parallel_for, used outside of it"
        )
    elif any(not group.startswith("parallel_for.") for group, _ in groups):
        detail = f"{channel} is made in a branch within the loop, so that not every item has one."
        yield Problem((), "Nothing to collect", detail, "move the task out of the condition")


def _one_of(channel: Channel, around: tuple[tuple[str, int], ...], places: _Places) -> Iterator[Problem]:
    branches: list[tuple[str, int]] = []
    for one in channel.of:
        there = places.around.get(f"{one.kind}.{one.name}")
        if there is None:
            yield from _visible(one, around, places)
            return
        branches += there[-1:] if there and there[:-1] == around[: len(there) - 1] else [("", 0)]
    names = {group for group, _ in branches}
    hint = "write one_of(task.A.output, task.B.output) with a task of each branch, beside the condition"
    condition = places.steps.get(next(iter(names), "")) if len(names) == 1 else None
    if not isinstance(condition, Condition) or len({n for _, n in branches}) != len(channel.of):
        detail = f"{channel} takes outputs that are not of different branches of one condition."
        yield Problem((), "Invalid one_of", detail, hint)
    elif condition.branches[-1].when or len(branches) != len(condition.branches):
        detail = f"{channel} needs an output of each branch of {address(condition)}, and an otherwise: else it may have no value."
        yield Problem((), "Invalid one_of", detail, hint)


def _after(wanted: str, here: str, around: tuple[tuple[str, int], ...], places: _Places, exits: bool) -> Iterator[Problem]:
    there = places.around.get(wanted)
    if exits:
        detail = f"{here} runs when the steps it guards have ended; it waits for nothing else."
        yield Problem((), "Invalid after", detail, "remove after, and name what it waits for in guards")
    elif there is None:
        detail = f"The pipeline has no {wanted}.{did_you_mean(wanted, places.steps)}"
        yield Problem((), "Reference to undeclared step", detail)
    elif wanted == here or any(group == wanted for group, _ in around):
        yield Problem((), "Invalid after", f"{here} would wait for itself.", "remove it")
    elif wanted.startswith("condition."):
        detail = f"KFP lets no task wait for {wanted}: its branches may all be skipped."
        yield Problem(
            (), "Invalid after", detail, "put the task into the branch, or let it wait for what the condition waits for"
        )
    else:
        beyond = [place[0] for i, place in enumerate(there) if i >= len(around) or around[i] != place]
        if any(not group.startswith("parallel_for.") for group in beyond):
            detail = f"{wanted} stands in {beyond[0]}, outside of which KFP lets no task wait for it."
            yield Problem((), "Invalid after", detail, "put the task into the same group")


def _circles(steps: tuple[Step, ...], places: _Places) -> Iterator[Problem]:
    for cycle in cycles(_needs(steps, places.around)):
        names = " after ".join([*cycle, cycle[0]])
        hint = "take one of these references out"
        first, second, *_ = [*cycle, cycle[0]]
        written = any(isinstance(s, Task) and address(s) == first and second in s.after for s in steps)
        path = (DAG, first, "after", second) if written else (DAG, first)
        yield Problem(path, "Steps wait for each other", f"{names}: none of them could ever run.", hint)
    for step in steps:
        for group in inner(step):
            yield from _circles(group, places)


def _needs(steps: tuple[Step, ...], around: Mapping[str, tuple[tuple[str, int], ...]]) -> dict[str, list[str]]:
    """For each step of a group those of the same group that it, or something in it, refers to."""
    own = {address(step) for step in steps}
    depth = len(around.get(address(steps[0]), ())) if steps else 0
    out: dict[str, list[str]] = {}
    for step in steps:
        found: list[str] = []
        for one in every((step,)):
            named = [f"{c.kind}.{c.name}" for _, a in own_arguments(one) for channel in channels(a) for c in leaves(channel)]
            for wanted in [*named, *(one.after if isinstance(one, Task) else ())]:
                way = [*(group for group, _ in around.get(wanted, ())), wanted]
                beside = way[depth] if len(way) > depth else ""
                if beside in own and beside != address(step) and beside not in found:
                    found.append(beside)
        out[address(step)] = found
    return out


def ordered(dag: Dag) -> Dag:
    """The pipeline with each step after what it refers to, else in the order of its text. It is free of problems."""
    places = _Places()
    for _ in _walk(dag.steps, (), places, {}):
        pass
    return replace(dag, steps=_ordered(dag.steps, places))


def _ordered(steps: tuple[Step, ...], places: _Places) -> tuple[Step, ...]:
    by_name = {address(step): step for step in steps}
    return tuple(_within(by_name[name], places) for name in topological(_needs(steps, places.around)))


def _within(step: Step, places: _Places) -> Step:
    match step:
        case Loop() | ExitHandler():
            return replace(step, steps=_ordered(step.steps, places))
        case Condition():
            return replace(step, branches=tuple(replace(b, steps=_ordered(b.steps, places)) for b in step.branches))
        case _:
            return step
