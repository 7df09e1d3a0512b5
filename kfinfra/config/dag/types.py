"""Types of parameters, inputs and outputs as they are written in HCL, as KFP names them."""

from __future__ import annotations

from kfinfra.diag import DiagnosticError, SourceText, did_you_mean, error
from kfinfra.hcl.nodes import Call, Expr, Quoted, Traversal

PARAMETERS = {
    "string": "STRING",
    "number": "NUMBER_DOUBLE",
    "float": "NUMBER_DOUBLE",
    "integer": "NUMBER_INTEGER",
    "int": "NUMBER_INTEGER",
    "bool": "BOOLEAN",
    "list": "LIST",
    "map": "STRUCT",
    "object": "STRUCT",
}
ARTIFACTS = {
    name: f"system.{name}"
    for name in (
        "Artifact", "Dataset", "Model", "Metrics", "ClassificationMetrics", "SlicedClassificationMetrics", "HTML", "Markdown",
    )
}  # fmt: skip


def kfp_type(expr: Expr, source: SourceText, artifacts: bool) -> str:
    """KFP's name of a type: a parameterType, or an artifact's schema title. Raises DiagnosticError."""
    known = {**PARAMETERS, **(ARTIFACTS if artifacts else {})}
    name = _name(expr)
    if name in known:
        return known[name]
    if artifacts and "." in name:
        return name
    words = "string, integer, number, bool, list(T), map(T)" + (" or an artifact such as Dataset or Model" if artifacts else "")
    detail = f'"{source.text[expr.start : expr.end]}" is no type here: {words}.{did_you_mean(name, known)}'
    raise DiagnosticError(error("Invalid type specification", detail, source.span(expr.start, expr.end)))


def element_types(expr: Expr) -> str:
    """A list's or map's type with that of its elements, as Python annotates it; empty where it says nothing of them."""
    match expr:
        case Call(name="list" | "map" as name, args=(inner,)):
            of = element_types(inner) or _PYTHON.get(_name(inner), "")
            head = "typing.List[" if name == "list" else "typing.Dict[str, "
            return f"{head}{of}]" if of else ""
        case _:
            return ""


_PYTHON = {
    "string": "str",
    "number": "float",
    "float": "float",
    "integer": "int",
    "int": "int",
    "bool": "bool",
    "list": "list",
    "map": "dict",
    "object": "dict",
}


def _name(expr: Expr) -> str:
    match expr:
        case Traversal(root=name, steps=()):
            return name
        case Call(name="list" | "map" | "object" as name, args=(_,)):
            return name
        case Quoted(value=text):
            return text
        case _:
            return ""
