"""What is not wrong and yet not meant: names that nothing uses, names that hide others, words that are not needed.

Once a declaration, and for the user's own files only: what lies in a fetched repository is not theirs to change.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from kfinfra.config.keys import GraphKey, NodeKey
from kfinfra.config.module import Declared, Module
from kfinfra.config.tree import Node
from kfinfra.diag import Diagnostic, SourceText, warning
from kfinfra.hcl.nodes import Attribute, Body, Expr, For, TemplateWrap
from kfinfra.hcl.references import children

_ROOTS = frozenset(("var", "local", "module", "data", "path", "each", "count", "self", "kfinfra"))


def advice(root: Node, named: Collection[GraphKey]) -> Iterable[Diagnostic]:
    """Warnings about all modules of the configuration's own files; `named` is what anything refers to."""
    seen: set[int] = set()
    for node in root.walk():
        if id(node.module) not in seen and not node.located.package:
            seen.add(id(node.module))
            yield from _Reader(node.module).read()
            yield from _unused(node, named)


class _Reader:
    """One module's expressions, those gone through in which something may be found."""

    def __init__(self, module: Module) -> None:
        self._module = module
        self._taken = _ROOTS | {kind for kind, _ in module.resources}
        self._found: list[Diagnostic] = []

    def read(self) -> Iterable[Diagnostic]:
        """All warnings about the module."""
        for local in self._module.locals.values():
            self._attribute(local.attribute, local.source)
        for declared in self._blocks():
            self._body(declared.block.body, declared.source)
        yield from self._found

    def _blocks(self) -> Iterator[Declared]:
        module = self._module
        for table in (module.variables, module.outputs, module.providers, module.calls, module.checks):
            yield from table.values()
        yield from module.resources.values()
        yield from module.imports
        yield from module.settings

    def _body(self, body: Body, source: SourceText) -> None:
        for attribute in body.attributes:
            self._attribute(attribute, source)
        for block in body.blocks:
            self._body(block.body, source)

    def _attribute(self, attribute: Attribute, source: SourceText) -> None:
        binds = attribute.binds
        if attribute.wraps or (binds and (len({*binds}) < len(binds) or not self._taken.isdisjoint(binds))):
            self._expression(attribute.expr, source, ())

    def _expression(self, expr: Expr, source: SourceText, bound: tuple[str, ...]) -> None:
        if isinstance(expr, TemplateWrap) and not source.filename.endswith(".json"):
            self._found.append(_needless(expr, source))
        if isinstance(expr, For):
            self._expression(expr.collection, source, bound)
            names = tuple(n for n in (expr.key_var, expr.value_var) if n)
            self._found.extend(_hides(name, expr, source, bound, self._module) for name in names if self._hidden(name, bound))
            for part in (expr.key, expr.value, expr.condition):
                if part is not None:
                    self._expression(part, source, (*bound, *names))
            return
        for child in children(expr):
            self._expression(child, source, bound)

    def _hidden(self, name: str, bound: tuple[str, ...]) -> bool:
        return name in bound or name in self._taken


def _unused(node: Node, named: Collection[GraphKey]) -> Iterator[Diagnostic]:
    for name, declared in node.module.variables.items():
        if NodeKey(node.path, "var", name) not in named:
            detail = f'The variable "{name}" is declared, and nothing in its module refers to it.'
            yield warning("Unused variable", detail, declared.span, hint="remove it, and what is given for it")
    for name, local in node.module.locals.items():
        if NodeKey(node.path, "local", name) not in named:
            span = local.source.span(local.attribute.start, local.attribute.name_end)
            detail = f'The local value "{name}" is declared, and nothing in its module refers to it.'
            yield warning("Unused local value", detail, span, hint="remove it")


def _needless(expr: TemplateWrap, source: SourceText) -> Diagnostic:
    inner = source.text[expr.inner.start : expr.inner.end]
    detail = "This template is one interpolation and nothing else: it gives the expression's own value, which may be no string."
    hint = f"write: {inner}" if "\n" not in inner and len(inner) <= 60 else "write the expression without quotes"
    return warning("Interpolation-only expression is deprecated", detail, source.span(expr.start, expr.end), hint=hint)


def _hides(name: str, expr: For, source: SourceText, bound: tuple[str, ...], module: Module) -> Diagnostic:
    if name in bound:
        what = "the one of the for expression around it"
    elif name in _ROOTS:
        what = f'everything that begins with "{name}."'
    else:
        what = "the resources of this type: " + ", ".join(f"{kind}.{n}" for kind, n in module.resources if kind == name)
    detail = f'In this for expression "{name}" hides {what}.'
    return warning("Shadowed name", detail, source.span(expr.start, expr.end), hint="give it another name")
