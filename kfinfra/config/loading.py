"""A folder of files to a configuration: read, merged, given its variables' values, and told all that is wrong with it as text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from kfinfra.config.calls import check_call, passed_providers
from kfinfra.config.checkblocks import check_mistakes
from kfinfra.config.configuration import Configuration
from kfinfra.config.contexts import in_context
from kfinfra.config.dependencies import dependencies
from kfinfra.config.evaluation import Common, Evaluation
from kfinfra.config.files import ParsedFile, Sources, parse_file, read_text
from kfinfra.config.given import Ask, Given, asked, from_command_line, from_environment, from_file, from_plan
from kfinfra.config.imports import check_imports
from kfinfra.config.installed import Installed
from kfinfra.config.judging import variable_problems
from kfinfra.config.module import Module
from kfinfra.config.outputs import output_mistakes
from kfinfra.config.refactoring import read_refactoring
from kfinfra.config.settings import BLOCKS, read_settings
from kfinfra.config.shapes import VALUES
from kfinfra.config.tree import Node, load_tree
from kfinfra.config.variables import check_shape, settle_variables
from kfinfra.diag import Diagnostic, DiagnosticError, Severity, SourceText, warning
from kfinfra.hcl.cache import ParseCache
from kfinfra.hcl.functions import Clock, Function, standard_functions
from kfinfra.model.plain import Plain
from kfinfra.model.schema import ProviderType, ResourceType


def load(
    sources: Sources,
    types: Mapping[str, ResourceType],
    provider_types: Mapping[str, ProviderType],
    env: Mapping[str, str],
    var_inputs: Iterable[tuple[str, str]] = (),
    cache: ParseCache | None = None,
    workspace: str = "default",
    require_variables: bool = True,
    own: Iterable[Function] = (),
    ask: Ask | None = None,
    planned: Mapping[str, Plain] | None = None,
    undeclared: list[Diagnostic] | None = None,
) -> Configuration:
    """The configuration in `sources`. `var_inputs` are ("var", "a=b") and ("file", path) in the command line's order.

    Raises DiagnosticError with all mistakes that can be told without evaluating resources. With `require_variables`
    false a variable without a value is unknown (validate); `ask` is how one is asked for, `planned` are the values that a
    saved plan was made with. `own` are the functions that providers bring. References that name nothing go to `undeclared`,
    where it is given, if nothing else is wrong: the rest can be evaluated.
    """
    tree = load_tree(sources, types, provider_types, cache, Installed(sources))
    root, module = tree.root, tree.root.module
    clock = Clock()
    functions = standard_functions(sources, clock, own)
    given, found = _given(module, tree.var_files, sources, env, var_inputs, cache)
    given = {**from_plan(planned or {}, module.variables), **given}
    if ask is not None and require_variables:
        given |= asked(module.variables, given, ask)
    variables, problems = settle_variables(module.variables, given, functions)
    if not require_variables:
        variables = replace(variables, complete=False)
        problems = [p for p in problems if p.summary != "No value for required variable"]
    found.extend(problems)
    seen: set[int] = set()
    for node in root.walk():
        node.providers = passed_providers(node, provider_types, found)
        found.extend(_check_call(node, types))
        if id(node.module) not in seen:
            seen.add(id(node.module))
            found.extend(_check_module(node))
    refactoring = read_refactoring([(node.path, node.module) for node in root.walk()], types, found)
    evaluation = Evaluation(root, Common(functions, frozenset(types), workspace, clock), variables.values)
    nothing: list[Diagnostic] = []
    depends = dependencies(root, types, found, nothing)
    if undeclared is None:
        found.extend(nothing)
    sound = not any(d.severity is Severity.ERROR for d in found)  # only then nothing refers to itself
    settings = read_settings(module, found, evaluation.scope if sound else None, variables.given)
    if not any(d.severity is Severity.ERROR for d in found):
        problems, variables = variable_problems(module, variables, evaluation)
        found.extend(problems)
    if any(d.severity is Severity.ERROR for d in found):
        raise DiagnosticError(sorted(in_context(dict.fromkeys([*found, *nothing]), root), key=Diagnostic.order))
    if undeclared is not None:
        undeclared.extend(in_context(dict.fromkeys(nothing), root))
    found = in_context(dict.fromkeys(found), root)
    return Configuration(root, types, provider_types, evaluation, variables, settings, tree.digest, depends, found, refactoring)


def _check_call(node: Node, types: Mapping[str, ResourceType]) -> Iterable[Diagnostic]:
    yield from check_call(node)
    yield from check_imports(node.module.imports, types, node.providers)


def _check_module(node: Node) -> Iterable[Diagnostic]:
    """What is wrong with a module's blocks, whoever calls it."""
    yield from output_mistakes(node.module.outputs.values(), root=node.call is None)
    yield from check_mistakes(node.module)
    if node.call is not None:
        for declared in node.module.variables.values():
            yield from check_shape(declared)
        found: list[Diagnostic] = []
        read_settings(node.module, found)
        yield from found
        for declared in (d.inner(b) for d in node.module.settings for b in d.block.body.blocks if b.type in BLOCKS):
            detail = "State is the whole configuration's: only the root module says where it lies and what is encrypted."
            yield warning(
                f"{declared.block.type.capitalize()} configuration ignored", detail, declared.span, hint="remove this block"
            )


def _given(
    module: Module,
    var_files: Mapping[str, ParsedFile],
    sources: Sources,
    env: Mapping[str, str],
    inputs: Iterable[tuple[str, str]],
    cache: ParseCache | None,
) -> tuple[dict[str, Given], list[Diagnostic]]:
    given = from_environment(env, module.variables)
    found: list[Diagnostic] = []
    for file in var_files.values():
        values, diagnostics = from_file(file, module.variables)
        given |= values
        found += diagnostics
    for kind, text in inputs:
        if kind == "var":
            name, value = from_command_line(text, module.variables)
            given[name] = value
        else:
            source = SourceText(text, read_text(sources.read_named, text))
            values, diagnostics = from_file(ParsedFile(source, parse_file(source, cache, VALUES, values=True)), module.variables)
            given |= values
            found += diagnostics
    return given, found
