"""Component blocks: from a file, a URL with its digest, a Python function, or a container; and pipelines as components."""

from __future__ import annotations

import re
from collections.abc import Mapping

from kfinfra.config.dag.arguments import argument
from kfinfra.config.dag.fields import Fields
from kfinfra.config.dag.scope import DagScope
from kfinfra.config.dag.types import element_types, kfp_type
from kfinfra.config.module import Declared
from kfinfra.diag import DiagnosticError, article, error
from kfinfra.hcl.evaluate import Scope, evaluate
from kfinfra.hcl.nodes import Expr, TupleExpr
from kfinfra.model.plain import UNKNOWN, Plain
from kfinfra.pipelines.dag.model import Argument, Component, Constant, Items, Parameter
from kfinfra.pipelines.origin import origin
from kfinfra.values.codec import to_data
from kfinfra.values.data import ResourceValue, Unknown
from kfinfra.values.marks import unmark

_KINDS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "file": ("file", ()),
    "url": ("url", ("digest",)),
    "python": ("python", ("function", "packages", "base_image", "pip_index_urls", "install_kfp_package")),
    "image": ("container", ("command", "args")),
}
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


def read_component(name: str, block: Declared, scope: DagScope) -> Component:
    """The component that a block declares. Raises DiagnosticError."""
    written = [kind for kind in _KINDS if block.attribute(kind) is not None]
    if len(written) != 1:
        said = f"{' and '.join(written)} are written" if written else "none is written"
        detail = f"A component has exactly one of file, url, python and image; {said}."
        raise DiagnosticError(error("Invalid component", detail, block.span))
    kind, others = _KINDS[written[0]]
    fields = Fields(block, scope, (written[0], *others))
    if kind == "container":
        return _container(name, block, scope, fields)
    for inner in block.block.body.blocks:
        detail = f'A component from a {kind} says its interface itself: it takes no "{inner.type}" block.'
        raise DiagnosticError(error("Unsupported block type", detail, block.inner(inner).span))
    options: dict[str, Plain] = {written[0]: fields.text(written[0])}
    if kind == "url":
        options["digest"] = _digest(fields, block)
    if kind == "python":
        options |= _python(fields)
    return Component(name, kind, options)


def _digest(fields: Fields, block: Declared) -> str:
    digest = fields.text("digest") if fields.has("digest") else None
    if digest is None or not _DIGEST.fullmatch(digest):
        detail = "A component from a URL is pinned by its content, so that a plan never means something else tomorrow."
        hint = 'write digest = "sha256:…": curl -sL URL | sha256sum tells it'
        span = block.expr_span(fields.expr("digest")) if fields.has("digest") else block.span
        raise DiagnosticError(error("Component without a digest", detail, span, hint=hint))
    return digest


def _python(fields: Fields) -> dict[str, Plain]:
    """`file.py:fn` names the function too."""
    path, _, named = (fields.text("python") or "").partition(":")
    function = fields.text("function")
    if named and function:
        raise fields.wrong("function", f'python names the function "{named}" already.', "remove function")
    return {
        "python": path,
        "function": function or named or None,
        "packages": fields.texts("packages"),
        "base_image": fields.text("base_image"),
        "pip_index_urls": fields.texts("pip_index_urls"),
        "install_kfp_package": fields.flag("install_kfp_package") if fields.has("install_kfp_package") else None,
    }


def _container(name: str, block: Declared, scope: DagScope, fields: Fields) -> Component:
    inputs = tuple(_port(block.inner(b), scope) for b in block.block.body.blocks if b.type == "input")
    outputs = tuple(_port(block.inner(b), scope) for b in block.block.body.blocks if b.type == "output")
    for inner in block.block.body.blocks:
        if inner.type not in ("input", "output"):
            detail = f'Blocks of type "{inner.type}" are not expected in a component; input and output are.'
            raise DiagnosticError(error("Unsupported block type", detail, block.inner(inner).span))
    names = [p.name for p in inputs] + [p.name for p in outputs]
    twice = next((n for n in names if names.count(n) > 1), None)
    if twice is not None:
        raise DiagnosticError(error("Duplicate declaration", f'"{twice}" is declared twice in this component.', block.span))
    inside = scope.of_command(tuple(p.name for p in inputs), tuple(p.name for p in outputs))
    command = _words("command", fields, inside)
    return Component(name, "container", {"image": fields.text("image")}, inputs, outputs, command, _words("args", fields, inside))


def _port(block: Declared, scope: DagScope) -> Parameter:
    if len(block.labels()) != 1:
        detail = f'{article(block.block.type)} "{block.block.type}" block has one label: the name.'
        raise DiagnosticError(error("Wrong number of labels", detail, block.span))
    known = ("type", "default", "optional", "description") if block.block.type == "input" else ("type", "description")
    fields = Fields(block, scope, known, required=("type",))
    kind = kfp_type(fields.expr("type"), block.source, artifacts=True)
    fields.check_type("default", kind)
    optional = fields.flag("optional") or fields.has("default")
    description = fields.text("description") or ""
    default, of = fields.constant("default"), element_types(fields.expr("type"))
    return Parameter(block.labels()[0], kind, fields.has("default"), default, optional, description, of)


def _words(name: str, fields: Fields, scope: DagScope) -> tuple[Argument, ...]:
    """The words of a command; numbers and bools are written as text."""
    if not fields.has(name):
        return ()
    expr = fields.expr(name)
    found = tuple(argument(item, scope) for item in expr.items) if isinstance(expr, TupleExpr) else _listed(argument(expr, scope))
    for word in found:
        if isinstance(word, Constant) and not isinstance(word.value, str | int | float) and word.value is not UNKNOWN:
            raise fields.wrong(name, f'"{name}" is a list of strings.', "")
    return tuple(Constant(_text(w.value)) if isinstance(w, Constant) else w for w in found)


def _text(value: Plain) -> Plain:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else value


def _listed(found: Argument) -> tuple[Argument, ...]:
    match found:
        case Items(items):
            return items
        case Constant(list() as values):
            return tuple(map(Constant, values))
        case _:
            return (Constant(None),)


def pipeline_component(expr: Expr, block: Declared, base: Scope) -> Component:
    """Another pipeline of the configuration as a component."""
    span = block.expr_span(expr)
    value = unmark(evaluate(expr, base, block.source))[0]
    if isinstance(value, Unknown):
        return Component(block.source.text[expr.start : expr.end], "pipeline", {"origin": UNKNOWN})
    if not isinstance(value, ResourceValue):
        detail = "component takes a whole pipeline here."
        raise DiagnosticError(error("Invalid component reference", detail, span, hint="write component = pipeline.NAME"))
    there = {name: to_data(item, UNKNOWN)[0] for name, item in value.items.items()}
    return Component(value.address, "pipeline", {"origin": origin(there)})
