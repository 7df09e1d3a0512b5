"""Type constraints as written: `object({ name = string, size = optional(number, 1) })` to a type with its defaults."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from kfinfra.diag import DiagnosticError, SourceText, error
from kfinfra.hcl.nodes import Call, Expr, ObjectExpr, Traversal, TupleExpr
from kfinfra.values.data import ListValue, MapValue, Marked, ObjectValue, SetValue, TupleValue, Unknown, Value
from kfinfra.values.types import ANY, BOOL, NUMBER, STRING, ListType, MapType, ObjectType, SetType, TupleType, Type

_SIMPLE: dict[str, Type] = {
    "string": STRING,
    "number": NUMBER,
    "bool": BOOL,
    "any": ANY,
    "list": ListType(ANY),
    "map": MapType(ANY),
}


@dataclass(frozen=True, slots=True)
class Constraint:
    """A type, the defaults of its optional attributes, and the constraints of its parts (an element's is under "")."""

    type: Type
    defaults: Mapping[str, Value] = field(default_factory=dict)
    parts: Mapping[str, Constraint] = field(default_factory=dict)


def read_type(expr: Expr, source: SourceText, constant: Callable[[Expr], Value]) -> Constraint:
    """The constraint that `expr` writes; `constant` evaluates a default. Raises DiagnosticError."""
    match expr:
        case Traversal(root=name, steps=()) if name in _SIMPLE:
            return Constraint(_SIMPLE[name])
        case Call(name="list" | "set" | "map" as name, args=(inner,)):
            part = read_type(inner, source, constant)
            return Constraint(_collection(name, part.type), parts={"": part})
        case Call(name="tuple", args=(TupleExpr(items=items),)):
            parts = [read_type(item, source, constant) for item in items]
            return Constraint(TupleType(tuple(p.type for p in parts)), parts={str(i): p for i, p in enumerate(parts)})
        case Call(name="object", args=(ObjectExpr() as inside,)):
            return _object(inside, source, constant)
        case _:
            raise DiagnosticError(
                error(
                    "Invalid type specification",
                    "This is not a type: string, number, bool, any, list(T), set(T), map(T), tuple([T, …]) or object({…}).",
                    source.span(expr.start, expr.end),
                )
            )


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
        if item.bare is None:
            raise DiagnosticError(
                error("Invalid type specification", "An attribute's name is a plain name.", source.span(item.start, item.end))
            )
        written = item.value
        if isinstance(written, Call) and written.name == "optional" and len(written.args) in (1, 2):
            optional.add(item.bare)
            if len(written.args) == 2:
                defaults[item.bare] = constant(written.args[1])
            written = written.args[0]
        parts[item.bare] = read_type(written, source, constant)
        types[item.bare] = parts[item.bare].type
    return Constraint(ObjectType(types, frozenset(optional)), defaults, parts)


def fill_defaults(value: Value, constraint: Constraint) -> Value:
    """`value` with the defaults of optional attributes that are missing or null, at every depth (before conversion)."""
    match value:
        case Marked(inner, marks):
            return Marked(fill_defaults(inner, constraint), marks)
        case None | Unknown():
            return value
        case ObjectValue(items) | MapValue(items=items) if isinstance(constraint.type, ObjectType):
            filled = dict(items)
            for name, default in constraint.defaults.items():
                if filled.get(name) is None:
                    filled[name] = default
            return ObjectValue({n: fill_defaults(v, constraint.parts.get(n, Constraint(ANY))) for n, v in filled.items()})
        case ObjectValue(items) | MapValue(items=items) if isinstance(constraint.type, MapType) and "" in constraint.parts:
            return ObjectValue({n: fill_defaults(v, constraint.parts[""]) for n, v in items.items()})
        case TupleValue(things) | ListValue(items=things) | SetValue(items=things) if "" in constraint.parts:
            return TupleValue(tuple(fill_defaults(v, constraint.parts[""]) for v in things))
        case _:
            return value
