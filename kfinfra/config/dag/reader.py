"""A pipeline's blocks to the neutral pipeline: steps in groups, each part with its place, all mistakes collected."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from keyword import iskeyword

from kfinfra.config.bodies import Decoded, decode_body, problem_diagnostics
from kfinfra.config.dag.arguments import argument, tests
from kfinfra.config.dag.components import pipeline_component, read_component
from kfinfra.config.dag.fields import Fields
from kfinfra.config.dag.scope import DagScope
from kfinfra.config.dag.types import ARTIFACTS, element_types, kfp_type
from kfinfra.config.module import Declared
from kfinfra.diag import Diagnostic, DiagnosticError, Span, article, did_you_mean, error
from kfinfra.hcl.evaluate import Scope
from kfinfra.hcl.nodes import Attr, Expr, ObjectExpr, Traversal, TupleExpr
from kfinfra.model.plain import UNKNOWN, Path, Plain
from kfinfra.model.schema import Attribute
from kfinfra.pipelines.dag import model
from kfinfra.pipelines.dag.codec import encode
from kfinfra.pipelines.dag.model import Component, Constant, Dag, ExitHandler, Step, Task
from kfinfra.pipelines.dag.structure import DAG, problems_of_structure
from kfinfra.pipelines.settings import TASK_SETTINGS
from kfinfra.values.types import ANY

BLOCKS = ("parameter", "component", "task", "importer", "parallel_for", "condition", "exit_handler", "output")
_STEPS = ("task", "importer", "parallel_for", "condition")
_OF_TASK = ("component", "arguments", "after", "ignore_upstream_failure")
_SETTINGS: Mapping[str, Attribute] = {
    **{name: attribute for name, attribute in TASK_SETTINGS.items() if name != "after"},
    **{name: Attribute(ANY) for name in _OF_TASK},
}


@dataclass(frozen=True, slots=True)
class Read:
    """What was read: the pipeline as JSON (None where there are no such blocks, or a mistake), places, mistakes."""

    dag: Plain
    spans: Mapping[Path, Span]
    sensitive: frozenset[Path]
    diagnostics: tuple[Diagnostic, ...]


def read_dag(declared: Declared, base: Scope) -> Read:
    """The pipeline that the blocks of `declared` say."""
    if not any(block.type in BLOCKS for block in declared.block.body.blocks):
        stray = [a for a in declared.block.body.attributes if a.name in BLOCKS]
        return Read(None, {}, frozenset(), tuple(_is_block(declared, a.name, declared.name_span(a)) for a in stray))
    reader = _Reader(declared, base)
    dag = reader.read()
    found = list(reader.found)
    if not found:
        found += problem_diagnostics(problems_of_structure(dag), reader.spans, declared.span)
    whole: dict[str, Plain] = {**encode(dag), "settings": dict(reader.settings)}
    return Read(whole if not found else UNKNOWN, reader.spans, frozenset(reader.sensitive), tuple(found))


def _is_block(declared: Declared, name: str, span: Span) -> Diagnostic:
    return error("Unsupported argument", f'"{name}" is a block here.', span, hint=f'write: {name} "NAME" {{ … }}, without the =')


def _loopable(items: model.Argument) -> bool:
    """Whether KFP can loop over it: a channel, or a list of constants (or one that an apply will know)."""
    if isinstance(items, Constant):
        return items.value is UNKNOWN or (isinstance(items.value, list) and bool(items.value))
    return isinstance(items, model.Channel)


def _textual(value: Plain) -> bool:
    return isinstance(value, str) or value is UNKNOWN


@dataclass
class _Exit:
    name: str
    task: Task
    guards: tuple[tuple[str, Span], ...] | None


@dataclass
class _Reader:
    declared: Declared
    base: Scope
    found: list[Diagnostic] = field(default_factory=list)
    spans: dict[Path, Span] = field(default_factory=dict)
    settings: dict[str, Plain] = field(default_factory=dict)
    sensitive: set[Path] = field(default_factory=set)
    implied: dict[str, Component] = field(default_factory=dict)

    @contextmanager
    def caught(self) -> Iterator[None]:
        """Collects what is raised within."""
        try:
            yield
        except DiagnosticError as problem:
            self.found += problem.diagnostics

    def read(self) -> Dag:
        body = self.declared.block.body
        for attribute in body.attributes:
            if attribute.name in BLOCKS:
                self.found.append(_is_block(self.declared, attribute.name, self.declared.name_span(attribute)))
        blocks = {kind: [self.declared.inner(b) for b in body.blocks if b.type == kind] for kind in BLOCKS}
        names = tuple(b.labels()[0] for b in blocks["parameter"] if b.labels())
        scope = DagScope(self.base, self.declared.source, names)
        parameters = tuple(p for b in blocks["parameter"] if (p := self.parameter(b, scope)) is not None)
        for kind in ("parameter", "component", "exit_handler", "output"):
            self.once(kind, blocks[kind])
        components = [c for b in blocks["component"] if (c := self.component(b, scope)) is not None]
        steps = self.steps(self.declared, scope)
        exits = [e for b in blocks["exit_handler"] if (e := self.exit_handler(b, scope)) is not None]
        steps = self.guarded(steps, exits)
        outputs = dict(pair for b in blocks["output"] for pair in self.output(b, scope))
        return Dag(parameters, (*components, *self.implied.values()), steps, outputs)

    def once(self, kind: str, blocks: list[Declared]) -> None:
        """Tells of names that are declared twice."""
        seen: dict[str, Span] = {}
        for block in blocks:
            name = (*block.labels(), "")[0]
            if name in seen:
                detail = f'{kind} "{name}" was already declared at {seen[name]}.'
                self.found.append(error("Duplicate declaration", detail, block.span, hint="rename or remove one of them"))
            seen.setdefault(name, block.span)

    def label(self, block: Declared) -> str | None:
        """A block's one label, noting its place."""
        if len(block.labels()) != 1:
            kind, given = block.block.type, len(block.labels()) or "none"
            hint = f'write: {kind} "NAME" {{ … }}'
            detail = f'{article(kind)} "{kind}" block has one label here, this one has {given}.'
            self.found.append(error("Wrong number of labels", detail, block.span, hint=hint))
            return None
        name = block.labels()[0]
        if not name.replace("-", "_").isidentifier():
            detail = f'"{name}" is not a name: letters, digits, _ and -, not beginning with a digit.'
            self.found.append(error("Invalid name", detail, block.span))
            return None
        self.spans[DAG, f"{block.block.type}.{name}"] = block.span
        return name

    def parameter(self, block: Declared, scope: DagScope) -> model.Parameter | None:
        name = self.label(block)
        if name is not None and (not name.isidentifier() or iskeyword(name)):
            detail = f'"{name}" is no name of a parameter to kfp: letters, digits and _, and no word of Python\'s own.'
            self.found.append(error("Invalid name", detail, block.span, hint="rename the parameter"))
        with self.caught():
            fields = Fields(block, scope, ("type", "default", "description", "optional"), required=("type",))
            kind = kfp_type(fields.expr("type"), block.source, artifacts=True)
            default = fields.constant("default")
            optional = fields.flag("optional")
            if optional and fields.has("default"):
                raise fields.wrong("optional", "A parameter with a default is optional already.", "remove optional")
            fields.check_type("default", kind)
            description, of = fields.text("description") or "", element_types(fields.expr("type"))
            optional = optional or fields.has("default")
            return model.Parameter(name or "", kind, fields.has("default"), default, optional, description, of)
        return None

    def component(self, block: Declared, scope: DagScope) -> Component | None:
        name = self.label(block)
        with self.caught():
            return read_component(name or "", block, scope)
        return None

    def steps(self, holder: Declared, scope: DagScope) -> tuple[Step, ...]:
        """The steps among a block's inner blocks, in the order of the text."""
        out: list[Step] = []
        for inner in holder.block.body.blocks:
            block = holder.inner(inner)
            read = {"task": self.task, "importer": self.importer, "parallel_for": self.loop, "condition": self.condition}.get(
                inner.type
            )
            if read is not None:
                step = read(block, scope)
                out += [step] if step is not None else []
        return tuple(out)

    def only(self, holder: Declared, allowed: tuple[str, ...]) -> None:
        """Tells of inner blocks that do not belong."""
        here = f'in {article(holder.block.type).lower()} "{holder.block.type}" block'
        for inner in holder.block.body.blocks:
            if inner.type not in allowed:
                known = did_you_mean(inner.type, allowed)
                detail = f'Blocks of type "{inner.type}" are not expected {here}.{known}'
                if inner.type == "exit_handler":
                    detail += " KFP runs an exit handler around steps of the pipeline itself."
                self.found.append(error("Unsupported block type", detail, holder.inner(inner).span))

    def task(self, block: Declared, scope: DagScope) -> Task | None:
        name = self.label(block)
        self.only(block, ())
        decoded = decode_body(block, _SETTINGS, {}, scope.without_channels(), frozenset(_OF_TASK))
        self.found += [d for d in decoded.diagnostics if d.summary != "Unsupported block type"]
        self.keep(f"task.{name}", decoded)
        written: dict[str, Plain] = {n: v for n, v in decoded.attributes.items() if n not in _OF_TASK and v is not None}
        if written:
            self.settings[name or ""] = written
        for attribute in block.block.body.attributes:
            self.spans[DAG, f"task.{name}", attribute.name] = block.expr_span(attribute.expr)
        chosen = block.attribute("component")
        if chosen is None:
            self.found.append(error("Missing required argument", f'The task "{name}" needs a component.', block.span))
            return None
        with self.caught():
            component = self.used(block, chosen.expr)
            arguments = self.arguments(f"task.{name}", block, scope)
            after = self.references(block, "after", ("task", "parallel_for", "importer", "exit_handler", "condition"))
            for address, span in after or ():
                self.spans.setdefault((DAG, f"task.{name}", "after", address), span)
            ignore = Fields(block, scope, (*_SETTINGS,), unknown=False).flag("ignore_upstream_failure")
            return Task(name or "", component, arguments, tuple(a for a, _ in after or ()), ignore)
        return None

    def keep(self, where: str, decoded: Decoded) -> None:
        """Takes the places and the sensitive paths of a task's settings over."""
        self.spans.update({(DAG, where, *path): span for path, span in decoded.spans.items()})
        for path in decoded.sensitive:
            span = self.spans.get((DAG, where, *path[:1]), self.declared.span)
            detail = "A pipeline's package is no place for a secret: it is stored, and shown by KFP."
            hint = "use secret_env, or env_from with a secret"
            self.found.append(error("Sensitive value in a pipeline", detail, span, hint=hint))

    def used(self, block: Declared, expr: Expr) -> str:
        """The name of the component that `component = …` means."""
        match expr:
            case Traversal(root="component", steps=(Attr(name=name),)):
                return name
            case Traversal(root="pipeline", steps=(Attr(), *_)):
                component = pipeline_component(expr, block, self.base)
                self.implied.setdefault(component.name, component)
                return component.name
            case _:
                detail = "component takes a component of this pipeline, or another pipeline of the configuration."
                hint = "write component = component.NAME, or component = pipeline.NAME"
                raise DiagnosticError(error("Invalid component reference", detail, block.expr_span(expr), hint=hint))

    def arguments(self, where: str, block: Declared, scope: DagScope) -> Mapping[str, model.Argument]:
        attribute = block.attribute("arguments")
        if attribute is None:
            return {}
        if isinstance(attribute.expr, ObjectExpr):
            out: dict[str, model.Argument] = {}
            for item in attribute.expr.items:
                name = item.key if isinstance(item.key, str) else Fields.string_of(item.key, scope)
                self.spans[DAG, where, "arguments", name] = block.expr_span(item.value)
                with self.caught():
                    out[name] = argument(item.value, scope)
            return out
        match argument(attribute.expr, scope):
            case model.Fields(fields):
                return fields
            case Constant(dict() as value):
                return {name: Constant(each) for name, each in value.items()}
            case Constant(value) if value is UNKNOWN:
                return {"": Constant(UNKNOWN)}
            case _:
                detail = "arguments is an object: the component's inputs with their values."
                raise DiagnosticError(error("Incorrect attribute value type", detail, block.expr_span(attribute.expr)))

    def references(self, block: Declared, name: str, kinds: tuple[str, ...]) -> tuple[tuple[str, Span], ...] | None:
        """The steps that a list such as `after = [task.fit]` names."""
        attribute = block.attribute(name)
        if attribute is None:
            return None
        items = attribute.expr.items if isinstance(attribute.expr, TupleExpr) else (attribute.expr,)
        out: list[tuple[str, Span]] = []
        for item in items:
            match item:
                case Traversal(root=kind, steps=(Attr(name=step),)) if kind in kinds:
                    out.append((f"{kind}.{step}", block.expr_span(item)))
                case _:
                    detail = f"{name} is a list of steps of this pipeline."
                    hint = f"write {name} = [task.NAME]; {', '.join(f'{k}.NAME' for k in kinds[1:])} may stand there too"
                    self.found.append(error(f"Invalid {name}", detail, block.expr_span(item), hint=hint))
        return tuple(out)

    def importer(self, block: Declared, scope: DagScope) -> Step | None:
        name = self.label(block)
        self.only(block, ())
        with self.caught():
            fields = Fields(block, scope, ("uri", "type", "metadata", "reimport"), required=("uri", "type"))
            kind = kfp_type(fields.expr("type"), block.source, artifacts=True)
            if kind not in ARTIFACTS.values() and "." not in kind:
                raise fields.wrong("type", "An importer imports an artifact.", "such as Dataset or Model")
            self.spans[DAG, f"importer.{name}", "uri"] = block.expr_span(fields.expr("uri"))
            uri = argument(fields.expr("uri"), scope)
            if not isinstance(uri, model.Channel | model.Text) and not (isinstance(uri, Constant) and _textual(uri.value)):
                raise fields.wrong("uri", '"uri" is a string.', 'such as "s3://bucket/data.csv"')
            metadata = argument(fields.expr("metadata"), scope) if fields.has("metadata") else Constant(None)
            return model.Importer(name or "", uri, kind, metadata, fields.flag("reimport"))
        return None

    def loop(self, block: Declared, scope: DagScope) -> Step | None:
        name = self.label(block)
        self.only(block, _STEPS)
        steps = self.steps(block, scope.within(name or ""))
        with self.caught():
            fields = Fields(block, scope, ("items", "parallelism"), required=("items",))
            where = fields.expr("items")
            self.spans[DAG, f"parallel_for.{name}", "items"] = block.expr_span(where)
            items = argument(where, scope)
            if not _loopable(items):
                detail = "items is a list with at least one element, a parameter or output that is a list, or an item's field."
                raise fields.wrong("items", detail, "")
            return model.Loop(name or "", items, fields.whole("parallelism", 0), steps)
        return None

    def condition(self, block: Declared, scope: DagScope) -> Step | None:
        name = self.label(block)
        self.only(block, (*_STEPS, "else_if", "otherwise"))
        branches = [self.branch(name, 0, block, scope)]
        seen = False
        for inner in (block.inner(b) for b in block.block.body.blocks if b.type in ("else_if", "otherwise")):
            if inner.labels():
                self.found.append(error("Wrong number of labels", f'"{inner.block.type}" has no label.', inner.span))
            if seen:
                detail = "otherwise is a condition's last block, and stands once."
                self.found.append(error("Misplaced branch", detail, inner.span))
            seen = seen or inner.block.type == "otherwise"
            self.only(inner, _STEPS)
            branches.append(self.branch(name, len(branches), inner, scope))
        return model.Condition(name or "", tuple(branches))

    def branch(self, name: str | None, number: int, block: Declared, scope: DagScope) -> model.Branch:
        steps = self.steps(block, scope)
        with self.caught():
            if block.block.type == "otherwise":
                Fields(block, scope, ())
                return model.Branch((), steps)
            fields = Fields(block, scope, ("when",), required=("when",))
            self.spans[DAG, f"condition.{name}", "when", str(number)] = block.expr_span(fields.expr("when"))
            return model.Branch(tests(fields.expr("when"), scope), steps)
        return model.Branch((), steps)

    def exit_handler(self, block: Declared, scope: DagScope) -> _Exit | None:
        name = self.label(block)
        self.only(block, ("task",))
        with self.caught():
            Fields(block, scope, ("guards",))
            tasks = [t for t in self.steps(block, scope) if isinstance(t, Task)]
            if len(block.block.body.blocks) != 1:
                detail = f"An exit handler runs one task; this one has {len(block.block.body.blocks)}."
                raise DiagnosticError(error("Invalid exit handler", detail, block.span, hint='write one task "NAME" { … } in it'))
            guards = self.references(block, "guards", ("task", "parallel_for", "condition", "importer"))
            return _Exit(name or "", tasks[0], guards) if tasks else None
        return None

    def guarded(self, steps: tuple[Step, ...], exits: list[_Exit]) -> tuple[Step, ...]:
        """The steps with those that an exit handler guards within it, where the first of them stood."""
        by_name = {model.address(step): step for step in steps}
        taken: dict[str, str] = {}
        for one in exits:
            if one.guards is None and len(exits) > 1:
                detail = "One of several exit handlers says which steps it guards."
                self.found.append(error("Invalid exit handler", detail, self.spans[DAG, f"exit_handler.{one.name}"]))
                return steps
            for name, span in one.guards or ():
                if name not in by_name:
                    detail = f"The pipeline has no {name} at its top level.{did_you_mean(name, by_name)}"
                    self.found.append(error("Reference to undeclared step", detail, span))
                elif name in taken:
                    self.found.append(error("Invalid guards", f"{name} is guarded by exit_handler.{taken[name]} already.", span))
                taken.setdefault(name, one.name)
        out: list[Step] = []
        made: set[str] = set()
        for address, step in by_name.items():
            handler = next((e for e in exits if e.guards is None or address in [g for g, _ in e.guards]), None)
            if handler is None:
                out.append(step)
            elif handler.name not in made:
                made.add(handler.name)
                inside = tuple(s for a, s in by_name.items() if handler.guards is None or taken.get(a) == handler.name)
                out.append(ExitHandler(handler.name, handler.task, inside))
        duplicates = [s for s in steps if by_name[model.address(s)] is not s]
        for one in exits:
            if one.name not in made:
                detail = "It guards no step of the pipeline."
                self.found.append(error("Invalid exit handler", detail, self.spans[DAG, f"exit_handler.{one.name}"]))
        return (*out, *duplicates)

    def output(self, block: Declared, scope: DagScope) -> Iterator[tuple[str, model.Argument]]:
        name = self.label(block)
        with self.caught():
            fields = Fields(block, scope, ("value",), required=("value",))
            self.spans[DAG, f"output.{name}", "value"] = block.expr_span(fields.expr("value"))
            value = argument(fields.expr("value"), scope)
            if not isinstance(value, model.Channel) or value.kind not in ("task", "importer", "collected", "one_of"):
                raise fields.wrong("value", "A pipeline's output is the output of one of its tasks.", "such as task.fit.output")
            yield name or "", value


__all__ = ["BLOCKS", "Read", "read_dag"]
