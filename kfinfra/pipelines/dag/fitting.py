"""Arguments against what components take: unknown and missing inputs, wrong types, outputs that do not exist."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from kfinfra.diag import did_you_mean
from kfinfra.model.plain import UNKNOWN, Plain
from kfinfra.model.schema import Problem
from kfinfra.pipelines.dag.interfaces import Interface, Port, compatible, fits
from kfinfra.pipelines.dag.model import (
    Argument,
    Channel,
    Condition,
    Constant,
    Dag,
    ExitHandler,
    Fields,
    Importer,
    Items,
    Loop,
    Task,
    Text,
    address,
    channels,
    compared,
    every,
    leaves,
    own_arguments,
)
from kfinfra.pipelines.dag.structure import DAG

_NUMBERS = ("NUMBER_INTEGER", "NUMBER_DOUBLE")


class Types:
    """The types of a pipeline's channels, with its components' interfaces known."""

    def __init__(self, dag: Dag, interfaces: Mapping[str, Interface]) -> None:
        self._dag, self._interfaces = dag, interfaces
        steps = list(every(dag.steps))
        self._tasks = {s.name: s for s in steps if isinstance(s, Task)}
        self._importers = {s.name: s for s in steps if isinstance(s, Importer)}
        self._exits = {s.task.name for s in steps if isinstance(s, ExitHandler)}
        self._loops = {s.name: s for s in steps if isinstance(s, Loop)}
        self._parameters = {p.name: Port(p.type) for p in dag.parameters}

    def problems(self) -> Iterator[Problem]:
        """All that does not fit, at paths `("dag", address, part)`."""
        for step in every(self._dag.steps):
            here = (DAG, address(step))
            for part, argument in own_arguments(step):
                for problem in self._exist(argument):
                    yield replace(problem, path=(*here, *part.split(".", 1)))
            if isinstance(step, Task):
                yield from self._task(step)
            if isinstance(step, Loop):
                yield from (replace(p, path=(*here, "items")) for p in self._items(step))
            if isinstance(step, Condition):
                yield from self._condition(step)
        for name, argument in self._dag.outputs.items():
            yield from (replace(p, path=(DAG, f"output.{name}", "value")) for p in self._exist(argument))

    def port(self, channel: Channel) -> Port | None:
        """What a channel is; None where only a run tells, or it does not exist."""
        match channel.kind:
            case "parameter":
                return self._parameters.get(channel.name)
            case "task":
                outputs = self._outputs(channel)
                return outputs.get(channel.key) if channel.key else next(iter(outputs.values()), None)
            case "importer":
                found = self._importers.get(channel.name)
                return Port(found.artifact) if found is not None else None
            case "collected":
                inner = self.port(channel.of[0])
                return None if inner is None else Port("LIST") if inner.is_parameter else Port(inner.type, many=True)
            case "one_of":
                return self.port(channel.of[0])
            case _:
                return None

    def items(self, loop: Loop) -> dict[str, str]:
        """The types of the items of a list that is written out ("" is the item itself, else its fields).

        HCL writes 1 and 1.0 alike: whole numbers are numbers where a task takes them as such.
        """
        if not isinstance(loop.items, Constant) or not isinstance(loop.items.value, list):
            return {}
        values: dict[str, list[Plain]] = {}
        for item in loop.items.value:
            for name, value in item.items() if isinstance(item, dict) else [("", item)]:
                values.setdefault(name, []).append(value)
        wanted = self._wanted(loop)
        return {name: kind for name, found in values.items() if (kind := _kind_of(found, wanted.get(name, set())))}

    def _wanted(self, loop: Loop) -> dict[str, set[str]]:
        """The types that tasks want of the items of a loop, by field."""
        out: dict[str, set[str]] = {}
        for step in every(loop.steps):
            inputs = self._interfaces[step.component].inputs if isinstance(step, Task) else {}
            for name, argument in step.arguments.items() if isinstance(step, Task) else ():
                if isinstance(argument, Channel) and (argument.kind, argument.name) == ("item", loop.name) and name in inputs:
                    out.setdefault(argument.key, set()).add(inputs[name].type)
        return out

    def _outputs(self, channel: Channel) -> Mapping[str, Port]:
        task = self._tasks.get(channel.name)
        return self._interfaces[task.component].outputs if task is not None else {}

    def _exist(self, argument: Argument) -> Iterator[Problem]:
        for channel in channels(argument):
            for leaf in leaves(channel):
                yield from self._output(leaf)
            ports = {str(port) for one in channel.of if (port := self.port(one)) is not None}
            if channel.kind == "one_of" and len(ports) > 1:
                yield Problem((), "Invalid one_of", f"{channel} takes outputs of different types: {', '.join(sorted(ports))}.")

    def _output(self, leaf: Channel) -> Iterator[Problem]:
        if leaf.kind == "importer" and leaf.key not in ("", "artifact"):
            yield Problem((), "Unknown output", f'An importer has one output, "artifact", and no "{leaf.key}".')
        if leaf.kind != "task" or leaf.name not in self._tasks:
            return
        outputs = self._outputs(leaf)
        component = self._tasks[leaf.name].component
        listed = f"Its outputs are {', '.join(sorted(outputs))}." if outputs else "It has no output."
        if leaf.key and leaf.key not in outputs:
            detail = f'The component "{component}" has no output "{leaf.key}".{did_you_mean(leaf.key, outputs)} {listed}'
            yield Problem((), "Unknown output", detail)
        elif not leaf.key and len(outputs) != 1:
            hint = f"write task.{leaf.name}.outputs.{min(outputs)}" if outputs else ""
            yield Problem((), "Unknown output", f'The component "{component}" has not one output only. {listed}', hint)

    def _task(self, task: Task) -> Iterator[Problem]:
        inputs, status = self._interfaces[task.component].inputs, self._interfaces[task.component].status
        here = (DAG, address(task))
        if status and not task.ignore_upstream_failure and task.name not in self._exits:
            detail = f'"{task.component}" takes a final status ("{status[0]}"): KFP fills it in for the task of an exit handler.'
            hint = 'move the task into an exit_handler "NAME" { … }'
            yield Problem((*here, "component"), "Final status outside of an exit handler", detail, hint)
        for name, argument in task.arguments.items():
            if name not in inputs:
                known = f"Its inputs are {', '.join(sorted(inputs))}." if inputs else "It has no input."
                detail = f'The component "{task.component}" has no input "{name}".{did_you_mean(name, inputs)} {known}'
                yield Problem((*here, "arguments", name), "Unknown input", detail)
            else:
                for problem in self._argument(argument, inputs[name], name):
                    yield replace(problem, path=(*here, "arguments", name))
        given = {name for name, argument in task.arguments.items() if argument != Constant(None)}
        for name, port in inputs.items():
            if port.required and name not in given:
                detail = f'The task "{task.name}" needs a value for the input "{name}" of "{task.component}": it is {port}.'
                yield Problem((*here, "arguments"), "Missing input", detail, f"add it: arguments = {{ {name} = … }}")

    def _argument(self, argument: Argument, wanted: Port, name: str) -> Iterator[Problem]:
        match argument:
            case Constant(value):
                if (path := _null_in(value)) is not None:
                    detail = f'The input "{name}" is given a null{path}: KFP takes none within lists and maps.'
                    yield Problem((), "Null in an argument", detail, "leave it out, or write another value that says nothing")
                elif value is not None and not (wanted.is_parameter and fits(value, wanted.type)):
                    yield self._wrong(name, wanted, _words(value))
            case Text():
                if wanted.type != "STRING":
                    yield self._wrong(name, wanted, "a string")
            case Items():
                if wanted.type != "LIST":
                    yield self._wrong(name, wanted, "a list")
            case Fields():
                if wanted.type != "STRUCT":
                    yield self._wrong(name, wanted, "a map")
            case Channel(kind="item"):
                yield from self._item(argument, wanted, name)
            case Channel():
                given = self.port(argument)
                if given is not None and not compatible(given, wanted):
                    hint = ""
                    if given.type in _NUMBERS and wanted.type in _NUMBERS:
                        word = "integer" if wanted.type == "NUMBER_INTEGER" else "number"
                        hint = f"KFP converts no numbers: write type = {word}" if argument.kind == "parameter" else ""
                    yield self._wrong(name, wanted, f"{argument}, {given}", hint)

    def _wrong(self, name: str, wanted: Port, given: str, hint: str = "") -> Problem:
        return Problem((), "Wrong type of argument", f'The input "{name}" is {wanted}; this is {given}.', hint)

    def _item(self, channel: Channel, wanted: Port, name: str) -> Iterator[Problem]:
        loop = self._loops.get(channel.name)
        items = loop.items if loop is not None else None
        if not isinstance(items, Constant) or not isinstance(items.value, list):
            return
        for number, item in enumerate(items.value):
            value: Plain = item
            if channel.key:
                if not isinstance(item, dict) or channel.key not in item:
                    known = did_you_mean(channel.key, item) if isinstance(item, dict) else ""
                    detail = f'Item {number} of parallel_for.{channel.name} has no field "{channel.key}".{known}'
                    yield Problem((), "Unknown field of an item", detail)
                    return
                value = item[channel.key]
            if not (wanted.is_parameter and fits(value, wanted.type)):
                yield self._wrong(name, wanted, f"{_words(value)} in item {number}")
                return

    def _items(self, loop: Loop) -> Iterator[Problem]:
        if isinstance(loop.items, Channel):
            port = self.port(loop.items)
            if port is not None and port.type != "LIST" and not port.many:
                yield Problem((), "Wrong type of items", f"items is a list; {loop.items} is {port}.")
        elif isinstance(loop.items, Constant) and isinstance(loop.items.value, list):
            for key, wanted in self._wanted(loop).items():
                if {"NUMBER_INTEGER", "NUMBER_DOUBLE"} <= wanted:
                    what = f"parallel_for.{loop.name}.value" + (f".{key}" if key else "")
                    hint = "loop over objects with a field for each: [{ n = 1, x = 1 }]"
                    detail = f"{what} is taken as an integer and as a number, and KFP converts none."
                    yield Problem((), "Item of two types", detail, hint)
            kinds = {type(item) for item in loop.items.value} - {float}
            if len(kinds) > 1 or None in loop.items.value:
                yield Problem((), "Wrong type of items", "The items of a loop are of one type: all strings, numbers, or objects.")

    def _condition(self, condition: Condition) -> Iterator[Problem]:
        for number, branch in enumerate(condition.branches):
            for comparison in compared(branch.when):
                path = (DAG, address(condition), "when", str(number))
                sides = (comparison.left, comparison.right)
                ports = [self.port(side) for side in sides if isinstance(side, Channel)]
                if any(port is not None and not port.is_parameter for port in ports):
                    detail = "An artifact cannot be compared: have a task read it, and give out what decides."
                    yield Problem(path, "Wrong type in when", detail)
                    continue
                kinds = {"NUMBER" if port.type in _NUMBERS else port.type for port in ports if port is not None}
                if len(kinds) > 1 or kinds & {"LIST", "STRUCT"}:
                    told = " with ".join(str(port) for port in ports)
                    detail = f"{told} cannot be compared: KFP compares strings, numbers and bools, each with their own kind."
                    yield Problem(path, "Wrong type in when", detail, "have a task decide, and give out a bool")
                    continue
                constant = next((side.value for side in sides if isinstance(side, Constant)), UNKNOWN)
                port = ports[0] if ports else None
                if port is not None and constant is not UNKNOWN and not _comparable(constant, port.type):
                    detail = f"{_words(constant)} is compared with {port}: they are never equal."
                    yield Problem(path, "Wrong type in when", detail)


def _kind_of(values: list[Plain], wanted: set[str]) -> str:
    kinds = {type(value) for value in values}
    if kinds <= {int, float}:
        return "NUMBER_DOUBLE" if float in kinds or wanted == {"NUMBER_DOUBLE"} else "NUMBER_INTEGER"
    return _KINDS.get(next(iter(kinds)), "") if len(kinds) == 1 else ""


_KINDS: Mapping[type, str] = {str: "STRING", bool: "BOOLEAN", list: "LIST", dict: "STRUCT"}


def _null_in(value: Plain, path: str = "") -> str | None:
    """Where in a constant a null stands, in words; None where there is none."""
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            here = f"{path}[{key}]" if isinstance(value, list) else f'{path}["{key}"]'
            found = f" at {here}" if inner is None else _null_in(inner, here)
            if found is not None:
                return found
    return None


def _comparable(value: Plain, kind: str) -> bool:
    return fits(value, "NUMBER_DOUBLE" if kind in _NUMBERS else kind)


def _words(value: Plain) -> str:
    match value:
        case bool():
            return f"the bool {str(value).lower()}"
        case int() | float():
            return f"the number {value}"
        case str():
            return f'the string "{value}"' if len(value) < 40 else "a string"
        case list():
            return "a list"
        case dict():
            return "a map"
        case _:
            return "null"


def unfit_steps(dag: Dag, interfaces: Mapping[str, Interface]) -> list[Problem]:
    """All problems of types."""
    return list(Types(dag, interfaces).problems())


__all__ = ["Types", "unfit_steps"]
