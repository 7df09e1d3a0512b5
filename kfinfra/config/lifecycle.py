"""The `lifecycle` block: read once for a block of resources, and worked out for each of its instances."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field, replace

from kfinfra.config.conditions import CONDITIONS, Conditions, read_conditions
from kfinfra.config.constants import constant
from kfinfra.config.module import Declared
from kfinfra.diag import Diagnostic, DiagnosticError, did_you_mean, error
from kfinfra.hcl.nodes import Attr, Attribute, Expr, Index, IndexExpr, Quoted, RelativeTraversal, Step, Traversal, TupleExpr
from kfinfra.model.address import Address
from kfinfra.model.plain import Path
from kfinfra.model.resource import Lifecycle
from kfinfra.values.convert import ConversionError, convert
from kfinfra.values.data import Unknown, Value
from kfinfra.values.marks import unmark
from kfinfra.values.types import BOOL

FLAGS = ("create_before_destroy", "prevent_destroy")
Evaluate = Callable[[Expr], Value]
"""Gives an expression its value, with the names that the instance sees. Raises DiagnosticError."""


@dataclass(frozen=True, slots=True)
class Trigger:
    """An item of `replace_triggered_by`: a resource, the key that chooses one of its instances, the path of an attribute."""

    type: str
    name: str
    key: Expr | int | str | None
    path: Path
    place: Expr


@dataclass(frozen=True, slots=True)
class WrittenLifecycle:
    """A block as it is written. `fixed` is what is the same for every instance."""

    block: Declared | None = None
    fixed: Lifecycle = field(default_factory=Lifecycle)
    flags: tuple[Attribute, ...] = ()
    triggers: tuple[Trigger, ...] = ()
    conditions: Conditions = field(default_factory=Conditions)

    def of(self, evaluate: Evaluate) -> Lifecycle:
        """One instance's. Raises DiagnosticError."""
        if self.block is None or not (self.flags or self.triggers):
            return self.fixed
        out = self.fixed
        for flag in self.flags:
            value = _flag(self.block, flag, evaluate)
            out = replace(out, **{flag.name: value})  # type: ignore[arg-type]  # FLAGS are its bools
        chosen = tuple((Address(t.type, t.name, _key(self.block, t, evaluate)), t.path) for t in self.triggers)
        return replace(out, replace_triggered_by=chosen)


_KNOWN = (*FLAGS, "ignore_changes", "replace_triggered_by")


def read_lifecycle(block: Declared, types: Collection[str], attributes: Collection[str]) -> WrittenLifecycle:
    """What the block says; `types` are those that a `replace_triggered_by` may name, `attributes` the resource's own.

    Raises DiagnosticError with all that is wrong.
    """
    fixed, flags, triggers, found = Lifecycle(), list[Attribute](), tuple[Trigger, ...](), list[Diagnostic]()
    for attribute in block.block.body.attributes:
        try:
            if attribute.name in FLAGS:
                value = constant(attribute.expr)
                if isinstance(value, bool):
                    fixed = replace(fixed, **{attribute.name: value})  # type: ignore[arg-type]  # as above
                else:
                    flags.append(attribute)
            elif attribute.name == "ignore_changes":
                fixed = replace(fixed, ignore_changes=_ignored(block, attribute.expr, attributes))
            elif attribute.name == "replace_triggered_by":
                triggers = tuple(_triggers(block, attribute.expr, types))
            else:
                found.append(_unknown(block, attribute))
        except DiagnosticError as problem:
            found.extend(problem.diagnostics)
    for inner in (b for b in block.block.body.blocks if b.type not in CONDITIONS):
        detail = f'There is no "{inner.type}" in a lifecycle block.{did_you_mean(inner.type, CONDITIONS)}'
        found.append(error("Unsupported block type", detail, block.inner(inner).span))
    try:
        conditions = read_conditions(block)
    except DiagnosticError as problem:
        raise DiagnosticError([*found, *problem.diagnostics]) from problem
    if found:
        raise DiagnosticError(found)
    return WrittenLifecycle(block, fixed, tuple(flags), triggers, conditions)


def _unknown(block: Declared, attribute: Attribute) -> Diagnostic:
    detail = f'"{attribute.name}" is not supported in a lifecycle block.{did_you_mean(attribute.name, _KNOWN)}'
    hint = f"write: {attribute.name} {{ … }}" if attribute.name in CONDITIONS else ""
    return error("Unsupported argument", detail, block.name_span(attribute), hint=hint)


