"""Type constraints as written: `object({ name = string, size = optional(number, 1) })` to a type with its defaults."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NoReturn

from kfinfra.diag import DiagnosticError, SourceText, did_you_mean, error
from kfinfra.hcl.nodes import Call, Expr, Literal, ObjectExpr, Quoted, Traversal, TupleExpr
from kfinfra.values.convert import ConversionError, convert
from kfinfra.values.data import ListValue, MapValue, Marked, Null, ObjectValue, SetValue, TupleValue, Unknown, Value
from kfinfra.values.marks import BARE
from kfinfra.values.nulls import is_null
from kfinfra.values.types import ANY, BOOL, NUMBER, STRING, ListType, MapType, ObjectType, SetType, TupleType, Type

SUMMARY = "Invalid type specification"
_SIMPLE: dict[str, Type] = {
    "string": STRING,
    "number": NUMBER,
    "bool": BOOL,
    "any": ANY,
    "list": ListType(ANY),
    "map": MapType(ANY),
}
_WANTED = {
    "list": "list(TYPE), with the type of its elements, such as list(string)",
    "set": "set(TYPE), with the type of its elements, such as set(string)",
    "map": "map(TYPE), with the type of its values, such as map(number)",
    "tuple": "tuple([TYPE, …]), with the type of each element, such as tuple([string, number])",
    "object": "object({ NAME = TYPE, … }), with the type of each attribute, such as object({ name = string, size = number })",
}
_ELSEWHERE = {
    "int": "number",
    "integer": "number",
    "float": "number",
    "double": "number",
    "str": "string",
    "text": "string",
    "boolean": "bool",
    "array": "list",
    "dict": "map",
    "dynamic": "any",
}
"""What the types are called in other languages."""


@dataclass(frozen=True, slots=True)
class Constraint:
    """A type, the defaults of its optional attributes, and the constraints of its parts (an element's is under "")."""

    type: Type
    defaults: Mapping[str, Value] = field(default_factory=dict)
    parts: Mapping[str, Constraint] = field(default_factory=dict)

    def part(self, step: str | int) -> Constraint:
        """The constraint of an attribute or an element."""
        return self.parts.get(str(step)) or self.parts.get("") or _ANYTHING


_ANYTHING = Constraint(ANY)
_WHOLE = {name: Constraint(kind) for name, kind in _SIMPLE.items()}


def read_type(expr: Expr, source: SourceText, constant: Callable[[Expr], Value]) -> Constraint:
    """The constraint that `expr` writes; `constant` evaluates a default. Raises DiagnosticError."""
    match expr:
        case Traversal(root=name, steps=()) if name in _WHOLE:
            return _WHOLE[name]
        case Call(name="list" | "set" | "map" as name, args=(inner,)):
            part = read_type(inner, source, constant)
            return Constraint(_collection(name, part.type), parts={"": part})
        case Call(name="tuple", args=(TupleExpr(items=items),)):
            parts = [read_type(item, source, constant) for item in items]
            return Constraint(TupleType(tuple(p.type for p in parts)), parts={str(i): p for i, p in enumerate(parts)})
        case Call(name="object", args=(ObjectExpr() as inside,)):
            return _object(inside, source, constant)
        case _:
            _refuse(expr, source)


def _refuse(expr: Expr, source: SourceText) -> NoReturn:
    """Says what is wrong with something that is no type."""
    span = source.span(expr.start, expr.end)
    match expr:
        case Quoted(value=text):
            better = _WANTED.get(text, text)
            detail = "A type is written without quotes."
            raise DiagnosticError(error("Invalid quoted type constraints", detail, span, hint=f"write: {better}"))
        case Call(name="optional"):
            detail = 'Only an attribute of an object can be optional: object({ name = optional(string, "default") }).'
            hint = "a variable is optional where it has a default; default = null says that it may be left out"
            raise DiagnosticError(error(SUMMARY, detail, span, hint=hint))
        case Call(name=name) if name in _WANTED:
            raise DiagnosticError(error(SUMMARY, f"Write {_WANTED[name]}.", span))
        case Call(name=name) if name in _SIMPLE:
            raise DiagnosticError(error(SUMMARY, f"The type {name} takes no arguments.", span, hint=f"write: {name}"))
        case Traversal(root=name, steps=()) if name in _WANTED:
            raise DiagnosticError(error(SUMMARY, f"Write {_WANTED[name]}.", span))
        case Traversal(root=name, steps=()) | Call(name=name):
            known = [*_SIMPLE, *_WANTED]
            better = f' Did you mean "{_ELSEWHERE[name]}"?' if name in _ELSEWHERE else did_you_mean(name, known)
            hint = "the types are string, number, bool, any, list(T), set(T), map(T), tuple([T, …]) and object({ NAME = T, … })"
            raise DiagnosticError(error(SUMMARY, f'The keyword "{name}" is not a type.{better}', span, hint=hint))
        case ObjectExpr():
            raise DiagnosticError(error(SUMMARY, f"Write {_WANTED['object']}.", span))
        case TupleExpr():
            raise DiagnosticError(error(SUMMARY, f"Write {_WANTED['list']}.", span))
        case Literal(value=None):
            raise DiagnosticError(error(SUMMARY, "null is not a type.", span, hint="write any, or leave the argument out"))
        case _:
            detail = "This is not a type: string, number, bool, any, list(T), set(T), map(T), tuple([T, …]) or object({…})."
            raise DiagnosticError(error(SUMMARY, detail, span))


def _collection(name: str, element: Type) -> Type:
    match name:
        case "list":
            return ListType(element)
        case "set":
            return SetType(element)
        case _:
            return MapType(element)


def _object(inside: ObjectExpr, source: SourceText, constant: Callable[[Expr], Value]) -> Constraint:
    types: dict[str, Type] = {}
    optional: set[str] = set()
    defaults: dict[str, Value] = {}
    parts: dict[str, Constraint] = {}
    for item in inside.items:
        name = item.key
        if not isinstance(name, str):
            raise DiagnosticError(error(SUMMARY, "An attribute's name is a plain name.", source.span(item.start, item.end)))
        if name in types:
            raise DiagnosticError(
                error(SUMMARY, f'The attribute "{name}" is declared twice.', source.span(item.start, item.start + len(name)))
            )
        written = item.value
        if isinstance(written, Call) and written.name == "optional":
            if len(written.args) not in (1, 2):
                detail = "optional takes the attribute's type and, if it has one, its default: optional(number, 1)."
                raise DiagnosticError(error(SUMMARY, detail, source.span(written.start, written.end)))
            optional.add(name)
            parts[name] = read_type(written.args[0], source, constant)
            if len(written.args) == 2:
                defaults[name] = _default(written.args[1], parts[name], source, constant)
        else:
            parts[name] = read_type(written, source, constant)
        types[name] = parts[name].type
    return Constraint(ObjectType(types, frozenset(optional)), defaults, parts)


def _default(expr: Expr, of: Constraint, source: SourceText, constant: Callable[[Expr], Value]) -> Value:
    """An optional attribute's default, which must be of its type. Raises DiagnosticError."""
    value = constant(expr)
    try:
        convert(fill_defaults(value, of), of.type)
    except ConversionError as problem:
        detail = f"The default is not of the attribute's type: {problem.message}."
        span = source.span(expr.start, expr.end)
        raise DiagnosticError(error("Invalid default value for optional attribute", detail, span)) from problem
    return value


def fill_defaults(value: Value, constraint: Constraint) -> Value:
    """`value` with the defaults of optional attributes that are missing or null, at every depth (before conversion)."""
    if type(value) in BARE or not (constraint.parts or constraint.defaults):
        return value
    match value:
        case Marked(inner, marks):
            return Marked(fill_defaults(inner, constraint), marks)
        case None | Null() | Unknown():
            return value
        case ObjectValue(items) | MapValue(items=items) if isinstance(constraint.type, ObjectType):
            filled = dict(items)
            for name, default in constraint.defaults.items():
                if is_null(filled.get(name)):
                    filled[name] = default
            return ObjectValue({n: v if type(v) in BARE else fill_defaults(v, constraint.part(n)) for n, v in filled.items()})
        case ObjectValue(items) | MapValue(items=items) if isinstance(constraint.type, MapType) and "" in constraint.parts:
            return ObjectValue({n: fill_defaults(v, constraint.parts[""]) for n, v in items.items()})
        case TupleValue(things) | ListValue(items=things) if isinstance(constraint.type, TupleType):
            return TupleValue(tuple(fill_defaults(v, constraint.part(i)) for i, v in enumerate(things)))
        case TupleValue(things) | ListValue(items=things) | SetValue(items=things) if "" in constraint.parts:
            return TupleValue(tuple(fill_defaults(v, constraint.parts[""]) for v in things))
        case _:
            return value
