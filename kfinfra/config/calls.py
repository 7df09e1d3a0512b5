"""A `module` block against the module that it calls: arguments against variables, providers that are passed on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from kfinfra.config.module import Declared
from kfinfra.config.tree import Node
from kfinfra.diag import Diagnostic, DiagnosticError, did_you_mean, error, nearest_name
from kfinfra.hcl.nodes import Attr, Expr, ObjectExpr, Quoted, Traversal
from kfinfra.model.schema import ProviderType, ResourceType

META = ("source", "version", "count", "for_each", "depends_on", "providers")


def check_call(node: Node) -> Iterable[Diagnostic]:
    """What is wrong with the call that made `node`, as far as it can be told without values."""
    call = node.call
    if call is None:
        return
    variables, name = node.module.variables, node.path[-1]
    meant = set[str | None]()
    for attribute in call.block.body.attributes:
        if attribute.name == "version":
            detail = "A version constraint is for modules of a registry, and kfinfra has none."
            yield error("Unsupported argument", detail, call.name_span(attribute), hint='pin a git source: "git::…?ref=v1.2.0"')
        elif attribute.name not in META and attribute.name not in variables:
            meant.add(nearest_name(attribute.name, variables))
            detail = f'Module "{name}" has no variable "{attribute.name}".{did_you_mean(attribute.name, variables)}'
            yield error("Unsupported argument", detail, call.name_span(attribute))
    for inner in call.block.body.blocks:
        hint = f"write: {inner.type} = {{ … }}" if inner.type in variables or inner.type == "providers" else ""
        detail = f'A "module" block has no "{inner.type}" block.'
        yield error("Unsupported block type", detail, call.inner(inner).span, hint=hint)
    for wanted, declared in variables.items():
        if wanted in meant or wanted in META:
            continue
        if declared.attribute("default") is None and call.attribute(wanted) is None:
            detail = f'The argument "{wanted}" is required by module "{name}", but is not written.'
            yield error("Missing required argument", detail, call.span, hint=f"its variable is declared at {declared.span}")
    yield from _only_root(node)


def _only_root(node: Node) -> Iterable[Diagnostic]:
    """Blocks that stand in a root module only, and names that a call could not give."""
    for declared in node.module.providers.values():
        detail = "Providers are configured in the root module, and passed on from there."
        hint = "move this block to the root module; pass an alias on with: providers = { TYPE.ALIAS = TYPE.ALIAS }"
        yield error("Provider configuration in a module", detail, declared.span, hint=hint)
    for declared in node.module.imports:
        detail = "An import block can stand in the root module only."
        hint = f"move it there: to = module.{'.module.'.join(node.path)}.TYPE.NAME"
        yield error("Invalid import configuration", detail, declared.span, hint=hint)
    for name in META:
        if name in node.module.variables:
            detail = f'"{name}" is an argument of every module block, so that no variable can have this name.'
            yield error("Invalid variable name", detail, node.module.variables[name].span)


def passed_providers(node: Node, types: Mapping[str, ProviderType], found: list[Diagnostic]) -> Mapping[str, str]:
    """The provider keys that the module's resources may name, each with the key that it has in the root module.

    As in Terraform a module sees the providers without alias of its caller, and of the others those it is given.
    """
    if node.call is None or node.parent is None:
        return {key: key for key in node.module.providers} | {name: name for name in types}
    theirs = node.parent.providers
    out = {key: root for key, root in theirs.items() if "." not in key}
    attribute = node.call.attribute("providers")
    if attribute is None:
        return out
    if not isinstance(attribute.expr, ObjectExpr):
        detail = "A map is required, from provider names in the module to provider names here."
        hint = "write: providers = { aws = aws.west }"
        found.append(error("Invalid providers argument", detail, node.call.expr_span(attribute.expr), hint=hint))
        return out
    for item in attribute.expr.items:
        try:
            inner = item.key if isinstance(item.key, str) else provider_key(node.call, item.key)
            outer = provider_key(node.call, item.value)
            if problem := _unfit(inner, outer, theirs, types):
                found.append(error("Invalid provider reference", problem, node.call.expr_span(item.value)))
            out[inner] = theirs.get(outer, outer)
        except DiagnosticError as problem_:
            found.extend(problem_.diagnostics)
    return out


def _unfit(inner: str, outer: str, theirs: Mapping[str, str], types: Mapping[str, ProviderType]) -> str:
    kind = inner.split(".")[0]
    if kind not in types:
        return f'There is no provider "{kind}".{did_you_mean(kind, types)}'
    if outer not in theirs:
        return f"{outer} is no provider of the module that makes this call.{did_you_mean(outer, theirs)}"
    return "" if outer.split(".")[0] == kind else f"{outer} cannot serve as {inner}: the two are of different types."


def provider_key(block: Declared, expr: Expr) -> str:
    """The provider that a plain name writes, `aws` or `aws.west`. Raises DiagnosticError."""
    if isinstance(expr, Traversal) and len(expr.steps) <= 1 and all(isinstance(s, Attr) for s in expr.steps):
        return ".".join((expr.root, *(s.name for s in expr.steps if isinstance(s, Attr))))
    detail, hint = (
        "A provider is named by its type and its alias, without quotes; no expression can choose it.",
        "write: TYPE.ALIAS",
    )
    match expr:
        case Quoted(value=text):
            hint = f"write: {text}"
    raise DiagnosticError(error("Invalid provider reference", detail, block.expr_span(expr), hint=hint))


def chosen_provider(block: Declared, expr: Expr, schema: ResourceType, providers: Mapping[str, str]) -> str:
    """The provider that `provider = …` names for a resource of a type; `providers` are the module's. Raises DiagnosticError."""
    key, wanted = provider_key(block, expr), schema.provider
    span = block.expr_span(expr)
    if key.split(".")[0] != wanted:
        meant = did_you_mean(key, [wanted, *providers])
        detail = f'{key} is no "{wanted}" provider, and it is one of these that a {schema.name} needs.{meant}'
        raise DiagnosticError(error("Invalid provider reference", detail, span))
    if "." in key and key not in providers:
        others = [k for k in providers if k.split(".")[0] == wanted]
        detail = f"There is no provider {key} in this module.{did_you_mean(key, others)}"
        alias = key.partition(".")[2]
        hint = (
            f'declare it: provider "{wanted}" {{ alias = "{alias}" }}; a module is given one by its caller: providers = {{ … }}'
        )
        raise DiagnosticError(error("Invalid provider reference", detail, span, hint=hint))
    return key
