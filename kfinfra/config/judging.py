"""How the conditions of outputs and resources come out, one by one: what a plan and the state keep of them as `checks`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from kfinfra.config.conditions import Conditions
from kfinfra.config.evaluation import Evaluation
from kfinfra.config.module import Module
from kfinfra.config.outputs import has_preconditions
from kfinfra.config.tree import Node
from kfinfra.config.variables import Variables, judged
from kfinfra.diag import Diagnostic
from kfinfra.hcl.evaluate import Scope
from kfinfra.model.address import Address
from kfinfra.model.checks import OUTPUT, Checked, Status, together


def judged_outputs(root: Node, evaluation: Evaluation) -> Iterator[Checked]:
    """Those outputs that have preconditions, in all instances of their modules. Raises DiagnosticError."""
    for node in root.walk():
        names = [name for name, block in node.module.outputs.items() if has_preconditions(block)]
        for scope in evaluation.instances(node.path) if names else ():
            for name in names:
                yield _checked(Address(OUTPUT, name, None, scope.path), [scope.judged(name)])


def judged_instance(address: Address, conditions: Conditions, before: Scope, after: Scope) -> Checked:
    """A resource's preconditions and postconditions, the latter seeing it as `self`."""
    found = [rule.judged(before, "") for rule in conditions.before] + [rule.judged(after, "") for rule in conditions.after]
    return _checked(address, found)


def _checked(address: Address, found: Sequence[tuple[Status, Sequence[Diagnostic]]]) -> Checked:
    said = tuple(d.detail for status, problems in found if status is Status.FAIL for d in problems)
    return Checked(address, together(status for status, _ in found), said)


def variable_problems(module: Module, variables: Variables, evaluation: Evaluation) -> tuple[list[Diagnostic], Variables]:
    """What the rules of the root module's variables say, as far as it can be told by now, and the variables with those that
    are to be asked again, because it cannot.

    A default that does not hold is told where the value is needed only: `validate` is run before values are given.
    """
    found: list[Diagnostic] = []
    unjudged: set[str] = set()
    for name, block in module.variables.items():
        if name not in variables.unjudged or not block.block.body.blocks:
            continue
        status, problems = judged(block, evaluation.scope(block.source), variables.given.get(name, block.span))
        if status is not Status.FAIL or name in variables.given or variables.complete:
            whole = block.source.span(block.block.start, block.block.end)
            found.extend(d.at(None, f"var.{name}").inside(f'variable "{name}"', whole) for d in problems)
        if status is Status.UNKNOWN:
            unjudged.add(name)
    return found, replace(variables, unjudged=unjudged)
