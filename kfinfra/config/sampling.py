"""What has no instance, or none that is known: looked at once, with nothing known of what varies.

So what is written there is checked too, as Terraform does. What another value could mend is no mistake here.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial

from kfinfra.config.calls import META as META_OF_CALLS
from kfinfra.config.evaluation import Common, Evaluation
from kfinfra.config.instances import Meta, desired_instance
from kfinfra.config.keys import BlockKey, ModulePath
from kfinfra.config.module import Declared
from kfinfra.config.repetition import sampled
from kfinfra.diag import Diagnostic, DiagnosticError
from kfinfra.model.schema import ResourceType


def sample_of(evaluation: Evaluation) -> Evaluation:
    """The same names with nothing known of what varies: only resources that do not repeat are what they are."""
    known = evaluation.common
    common = Common(known.functions, known.types, known.workspace, known.clock, declarations=known.declarations, sampling=True)
    for place, instances in known.resources.items():
        if None in instances and all(key is None for _, key in place[0]):
            common.resources[place] = instances
    return Evaluation(evaluation.node, common, {})


def problems_of_blocks(
    root: Evaluation,
    blocks: Iterable[tuple[BlockKey, Declared]],
    types: Mapping[str, ResourceType],
    meta: Callable[[BlockKey], Meta],
) -> Iterator[Diagnostic]:
    """What is wrong with these blocks, whatever their instances are."""
    for block, declared in blocks:
        scope = _at(root, block.module)
        for name in ("count", "for_each"):
            written = declared.attribute(name)
            if written is not None:
                yield from _told(partial(scope.evaluate, written.expr, declared.source))
        try:
            of_all = meta(block)
        except DiagnosticError as problem:
            yield from problem.diagnostics
            of_all = Meta(types[block.type].provider)
        extra, address = sampled(declared).extra[None], block.address(None, scope.path)
        _, found = desired_instance(declared, types[block.type], address, extra, scope, of_all, frozenset())
        yield from (d for d in found if not d.undecided)


def problems_of_modules(root: Evaluation, paths: Collection[ModulePath]) -> Iterator[Diagnostic]:
    """What is wrong with the arguments, locals and outputs of these modules."""
    for path in paths:
        scope = _at(root, path)
        call = scope.node.call
        given = [a.name for a in call.block.body.attributes if a.name not in META_OF_CALLS] if call is not None else []
        asked: list[tuple[Callable[[str], object], str]] = [(scope.taken, n) for n in given if n in scope.module.variables]
        asked += [(scope.local, n) for n in scope.module.locals]
        asked += [(scope.output, n) for n in scope.module.outputs]
        for ask, name in asked:
            yield from _told(partial(ask, name))


def _told(ask: Callable[[], object]) -> list[Diagnostic]:
    try:
        ask()
    except DiagnosticError as problem:
        return [replace(d, address=None) for d in problem.diagnostics if not d.undecided]
    return []


def _at(root: Evaluation, path: ModulePath) -> Evaluation:
    scope = root
    for name in path:
        scope = scope.child(name, None)
    return scope
