"""The neutral pipeline said again with kfp.dsl, so that kfp itself makes the package. Runs in the child process only."""

from __future__ import annotations

import copy
from collections import namedtuple
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from inspect import Parameter as P
from inspect import Signature
from typing import Any

from kfinfra.compiler import compound
from kfinfra.compiler.dag_components import constant_of, input_spec, of_type, spec_type
from kfinfra.compiler.loading import Refused
from kfinfra.model.plain import Plain
from kfinfra.model.schema import Problem
from kfinfra.pipelines.dag.failure import DagError
from kfinfra.pipelines.dag.fitting import Types
from kfinfra.pipelines.dag.interfaces import Interface, Port
from kfinfra.pipelines.dag.model import (
    Argument,
    Branch,
    Channel,
    Compound,
    Condition,
    Constant,
    Dag,
    ExitHandler,
    Fields,
    Importer,
    Items,
    Loop,
    Step,
    Task,
    Test,
    Text,
    address,
)
from kfinfra.pipelines.dag.structure import DAG, kfp_name

_SWAPPED = {"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}


def graph(dag: Dag, name: str, components: Mapping[str, Any], interfaces: Mapping[str, Interface]) -> Any:
    """kfp's GraphComponent of an ordered pipeline without problems. Raises DagError where kfp refuses a step."""
    from kfp.dsl import structures
    from kfp.dsl.graph_component import GraphComponent

    types = Types(dag, interfaces)
    outputs = {n: types.port(a) for n, a in dag.outputs.items() if isinstance(a, Channel)}
    spec = structures.ComponentSpec(
        name=kfp_name(name),
        inputs={p.name: input_spec(p) for p in dag.parameters} or None,
        outputs={n: _output_spec(port) for n, port in outputs.items() if port is not None} or None,
        implementation=structures.Implementation(),
    )
    builder = _Builder(dag, components, interfaces, types)

    def body(*parameters: Any) -> Any:
        return builder.build(parameters)

    body.__signature__ = Signature([P(p.name, P.POSITIONAL_OR_KEYWORD) for p in dag.parameters])  # type: ignore[attr-defined]
    with told((DAG,)):
        return GraphComponent(spec, body)


def _output_spec(port: Port) -> Any:
    from kfp.dsl import structures

    return structures.OutputSpec(type=spec_type(port.type), is_artifact_list=port.many)


@contextmanager
def told(path: tuple[str, ...]) -> Iterator[None]:
    """What kfp refuses within, told at a path."""
    try:
        yield
    except (DagError, Refused):
        raise
    except Exception as problem:
        words = str(problem) or type(problem).__name__
        raise DagError([Problem(path, "KFP refuses this", words if words.endswith(".") else words + ".")]) from problem


class _Builder:
    def __init__(self, dag: Dag, components: Mapping[str, Any], interfaces: Mapping[str, Interface], types: Types) -> None:
        self._dag, self._components, self._interfaces, self._types = dag, components, interfaces, types
        self._made: dict[str, Any] = {}
        self._parameters: dict[str, Any] = {}
        self._items: dict[str, Any] = {}
        self._loops: dict[str, Loop] = {}

    def build(self, parameters: tuple[Any, ...]) -> Any:
        """Makes all steps in kfp's pipeline in force; returns its outputs."""
        self._parameters = {p.name: channel for p, channel in zip(self._dag.parameters, parameters, strict=True)}
        self._steps(self._dag.steps)
        made = {name: self._argument(argument) for name, argument in self._dag.outputs.items()}
        if not made:
            return None
        if list(made) == ["Output"]:
            return made["Output"]
        return namedtuple("outputs", list(made))(**made)

    def _steps(self, steps: tuple[Step, ...]) -> None:
        for step in steps:
            with told((DAG, address(step))):
                self._step(step)

    def _step(self, step: Step) -> None:
        match step:
            case Task():
                self._made[address(step)] = self._task(step)
            case Importer():
                self._made[address(step)] = self._importer(step)
            case Loop():
                self._loop(step)
            case Condition():
                for number, branch in enumerate(step.branches):
                    self._branch(step.name, number, branch, len(step.branches) == 1)
                _leave_branches()
            case ExitHandler():
                self._exit_handler(step)

    def _task(self, task: Task) -> Any:
        component = copy.copy(self._components[task.component])
        component.component_spec = copy.copy(component.component_spec)
        component.component_spec.name = task.name
        inputs = self._interfaces[task.component].inputs
        written = {n: a for n, a in task.arguments.items() if a != Constant(None)}
        made = component(**{n: self._for_input(a, inputs[n]) for n, a in written.items()})
        if made.name != kfp_name(task.name):
            raise ValueError(f'KFP names this task "{made.name}": another has its name already.')
        if made.name != task.name:
            made.set_display_name(task.name)
        for wanted in task.after:
            made.after(*self._upstream(wanted))
        if task.ignore_upstream_failure:
            made.ignore_upstream_failure()
        return made

    def _for_input(self, argument: Argument, port: Port) -> Any:
        return constant_of(argument.value, port) if isinstance(argument, Constant) else self._argument(argument)

    def _argument(self, argument: Argument) -> Any:
        match argument:
            case Constant(value):
                return value
            case Channel():
                return self._channel(argument)
            case Text(parts):
                return "".join(p if isinstance(p, str) else str(self._channel(p)) for p in parts)
            case Items(items):
                return [self._argument(item) for item in items]
            case Fields(fields):
                return {name: self._argument(value) for name, value in fields.items()}

    def _channel(self, channel: Channel) -> Any:
        from kfp import dsl

        match channel.kind:
            case "parameter":
                return self._parameters[channel.name]
            case "item":
                item = self._items[channel.name]
                return getattr(item, channel.key) if channel.key else item
            case "collected":
                return dsl.Collected(self._channel(channel.of[0]))
            case "one_of":
                return dsl.OneOf(*map(self._channel, channel.of))
            case _:
                made = self._made[f"{channel.kind}.{channel.name}"]
                return made.outputs[channel.key] if channel.key else made.output

    def _upstream(self, wanted: str) -> list[Any]:
        if wanted in self._made:
            return [self._made[wanted]]
        inside = [self._made[n] for n in self._tasks_in(self._loops[wanted])]
        if not inside:
            raise ValueError(f"{wanted} holds no task outside of conditions that KFP could wait for.")
        return inside

    def _tasks_in(self, loop: Loop) -> Iterator[str]:
        for step in loop.steps:
            if isinstance(step, Loop):
                yield from self._tasks_in(step)
            elif isinstance(step, Task | Importer):
                yield address(step)

    def _importer(self, step: Importer) -> Any:
        from kfp import dsl

        made = dsl.importer(
            artifact_uri=self._argument(step.uri),
            artifact_class=_artifact_class(step.artifact),
            reimport=step.reimport,
            metadata=self._argument(step.metadata),
        )
        if made.name != step.name:
            made.set_display_name(step.name)
        return made

    def _loop(self, loop: Loop) -> None:
        from kfp import dsl

        kinds = self._types.items(loop)
        items = _of_kinds(self._argument(loop.items), kinds)
        self._loops[address(loop)] = loop
        with dsl.ParallelFor(items, name=loop.name, parallelism=loop.parallelism or None) as item:
            for name, kind in kinds.items():  # kfp gives every field the type of the first one's value
                if name:
                    getattr(item, name).channel_type = spec_type(kind)
            self._items[loop.name] = item
            self._steps(loop.steps)

    def _branch(self, name: str, number: int, branch: Branch, alone: bool) -> None:
        """Tests that must all hold are groups within each other; where other branches follow, one group of them all."""
        from kfp import dsl

        whole = branch.when if alone or len(branch.when) < 2 else (Compound("&&", branch.when),)
        with ExitStack() as stack:
            if not branch.when:
                stack.enter_context(dsl.Else())
            for depth, test in enumerate(whole):
                operation = self._operation(test)
                if number:
                    stack.enter_context(dsl.Elif(operation))
                else:
                    stack.enter_context(dsl.If(operation, name=None if depth else name))
            self._steps(branch.steps)

    def _operation(self, test: Test) -> Any:
        from kfp.dsl.pipeline_channel import ConditionOperation

        if isinstance(test, Compound):
            compound.taught()
            return compound.Operation(test.op, [self._operation(each) for each in test.of])
        left, right = self._side(test.left), self._side(test.right)
        if isinstance(test.left, Channel):
            return ConditionOperation(test.op, left, right)
        return ConditionOperation(_SWAPPED[test.op], right, left)

    def _side(self, side: Argument) -> Any:
        """kfp writes a text between quotes as it is: what would end it is escaped as CEL has it."""
        value = self._argument(side)
        return compound.escaped(value) if isinstance(side, Constant) and isinstance(value, str) else value

    def _exit_handler(self, step: ExitHandler) -> None:
        from kfp import dsl

        with told((DAG, address(step.task))):
            task = self._task(step.task)
        handler = dsl.ExitHandler(task, name=step.name)
        with handler:
            self._steps(step.steps)
        self._made[address(step)] = handler


def _of_kinds(items: Any, kinds: Mapping[str, str]) -> Any:
    """A loop's items that are written out, numbers as floats where they are taken as such."""
    if not kinds:
        return items
    return [
        {name: of_type(value, kinds.get(name, "")) for name, value in item.items()}
        if isinstance(item, dict)
        else of_type(item, kinds.get("", ""))
        for item in items
    ]


def _leave_branches() -> None:
    """kfp leaves the group around an If and its Elifs only where an Else ends it (kfp/dsl/tasks_group.py, Else.__exit__).

    What follows would else stand within the condition.
    """
    from kfp.dsl.pipeline_context import Pipeline
    from kfp.dsl.tasks_group import ConditionBranches

    pipeline = Pipeline.get_default_pipeline()
    if isinstance(pipeline.groups[-1], ConditionBranches):
        pipeline.pop_tasks_group()


def _artifact_class(title: str) -> Any:
    from kfp import dsl
    from kfp.dsl.types import artifact_types

    classes: list[Any] = [c for c in vars(artifact_types).values() if isinstance(c, type) and issubclass(c, dsl.Artifact)]
    known = {c.schema_title: c for c in classes}
    return known.get(title) or type(title.split(".")[-1], (dsl.Artifact,), {"schema_title": title, "schema_version": "0.0.1"})


def plain_problem(problem: Problem) -> dict[str, Plain]:
    """A problem as the child reports it."""
    return {"path": list(problem.path), "summary": problem.summary, "detail": problem.detail, "hint": problem.hint}