def _flag(block: Declared, attribute: Attribute, evaluate: Evaluate) -> bool | None:
    """The value of a flag; a null is what is not said: false."""
    value, _ = unmark(evaluate(attribute.expr))
    if isinstance(value, Unknown):
        return None
    try:
        known = convert(value, BOOL)
    except ConversionError as problem:
        detail = f'"{attribute.name}" is true or false: {problem}.'
        raise DiagnosticError(error("Invalid argument", detail, block.expr_span(attribute.expr))) from problem
    return known is True


def _ignored(block: Declared, expr: Expr, attributes: Collection[str]) -> tuple[Path, ...]:
    if isinstance(expr, Traversal) and expr.root == "all" and not expr.steps:
        return (("*",),)
    if not isinstance(expr, TupleExpr):
        detail = "A list of attribute names, or all, is required."
        hint = f"write: [{expr.root}]" if isinstance(expr, Traversal) else ""
        raise DiagnosticError(error("Invalid ignore_changes", detail, block.expr_span(expr), hint=hint))
    out, found = list[Path](), list[Diagnostic]()
    for item in expr.items:
        match item:
            case Traversal(root="all", steps=()) | Quoted(value="*"):
                detail, hint = "All attributes are written without brackets.", "write: ignore_changes = all"
                found.append(error("Invalid ignore_changes", detail, block.expr_span(item), hint=hint))
            case Traversal(root=root) if root in attributes:
                out.append((root, *_path(item.steps)))
            case Traversal(root=root):
                detail = f'There is no attribute named "{root}".{did_you_mean(root, attributes)}'
                found.append(error("Unsupported attribute", detail, block.expr_span(item)))
            case Quoted(value=text):
                detail, hint = "Attributes are named without quotes.", f"write: {text}"
                found.append(error("Invalid ignore_changes", detail, block.expr_span(item), hint=hint))
            case _:
                found.append(error("Invalid ignore_changes", "An attribute's name is required.", block.expr_span(item)))
    if found:
        raise DiagnosticError(found)
    return tuple(out)


def _path(steps: tuple[Step, ...]) -> Path:
    return tuple(s.name if isinstance(s, Attr) else s.key for s in steps)


def _triggers(block: Declared, expr: Expr, types: Collection[str]) -> Iterator[Trigger]:
    if not isinstance(expr, TupleExpr):
        raise DiagnosticError(error("Invalid replace_triggered_by", "A list of references is required.", block.expr_span(expr)))
    for item in expr.items:
        match item:
            case Traversal(root=root, steps=(Attr(name=name), Index(key=key), *rest)) if root in types:
                yield Trigger(root, name, key, _path(tuple(rest)), item)
            case Traversal(root=root, steps=(Attr(name=name), *rest)) if root in types:
                yield Trigger(root, name, None, _path(tuple(rest)), item)
            case IndexExpr(collection=Traversal(root=root, steps=(Attr(name=name),)), key=chosen) if root in types:
                yield Trigger(root, name, chosen, (), item)
            case RelativeTraversal(
                source=IndexExpr(collection=Traversal(root=root, steps=(Attr(name=name),)), key=chosen), steps=after
            ) if root in types:
                yield Trigger(root, name, chosen, _path(after), item)
            case _:
                detail = "A resource of this module is required, one of its instances, or an attribute of either."
                hint = "such as config_map.settings, pvc.data[each.key] or s3_sync.data.manifest"
                raise DiagnosticError(error("Invalid replace_triggered_by", detail, block.expr_span(item), hint=hint))


def _key(block: Declared, trigger: Trigger, evaluate: Evaluate) -> int | str | None:
    if trigger.key is None or isinstance(trigger.key, int | str):
        return trigger.key
    value, _ = unmark(evaluate(trigger.key))
    if isinstance(value, int | str) and not isinstance(value, bool):
        return value
    what = "known only after apply" if isinstance(value, Unknown) else "neither a string nor a whole number"
    detail = f"The key that chooses an instance of {trigger.type}.{trigger.name} is {what}."
    raise DiagnosticError(error("Invalid replace_triggered_by", detail, block.expr_span(trigger.key)))
