"""Variables: declared, given (default < environment < var files < command line), converted, validated."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from kfinfra.config.constants import constant, constant_bool
from kfinfra.config.files import ParsedFile
from kfinfra.config.module import Declared
from kfinfra.config.typeexpr import Constraint, fill_defaults, read_type
from kfinfra.diag import Diagnostic, DiagnosticError, SourceText, Span, did_you_mean, error, warning
from kfinfra.hcl.evaluate import Scope, evaluate
from kfinfra.hcl.functions.function import Function
from kfinfra.hcl.nodes import Attr, Expr, Step, Traversal
from kfinfra.hcl.parser import parse_expression
from kfinfra.values.convert import ConversionError, convert
from kfinfra.values.data import SENSITIVE, Marked, ObjectValue, Unknown, Value
from kfinfra.values.marks import mark
from kfinfra.values.types import ANY, Primitive

ENV_PREFIX = "KFINFRA_VAR_"
KNOWN = ("type", "default", "description", "sensitive", "nullable", "ephemeral", "deprecated")


@dataclass(frozen=True, slots=True)
class Given:
    """A value for a variable: an expression in a text, or a raw string that its type decides how to read."""

    source: SourceText
    expr: Expr | None
    raw: str = ""


@dataclass(frozen=True, slots=True)
class OnlyNames:
    """A scope with functions and the names given; everything else does not exist here."""

    functions: Mapping[str, Function]
    names: Mapping[str, Value]
    source: SourceText

    def lookup(self, root: str, steps: tuple[Step, ...], traversal: Traversal) -> tuple[Value, int]:
        """The value of `root`. Raises DiagnosticError for any other name."""
        if root in self.names:
            return self.names[root], 0
        where = "a validation may refer to variables only" if self.names else "no references are allowed here"
        named = root + "".join(f".{s.name}" for s in steps if isinstance(s, Attr))
        span = self.source.span(traversal.start, traversal.end)
        raise DiagnosticError(error("Variables not allowed", f"{named} cannot be used: {where}.", span))


def from_environment(env: Mapping[str, str], declared: Iterable[str]) -> dict[str, Given]:
    """Values of declared variables from KFINFRA_VAR_name."""
    names = ((name, ENV_PREFIX + name) for name in declared)
    return {name: Given(SourceText(f"<environment {key}>", env[key]), None, env[key]) for name, key in names if key in env}


def from_file(file: ParsedFile, declared: Mapping[str, Declared]) -> tuple[dict[str, Given], list[Diagnostic]]:
    """Values from a var file; a value for an undeclared variable is a warning."""
    given: dict[str, Given] = {}
    found: list[Diagnostic] = []
    for attribute in file.body.attributes:
        span = file.source.span(attribute.start, attribute.name_end)
        if attribute.name not in declared:
            detail = f'No variable "{attribute.name}" is declared.{did_you_mean(attribute.name, declared)}'
            found.append(warning("Value for undeclared variable", detail, span))
        given[attribute.name] = Given(file.source, attribute.expr)
    for block in file.body.blocks:
        span = file.source.span(block.start, block.header_end)
        found.append(error("Unsupported block type", "A var file holds arguments only: name = value.", span))
    return given, found


def from_command_line(text: str, declared: Mapping[str, Declared]) -> tuple[str, Given]:
    """The variable and value of `-var name=value`. Raises DiagnosticError."""
    name, equals, raw = text.partition("=")
    name = name.strip()
    if not equals:
        raise DiagnosticError(error("Invalid -var option", f"{text!r} is not of the form name=value."))
    if name not in declared:
        detail = f'No variable "{name}" is declared.{did_you_mean(name, declared)}'
        raise DiagnosticError(error("Value for undeclared variable", detail, hint=f'declare it: variable "{name}" {{ … }}'))
    return name, Given(SourceText(f"<value of -var {name}>", raw), None, raw)


@dataclass(frozen=True, slots=True)
class Variables:
    """The values of all variables, and which are sensitive."""

    values: Mapping[str, Value]
    sensitive: frozenset[str]


def settle_variables(
    declared: Mapping[str, Declared], given: Mapping[str, Given], functions: Mapping[str, Function]
) -> tuple[Variables, list[Diagnostic]]:
    """Every variable's value, and what is wrong. A variable with an error has an unknown value."""
    found: list[Diagnostic] = []
    values: dict[str, Value] = {}
    sensitive: set[str] = set()
    for name, block in declared.items():
        values[name] = Unknown()
        try:
            found.extend(check_shape(block))
            declared_ = declaration(name, block, functions)
            values[name] = declared_.unknown()
            if declared_.sensitive:
                sensitive.add(name)
            values[name] = _value(declared_, given.get(name), functions)
        except DiagnosticError as problem:
            found.extend(problem.diagnostics)
    if not any(d.severity.value == "error" for d in found):
        for block in declared.values():
            found.extend(_validate(block, values, functions))
    return Variables(values, frozenset(sensitive)), found


