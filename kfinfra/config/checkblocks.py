"""`check` blocks: what they may hold, and each of them in each instance of its module.

A block's data source is known to its assertions alone. What does not hold is a warning: nothing waits for a check.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from kfinfra.config.conditions import Rule, mistakes, read_rule, within
from kfinfra.config.evaluation import Evaluation
from kfinfra.config.module import Declared, Module
from kfinfra.config.tree import Node
from kfinfra.diag import Diagnostic, DiagnosticError, Severity, did_you_mean, error
from kfinfra.model.address import Address
from kfinfra.model.checks import CHECK, Checked, Status, together
from kfinfra.model.data import PREFIX
from kfinfra.model.resource import Desired

FAILED = "Check block assertion failed"
_ASSERT = "An assert block"


@dataclass(frozen=True, slots=True)
class CheckInstance:
    """A check block in one instance of its module; `data` is its data source, where it has one."""

    address: Address
    declared: Declared
    scope: Evaluation
    data: Desired | None

    def judged(self) -> tuple[Checked, tuple[Diagnostic, ...]]:
        """How the assertions come out: a warning for each that does not hold, an error for what cannot be worked out."""
        scope = self.scope.scope(self.declared.source)
        found = [rule.judged(scope, FAILED) for rule in _assertions(self.declared)]
        failed = [_warned(d) for status, problems in found if status is Status.FAIL for d in problems]
        wrong = [d for status, problems in found if status is Status.ERROR for d in problems]
        checked = Checked(self.address, together(s for s, _ in found), tuple(d.detail for d in failed))
        context = f'check "{self.address.name}"'
        return checked, tuple(within(d, str(self.address), context) for d in (*failed, *wrong))

    def unread(self, problems: tuple[Diagnostic, ...]) -> tuple[Checked, tuple[Diagnostic, ...]]:
        """The same where the data source could not be read: then no assertion is worked out."""
        said = tuple(f"{d.summary}: {d.detail}" if d.detail else d.summary for d in problems)
        return Checked(self.address, Status.FAIL, said), tuple(_warned(d) for d in problems)


def check_instances(
    root: Node, evaluation: Evaluation, desired: Callable[[Declared, Address, Evaluation], Desired], found: list[Diagnostic]
) -> Iterator[CheckInstance]:
    """All checks of all modules, with what `desired` makes of their data sources; what is wrong there goes to `found`."""
    for node in root.walk():
        try:
            scopes = list(evaluation.instances(node.path)) if node.module.checks else ()
        except DiagnosticError as problem:
            found.extend(problem.diagnostics)
            continue
        for scope in scopes:
            for name, declared in node.module.checks.items():
                try:
                    data = _data(node.module, declared, scope, desired)
                except DiagnosticError as problem:
                    found.extend(problem.diagnostics)
                    continue
                yield CheckInstance(Address(CHECK, name, None, scope.path), declared, scope, data)


def _data(
    module: Module, declared: Declared, scope: Evaluation, desired: Callable[[Declared, Address, Evaluation], Desired]
) -> Desired | None:
    for (kind, name), scoped in module.scoped.items():
        if scoped.check is declared:
            return desired(scoped.data, Address(kind.removeprefix(PREFIX), name, None, scope.path, data=True), scope)
    return None


def _assertions(declared: Declared) -> Iterator[Rule]:
    """The rules; `check_mistakes` has told what is wrong with them."""
    for inner in declared.block.body.blocks:
        if inner.type == "assert":
            yield read_rule(declared.inner(inner), _ASSERT)


def _warned(d: Diagnostic) -> Diagnostic:
    return replace(d, severity=Severity.WARNING)


def check_mistakes(module: Module) -> Iterator[Diagnostic]:
    """What is wrong with a module's check blocks as they are written."""
    for declared in module.checks.values():
        for attribute in declared.block.body.attributes:
            detail = f'A check has no argument "{attribute.name}": conditions stand in its assert blocks.'
            yield error("Unsupported argument", detail, declared.name_span(attribute))
        inner = [declared.inner(block) for block in declared.block.body.blocks]
        for block in inner:
            yield from _inner(block)
        if not any(block.block.type == "assert" for block in inner):
            hint = 'write: assert { condition = …, error_message = "…" }, each argument on its own line'
            yield error("Zero assert blocks", "A check needs at least one assert block.", declared.span, hint=hint)
        first, *more = [block for block in inner if block.block.type == "data"] or [declared]
        for block in more:
            detail = f"A check has one data source at most, and this one has it already at {first.span}."
            yield error("Multiple data resource blocks", detail, block.span, hint="write a second check block for it")


def _inner(block: Declared) -> Iterator[Diagnostic]:
    match block.block.type:
        case "assert":
            if block.block.labels:
                yield error("Wrong number of labels", "An assert block has no label.", block.span, hint="write: assert { … }")
            yield from mistakes(block, _ASSERT)
        case "data":
            yield from _scoped(block)
        case kind:
            detail = f'A check has no "{kind}" block.{did_you_mean(kind, ("assert", "data"))}'
            yield error("Unsupported block type", detail, block.span)


def _scoped(data: Declared) -> Iterator[Diagnostic]:
    for name in ("count", "for_each"):
        attribute = data.attribute(name)
        if attribute is not None:
            detail = "The data source of a check is one: it does not repeat."
            hint = "declare it outside of the check, and refer to all its instances in the assertions"
            yield error(f'Invalid "{name}" attribute', detail, data.name_span(attribute), hint=hint)
    for inner in data.block.body.blocks:
        if inner.type == "lifecycle":
            detail = "The data source of a check has no lifecycle of its own: the check's assertions are its conditions."
            yield error("Invalid lifecycle block", detail, data.inner(inner).span, hint="write them as assert blocks")
