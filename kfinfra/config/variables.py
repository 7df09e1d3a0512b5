"""Variables: what a block may hold, which value one has, and whether its own rules hold of it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial

from kfinfra.config.conditions import mistakes, read_rule
from kfinfra.config.constants import constant_bool, constant_string
from kfinfra.config.given import ENV_PREFIX, Given
from kfinfra.config.module import Declared
from kfinfra.config.places import literal_key, nearest, path_text, places
from kfinfra.config.typeexpr import Constraint, fill_defaults, read_type
from kfinfra.diag import Diagnostic, DiagnosticError, SourceText, Span, did_you_mean, error, warning
from kfinfra.hcl.evaluate import Names, Scope, evaluate
from kfinfra.hcl.functions.function import Function
from kfinfra.hcl.nodes import Attr, Expr, ObjectExpr, Step, Traversal, TupleExpr
from kfinfra.hcl.parser import parse_expression
from kfinfra.hcl.references import calls
from kfinfra.model.checks import Status, together
from kfinfra.model.plain import UNKNOWN, Path
from kfinfra.values.codec import from_data
from kfinfra.values.convert import ConversionError, convert
from kfinfra.values.data import EPHEMERAL, SENSITIVE, Unknown, Value
from kfinfra.values.marks import has_mark, mark
from kfinfra.values.nulls import is_null
from kfinfra.values.types import ANY, ObjectType, Primitive, settled

KNOWN = ("type", "default", "description", "sensitive", "nullable", "ephemeral", "validation")
RESERVED = ("source", "version", "providers", "count", "for_each", "lifecycle", "depends_on", "locals")
"""What a `module` block means something else by (Terraform's list)."""
FAILED = "Invalid value for variable"


@dataclass(frozen=True, slots=True)
class OnlyFunctions:
    """A scope without names: for values that must be there before anything is evaluated."""

    functions: Mapping[str, Function]
    source: SourceText
    known: Names = field(default_factory=dict)

    def lookup(self, root: str, steps: tuple[Step, ...], traversal: Traversal) -> tuple[Value, int]:
        """Raises DiagnosticError: no name exists here."""
        named = root + "".join(f".{s.name}" for s in steps if isinstance(s, Attr))
        span = self.source.span(traversal.start, traversal.end)
        quoted = f'a text is written in quotes: "{named}"'
        where = "to work a value out of others, write it as a local value"
        hint = where if steps else quoted
        raise DiagnosticError(
            error("Variables not allowed", f"{named} cannot be used: no references are allowed here.", span, hint=hint)
        )


def written(expr: Expr, source: SourceText, functions: Mapping[str, Function]) -> Value:
    """The value of an expression that may refer to nothing and call nothing. Raises DiagnosticError."""
    for call in calls(expr) if "(" in source.text[expr.start : expr.end] else ():
        detail = f"{call.name} cannot be called here: the value of a variable is written out."
        hint = "write it as a local value, which may call functions: locals { NAME = … }"
        raise DiagnosticError(error("Function calls not allowed", detail, source.span(call.start, call.end), hint=hint))
    return evaluate(expr, OnlyFunctions(functions, source), source)


@dataclass(frozen=True, slots=True)
class Variables:
    """The values of all variables, which are sensitive, and where each that was given stands.

    `complete`: all that must be given are. `ephemeral`: those that are kept in no plan. `unjudged`: those whose rules have not
    been asked yet, or refer to what is not known.
    """

    values: Mapping[str, Value]
    sensitive: frozenset[str]
    given: Mapping[str, Span]
    complete: bool = True
    ephemeral: frozenset[str] = frozenset()
    unjudged: Collection[str] = frozenset()


def settle_variables(
    declared: Mapping[str, Declared], given: Mapping[str, Given], functions: Mapping[str, Function]
) -> tuple[Variables, list[Diagnostic]]:
    """Every variable's value, and what is wrong. A variable with an error has an unknown value. No rule is asked yet."""
    found: list[Diagnostic] = []
    values: dict[str, Value] = {}
    sensitive, ephemeral = set[str](), set[str]()
    for name, block in declared.items():
        values[name] = Unknown()
        try:
            found.extend(check_shape(block))
            declared_ = declaration(name, block, functions)
            values[name] = declared_.unknown()
            if declared_.sensitive:
                sensitive.add(name)
            if declared_.ephemeral:
                ephemeral.add(name)
            default = declared_.without(functions) if declared_.default is not None else None
            found.extend(_check_default(declared_, default))
            if name in given or declared_.default is None:
                values[name] = _value(declared_, given.get(name), functions)
            else:
                values[name] = default
            written_ = given[name].expr if name in given else None
            if written_ is not None:
                found.extend(ignored(written_, given[name].source, name, declared_.constraint))
        except DiagnosticError as problem:
            found.extend(problem.diagnostics)
    places_ = {name: _span(value) for name, value in given.items() if name in declared}
    return Variables(values, frozenset(sensitive), places_, ephemeral=frozenset(ephemeral), unjudged=declared.keys()), found


def check_shape(block: Declared) -> Iterator[Diagnostic]:
    """What the block has and a variable has not."""
    name = block.labels()[0]
    if name in RESERVED:
        detail = f'"{name}" is reserved: a module block means something else by it.'
        yield error("Invalid variable name", detail, block.source.span(block.block.labels[0].start, block.block.labels[0].end))
    for attribute in block.block.body.attributes:
        if attribute.name not in KNOWN:
            known = did_you_mean(attribute.name, KNOWN)
            hint = "a variable is required where it has no default" if attribute.name in ("required", "optional") else ""
            if attribute.name == "value":
                hint = "write default = …, or a local value where nobody may give another one"
            detail = f'A variable has no argument "{attribute.name}".{known}'
            yield error("Unsupported argument", detail, block.name_span(attribute), hint=hint)
        elif attribute.name == "validation":
            yield error(
                "Unsupported argument",
                '"validation" is a block here.',
                block.name_span(attribute),
                hint="write: validation { … }",
            )
        elif attribute.name == "description":
            try:
                constant_string(block, attribute)
            except DiagnosticError as problem:
                yield from problem.diagnostics
    for inner in map(block.inner, block.block.body.blocks):
        if inner.block.type != "validation":
            hint = f"write: {inner.block.type} = …" if inner.block.type in KNOWN else ""
            detail = f'A variable has no "{inner.block.type}" block.'
            yield error("Unsupported block type", detail, inner.span, hint=hint)
            continue
        yield from _check_rule(block, inner)


def _check_rule(block: Declared, inner: Declared) -> Iterator[Diagnostic]:
    """What is wrong with a validation as it is written."""
    wrong = list(mistakes(inner, "A validation"))
    yield from wrong
    condition, name = inner.attribute("condition"), block.labels()[0]
    if wrong or condition is None or f"var.{name}" in condition.names:
        return
    detail = f'The condition of the variable "{name}" must refer to var.{name}: it is about that value.'
    hint = "what is about other values belongs to them, or into a check block"
    yield error("Invalid variable validation condition", detail, block.expr_span(condition.expr), hint=hint)


def is_flagged(block: Declared, name: str) -> bool:
    """Whether a variable or an output has the flag (`sensitive`, `ephemeral`). Raises DiagnosticError."""
    flag = block.attribute(name)
    return flag is not None and constant_bool(block, flag)


@dataclass(frozen=True, slots=True)
class Declaration:
    """A variable as declared: what a value must be, and what stands for a missing one."""

    name: str
    block: Declared
    constraint: Constraint
    typed: bool
    nullable: bool
    marks: frozenset[str]
    default: Expr | None

    @property
    def sensitive(self) -> bool:
        """Whether it must not be shown."""
        return SENSITIVE in self.marks

    @property
    def ephemeral(self) -> bool:
        """Whether it must not be kept."""
        return EPHEMERAL in self.marks

    def without(self, functions: Mapping[str, Function]) -> Value:
        """The value where none is given: the default. Raises DiagnosticError where there is none, or it does not fit."""
        if self.default is None:
            raise DiagnosticError(
                error(
                    "No value for required variable",
                    f'The variable "{self.name}" has no default and no value was given.',
                    self.block.span,
                    hint=f"use -var '{self.name}=…', a var file, or {ENV_PREFIX}{self.name} in the environment",
                )
            )
        value = written(self.default, self.block.source, functions)
        try:
            return self._marked(convert(fill_defaults(value, self.constraint), self.constraint.type))
        except ConversionError as problem:
            whole = self.block.expr_span(self.default)
            span = nearest(problem.path, dict(places(self.default, (), self.block.source)), whole)
            detail = f'The default of the variable "{self.name}" is not of its type: {_at(problem)}.'
            raise DiagnosticError(error("Invalid default value for variable", detail, span)) from problem

    def unknown(self) -> Value:
        """What stands for the variable while it has no value."""
        return self._marked(Unknown(settled(self.constraint.type)))

    def take(
        self, value: Value, span: Span, functions: Mapping[str, Function], parts: Callable[[], Iterable[tuple[Path, Span]]]
    ) -> Value:
        """The variable's value where `value`, written at `span`, is given; `parts` gives the places of what is in it.

        Raises DiagnosticError.
        """
        if is_null(value) and not self.nullable:
            if self.default is None:
                hint = f"the variable is declared at {self.block.span}"
                detail = f'The variable "{self.name}" is not nullable, and has no default.'
                raise DiagnosticError(error("Required variable not set", detail, span, hint=hint))
            return self.without(functions)
        if not self.ephemeral and has_mark(value, EPHEMERAL):
            detail = (
                f'The variable "{self.name}" is not declared as taking ephemeral values, so it cannot be set to a result that is '
                "derived from one."
            )
            raise DiagnosticError(
                error("Ephemeral value not allowed", detail, span, hint="write ephemeral = true in the variable")
            )
        try:
            return self._marked(convert(fill_defaults(value, self.constraint), self.constraint.type))
        except ConversionError as problem:
            at = nearest(problem.path, dict(parts()), span)
            detail = f'The value for variable "{self.name}" is not of its type: {_at(problem)}.'
            hint = "" if span.filename == self.block.span.filename else f"the variable is declared at {self.block.span}"
            raise DiagnosticError(error(FAILED, detail, at, hint=hint)) from problem

    def _marked(self, value: Value) -> Value:
        return mark(value, self.marks)


def _at(problem: ConversionError) -> str:
    return f"{path_text(problem.path).removeprefix('.')}: {problem.message}" if problem.path else problem.message


def declaration(name: str, block: Declared, functions: Mapping[str, Function]) -> Declaration:
    """The variable that `block` declares. Raises DiagnosticError."""
    type_, default = block.attribute("type"), block.attribute("default")
    constraint = Constraint(ANY)
    if type_ is not None:
        constraint = read_type(type_.expr, block.source, lambda expr: written(expr, block.source, functions))
    flag = block.attribute("nullable")
    nullable = flag is None or constant_bool(block, flag)
    expr = default.expr if default else None
    marks = frozenset(flag for flag in (SENSITIVE, EPHEMERAL) if is_flagged(block, flag))
    return Declaration(name, block, constraint, type_ is not None, nullable, marks, expr)


def _check_default(declared: Declaration, value: Value) -> Iterator[Diagnostic]:
    """What is wrong with the default, whose value is `value`, also where another one is given."""
    if declared.default is None:
        return
    if is_null(value) and not declared.nullable:
        detail = "The variable is not nullable (nullable = false), so that null is no default for it."
        span = declared.block.expr_span(declared.default)
        yield error(
            "Invalid default value for variable", detail, span, hint="leave the default out to make the variable required"
        )
    yield from ignored(declared.default, declared.block.source, declared.name, declared.constraint)


def ignored(expr: Expr, source: SourceText, name: str, constraint: Constraint, path: Path = ()) -> Iterator[Diagnostic]:
    """Attributes that are written out in a value and that its type does not have: they are dropped, as in Terraform."""
    match expr, constraint.type:
        case TupleExpr(items=items), _:
            for index, item in enumerate(items):
                yield from ignored(item, source, name, constraint.part(index), (*path, index))
        case ObjectExpr(items=entries), kind:
            for entry in entries:
                key = literal_key(entry)
                if key is None:
                    continue
                if isinstance(kind, ObjectType) and key not in kind.attributes:
                    where = f"var.{name}{path_text(path)}"
                    detail = f'The type of {where} has no attribute "{key}": this is ignored.{did_you_mean(key, kind.attributes)}'
                    yield warning("Object attribute is ignored", detail, source.span(entry.start, entry.end))
                else:
                    yield from ignored(entry.value, source, name, constraint.part(key), (*path, key))
        case _:
            return


def _value(declared: Declaration, given: Given | None, functions: Mapping[str, Function]) -> Value:
    if given is None:
        return declared.without(functions)
    try:
        value, expr = _given(given, declared.constraint, functions, declared.typed)
        parts = partial(places, expr, (), given.source) if expr is not None else tuple[tuple[Path, Span], ...]
        return declared.take(value, _span(given), functions, parts)
    except DiagnosticError as problem:
        if declared.marks:
            raise DiagnosticError(map(_covered, problem.diagnostics)) from None
        raise


def _covered(found: Diagnostic) -> Diagnostic:
    """The message without the text that holds a secret."""
    return replace(found, span=found.span.showing("(sensitive value)"), values=()) if found.span is not None else found


def _span(given: Given) -> Span:
    return given.source.span(given.expr.start, given.expr.end) if given.expr else given.source.span(0, len(given.raw))


def _given(given: Given, constraint: Constraint, functions: Mapping[str, Function], typed: bool) -> tuple[Value, Expr | None]:
    """A raw text is the string itself where the type is a primitive or missing; else it is an HCL expression."""
    expr = given.expr
    if given.data:
        return from_data(given.data[0], UNKNOWN), None
    if expr is None:
        if not typed or (isinstance(constraint.type, Primitive) and constraint.type != ANY):
            return given.raw, None
        expr = parse_expression(given.source)
    return written(expr, given.source, functions), expr


def judged(block: Declared, scope: Scope, span: Span) -> tuple[Status, list[Diagnostic]]:
    """How the variable's own rules come out against its value, which was given at `span`, and what is wrong."""
    found: list[Diagnostic] = []
    statuses: list[Status] = []
    for inner in map(block.inner, block.block.body.blocks):
        status, problems = read_rule(inner, "A validation").judged(scope, FAILED)
        statuses.append(status)
        if status is Status.FAIL:
            hint = f"this was checked by the validation rule at {inner.span}"
            problems = tuple(replace(d, span=span, hint=hint) for d in problems)
        found.extend(problems)
    return together(statuses) if statuses else Status.PASS, found