def check_shape(block: Declared) -> Iterable[Diagnostic]:
    """What the block has and a variable has not."""
    for attribute in block.block.body.attributes:
        if attribute.name not in KNOWN:
            detail = f'A variable has no argument "{attribute.name}".{did_you_mean(attribute.name, KNOWN)}'
            yield error("Unsupported argument", detail, block.name_span(attribute))
    for name in ("ephemeral", "deprecated"):
        attribute_ = block.attribute(name)
        if attribute_ is not None:
            detail = f'"{name}" is not supported by this version of kfinfra.'
            yield error("Unsupported argument", detail, block.name_span(attribute_), hint="use sensitive = true for secrets")
    for inner in block.block.body.blocks:
        if inner.type != "validation":
            yield error("Unsupported block type", f'A variable has no "{inner.type}" block.', block.inner(inner).span)


def is_sensitive(block: Declared) -> bool:
    """Whether a variable is declared as sensitive. Raises DiagnosticError."""
    flag = block.attribute("sensitive")
    return flag is not None and constant_bool(block, flag)


@dataclass(frozen=True, slots=True)
class Declaration:
    """A variable as declared: what a value must be, and what stands for a missing one."""

    name: str
    block: Declared
    constraint: Constraint
    typed: bool
    nullable: bool
    sensitive: bool
    default: Expr | None

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
        return self._marked(self._convert(self._written(functions, self.default), self.block.expr_span(self.default)))

    def unknown(self) -> Value:
        """What stands for the variable while it has no value."""
        return self._marked(Unknown(self.constraint.type))

    def take(self, value: Value, span: Span, functions: Mapping[str, Function]) -> Value:
        """The variable's value where `value`, written at `span`, is given. Raises DiagnosticError."""
        if value is None and not self.nullable:
            if self.default is None:
                raise DiagnosticError(error("Required variable not set", f'The variable "{self.name}" must not be null.', span))
            return self.without(functions)
        return self._marked(self._convert(value, span))

    def _written(self, functions: Mapping[str, Function], expr: Expr) -> Value:
        return evaluate(expr, OnlyNames(functions, {}, self.block.source), self.block.source)

    def _convert(self, value: Value, span: Span) -> Value:
        try:
            return convert(fill_defaults(value, self.constraint), self.constraint.type)
        except ConversionError as problem:
            detail = f'The value for variable "{self.name}" is not of its type: {problem.message}.'
            hint = "" if span.filename == self.block.span.filename else f"the variable is declared at {self.block.span}"
            raise DiagnosticError(error("Invalid value for variable", detail, span, hint=hint)) from problem

    def _marked(self, value: Value) -> Value:
        return mark(value, frozenset({SENSITIVE})) if self.sensitive else value


def declaration(name: str, block: Declared, functions: Mapping[str, Function]) -> Declaration:
    """The variable that `block` declares. Raises DiagnosticError."""

    def written(expr: Expr) -> Value:
        return evaluate(expr, OnlyNames(functions, {}, block.source), block.source)

    type_, default = block.attribute("type"), block.attribute("default")
    constraint = read_type(type_.expr, block.source, written) if type_ else Constraint(ANY)
    flag = block.attribute("nullable")
    nullable = flag is None or constant_bool(block, flag)
    expr = default.expr if default else None
    return Declaration(name, block, constraint, type_ is not None, nullable, is_sensitive(block), expr)


def _value(declared: Declaration, given: Given | None, functions: Mapping[str, Function]) -> Value:
    if given is None:
        return declared.without(functions)
    value = _given(given, declared.constraint, functions, declared.typed)
    span = given.source.span(given.expr.start, given.expr.end) if given.expr else given.source.span(0, len(given.raw))
    return declared.take(value, span, functions)


def _given(given: Given, constraint: Constraint, functions: Mapping[str, Function], typed: bool) -> Value:
    """A raw text is the string itself where the type is a primitive or missing; else it is an HCL expression."""
    expr = given.expr
    if expr is None:
        if not typed or (isinstance(constraint.type, Primitive) and constraint.type != ANY):
            return given.raw
        expr = parse_expression(given.source)
    return evaluate(expr, OnlyNames(functions, {}, given.source), given.source)


def _validate(block: Declared, values: Mapping[str, Value], functions: Mapping[str, Function]) -> Iterable[Diagnostic]:
    return validate(block, OnlyNames(functions, {"var": ObjectValue(dict(values))}, block.source), block.span)


def validate(block: Declared, scope: Scope, span: Span) -> Iterable[Diagnostic]:
    """What the variable's own rules say against its value, which was given at `span`."""
    for inner in block.block.body.blocks:
        rule = block.inner(inner)
        condition, message = rule.attribute("condition"), rule.attribute("error_message")
        if condition is None or message is None:
            missing = "condition" if condition is None else "error_message"
            yield error("Missing required argument", f'A validation needs "{missing}".', rule.span)
            continue
        try:
            verdict = evaluate(condition.expr, scope, block.source)
            if (verdict.value if isinstance(verdict, Marked) else verdict) is False:
                text = constant(message.expr)
                words = text if isinstance(text, str) else evaluate(message.expr, scope, block.source)
                said = words if isinstance(words, str) else "(the message holds a sensitive value)"
                hint = "" if span == block.span else f"this was checked by the validation rule at {rule.span}"
                yield error("Invalid value for variable", said, span, hint=hint)
        except DiagnosticError as problem:
            yield from problem.diagnostics
