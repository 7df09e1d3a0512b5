"""validate: the configuration against the schemas, without state, servers or values for required variables."""

from __future__ import annotations

from collections.abc import Sequence

from kfinfra.app.options import Workplace
from kfinfra.app.reading import configuration
from kfinfra.config.advice import advice
from kfinfra.config.configuration import BlockKey, Configuration
from kfinfra.config.contexts import in_context
from kfinfra.config.instances import as_planned
from kfinfra.diag import Diagnostic, DiagnosticError, Severity


def validate(work: Workplace) -> tuple[Diagnostic, ...]:
    """All errors and warnings, in the order of the files."""
    undeclared: list[Diagnostic] = []
    try:
        config = configuration(work, undeclared=undeclared)
    except DiagnosticError as problem:
        return tuple(sorted(problem.diagnostics, key=Diagnostic.order))
    return validated(config, undeclared)


def validated(config: Configuration, undeclared: Sequence[Diagnostic] = ()) -> tuple[Diagnostic, ...]:
    """The same of a configuration that is loaded, in which `undeclared` are references that name nothing."""
    broken = set[BlockKey]()
    found = [*_blocks(config, broken), *_providers(config)]
    try:
        config.outputs()
    except DiagnosticError as problem:
        found.extend(problem.diagnostics)
    found.extend(_checks(config))
    found.extend(config.unmade(broken, found))
    found = [d for d in found if not d.undecided]
    told = {(d.summary, d.span) for d in undeclared}
    found = [*undeclared, *(d for d in found if (d.summary, d.span) not in told)]
    every = in_context(dict.fromkeys([*found, *config.warnings, *advice(config.tree, config.depends.named)]), config.tree)
    return tuple(sorted(dict.fromkeys(every), key=Diagnostic.order))


def _blocks(config: Configuration, broken: set[BlockKey]) -> list[Diagnostic]:
    """What is wrong with the blocks whose instances are known; `broken` are those that are not, and what depends on them."""
    found: list[Diagnostic] = []
    for block in config.order:
        if config.edges[block] & broken:
            broken.add(block)
            continue
        try:
            every, asked = config.instances(block), config.has_postconditions(block)
            for desired in every:
                config.settle(as_planned(desired, config.types[block.type]))
                if asked:
                    found.extend(config.check_after(desired.address))
        except DiagnosticError as problem:
            broken.add(block)
            found.extend(problem.diagnostics)
    return found


def _checks(config: Configuration) -> list[Diagnostic]:
    """What cannot be worked out. Whether an assertion holds is not told here: the world is not known."""
    checks, found = config.checks()
    for check in checks:
        if check.data is not None:
            config.settle(as_planned(check.data, config.types[check.data.address.block[0]]))
        found.extend(d for d in check.judged()[1] if d.severity is Severity.ERROR)
    return found


def _providers(config: Configuration) -> list[Diagnostic]:
    found: list[Diagnostic] = []
    for key in config.module.providers:
        try:
            config.provider_attributes(key)
        except DiagnosticError as problem:
            found.extend(problem.diagnostics)
    return found
