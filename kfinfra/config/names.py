"""References that name nothing: told without evaluating, so that what is repeated zero times is looked at too."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from kfinfra.config.module import Declared, Scoped
from kfinfra.config.tree import Node
from kfinfra.diag import Diagnostic, SourceText, did_you_mean, error
from kfinfra.hcl.nodes import Attr, Traversal
from kfinfra.model.data import PREFIX

PATHS = ("module", "root", "cwd")
_LOCAL_TO_A_BLOCK = ("each", "count", "self")


def undeclared(traversal: Traversal, source: SourceText, node: Node, types: Collection[str]) -> Diagnostic | None:
    """What is wrong with a reference written in the module `node`, None where it names something that is declared."""
    module, root = node.module, traversal.root
    step = traversal.steps[0] if traversal.steps else None
    first = step.name if isinstance(step, Attr) else None
    match root:
        case "var":
            if first not in module.variables:
                hint = f'declare it: variable "{first}" {{ … }}'
                return _missing("input variable", traversal, source, first, module.variables, hint)
        case "local":
            if first not in module.locals:
                return _missing("local value", traversal, source, first, module.locals)
        case "module":
            if first is None or first not in module.calls:
                return _missing("module", traversal, source, first, module.calls, f'declare it: module "{first}" {{ … }}')
            return _output(traversal, source, node, first)
        case "path":
            if first not in PATHS:
                return _missing("path attribute", traversal, source, first, PATHS)
        case "data":
            names = _names(traversal)
            second = names[1] if len(names) > 1 else None
            scoped = module.scoped.get((f"{PREFIX}{first}", second or ""))
            if scoped is not None:
                return None if scoped.is_seen(source, traversal.start) else _scoped(traversal, source, scoped)
            if first is None or second is None or (PREFIX + first, second) not in module.resources:
                known = [name for kind, name in module.resources if kind == f"{PREFIX}{first}"]
                hint = f'declare it: data "{first}" "{second}" {{ … }}'
                return _missing("data source", traversal, source, second, known, hint)
            return _keyless(traversal, source, module.resources[PREFIX + first, second], 2)
        case _ if root in types:
            if first is None or (root, first) not in module.resources:
                known = [name for kind, name in module.resources if kind == root]
                return _missing("resource", traversal, source, first, known, f'declare it: {root} "{first}" {{ … }}')
            return _keyless(traversal, source, module.resources[root, first], 1)
    return None


def unknown_root(traversal: Traversal, source: SourceText, types: Iterable[str]) -> Diagnostic:
    """A reference whose first word means nothing here."""
    root = traversal.root
    if root in _LOCAL_TO_A_BLOCK:
        hint = f'"{root}" has a value only where its block repeats (for_each or count)'
        return _missing(f'"{root}"', traversal, source, next(iter(_names(traversal)), None), (), hint)
    roots = ["var", "local", "module", "data", "path", *(t for t in types if "." not in t)]
    return _missing("name", traversal, source, root, roots, "names begin with var., local., or a resource type")


def _names(traversal: Traversal) -> list[str]:
    """The plain names that follow the root at once."""
    out: list[str] = []
    for step in traversal.steps:
        if not isinstance(step, Attr):
            break
        out.append(step.name)
    return out


def _missing(
    what: str, traversal: Traversal, source: SourceText, asked: str | None, known: Iterable[str], hint: str = ""
) -> Diagnostic:
    asked = asked or traversal.root
    detail = f'There is no {what} named "{asked}".{did_you_mean(asked, known)}'
    return error(f"Reference to undeclared {what}", detail, source.span(traversal.start, traversal.end), hint=hint)


def _scoped(traversal: Traversal, source: SourceText, scoped: Scoped) -> Diagnostic:
    (kind, name), check = scoped.data.labels(), scoped.check.labels()[0]
    detail = f'data.{kind}.{name} stands in check "{check}" ({scoped.check.span}), and is known to the assertions there alone.'
    span = source.span(traversal.start, traversal.end)
    return error("Reference to scoped resource", detail, span, hint="declare it outside of the check to refer to it from here")


def _output(traversal: Traversal, source: SourceText, node: Node, name: str) -> Diagnostic | None:
    child, call = node.children.get(name), node.module.calls[name]
    problem = _keyless(traversal, source, call, 1)
    if problem is not None or child is None:
        return problem
    step = next((s for s in traversal.steps[1:] if isinstance(s, Attr)), None)
    if step is None or step.name in child.module.outputs:
        return None
    outputs = child.module.outputs
    detail = f'Module "{name}" has no output "{step.name}".{did_you_mean(step.name, outputs)}'
    hint = "" if outputs else "it has no outputs at all"
    return error("Unsupported attribute", detail, source.span(step.start, step.end), hint=hint)


def _keyless(traversal: Traversal, source: SourceText, block: Declared, used: int) -> Diagnostic | None:
    """An attribute of what repeats, without saying of which instance."""
    how = next((name for name in ("count", "for_each") if block.attribute(name) is not None), None)
    step = traversal.steps[used] if len(traversal.steps) > used else None
    if how is None or not isinstance(step, Attr):
        return None
    kind = "module" if traversal.root == "module" else "resource"
    name = ".".join((traversal.root, *(s.name for s in traversal.steps[:used] if isinstance(s, Attr))))
    detail = f'Because {name} has "{how}" set, its attributes are those of its instances.'
    key = "count.index" if how == "count" else "each.key"
    every = f"{name}[*].{step.name}" if how == "count" else f"[for x in {name} : x.{step.name}]"
    hint = f"write: {name}[{key}].{step.name}, or for all of them: {every}"
    return error(f"Missing {kind} instance key", detail, source.span(traversal.start, traversal.end), hint=hint)
