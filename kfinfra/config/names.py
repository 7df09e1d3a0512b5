"""References that name nothing: told without evaluating, so that what is repeated zero times is looked at too."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from kfinfra.config.module import Declared, Scoped
from kfinfra.config.tree import Node
from kfinfra.diag import Diagnostic, SourceText, did_you_mean, error
from kfinfra.hcl.nodes import Attr, Index, Traversal
from kfinfra.model.data import PREFIX

NO_OUTPUT = "Unsupported attribute"
PATHS = ("module", "root", "cwd")
ROOTS = frozenset(("var", "local", "module", "data", "path", "kfinfra", "all"))
"""Names that begin a reference everywhere; `all` is what a lifecycle's ignore_changes takes."""
_LOCAL_TO_A_BLOCK = {
    "each": (
        'Reference to "each" in context without for_each',
        '"each" has a value in blocks that repeat only: of resources, data sources, modules and imports with for_each.',
    ),
    "count": (
        'Reference to "count" in non-counted context',
        '"count" has a value in blocks that repeat only: of resources, data sources and modules with count.',
    ),
    "self": ('Invalid "self" reference', '"self" is the object in question, and is known to postconditions alone.'),
}
_OTHERWISE = {
    "terraform": ("kfinfra", "The workspace's name is kfinfra.workspace here; nothing else of Terraform's object exists."),
    "vars": ("var", "Variables are referred to as var.NAME."),
    "variable": ("var", "Variables are referred to as var.NAME."),
    "variables": ("var", "Variables are referred to as var.NAME."),
    "locals": ("local", "Local values are referred to as local.NAME."),
    "modules": ("module", "Modules are referred to as module.NAME."),
}
"""Words that are written for others."""


def undeclared(traversal: Traversal, source: SourceText, node: Node, types: Collection[str]) -> Diagnostic | None:
    """What is wrong with a reference written in the module `node`, None where it names something that is declared."""
    module, root = node.module, traversal.root
    step = traversal.steps[0] if traversal.steps else None
    first = step.name if isinstance(step, Attr) else None
    if root in _INDIRECT and first is None:
        return _indirect(traversal, source, node)
    match root:
        case "var":
            if first not in module.variables:
                hint = f'declare it: variable "{first}" {{ … }}'
                hint = f"write: local.{first}" if first in module.locals else hint
                return _missing("input variable", traversal, source, first, module.variables, hint)
        case "local":
            if first not in module.locals:
                hint = f"declare it: locals {{ {first} = … }}"
                hint = f"write: var.{first}" if first in module.variables else hint
                return _missing("local value", traversal, source, first, module.locals, hint)
        case "module":
            if first is None or first not in module.calls:
                return _missing("module", traversal, source, first, module.calls, f'declare it: module "{first}" {{ … }}')
            return _output(traversal, source, node, first)
        case "path":
            if first not in PATHS:
                return _missing("path attribute", traversal, source, first, PATHS)
        case "kfinfra":
            if first != "workspace":
                return _missing("kfinfra attribute", traversal, source, first, ("workspace",), "it is: kfinfra.workspace")
        case "data" if first is not None:
            names = _names(traversal)
            second = names[1] if len(names) > 1 else None
            scoped = module.scoped.get((f"{PREFIX}{first}", second or ""))
            if scoped is not None:
                return None if scoped.is_seen(source, traversal.start) else _scoped(traversal, source, scoped)
            if second is None:
                detail = "A data source is referred to by its type and its name."
                hint = f"write: data.{first}.NAME"
                return error("Invalid reference", detail, source.span(traversal.start, traversal.end), hint=hint)
            if (PREFIX + first, second) not in module.resources:
                if PREFIX + first not in types:
                    kinds = [t.removeprefix(PREFIX) for t in types if t.startswith(PREFIX)]
                    detail = f'There is no data source type "{first}".{did_you_mean(first, kinds)}'
                    return error("Reference to undeclared data source", detail, source.span(traversal.start, traversal.end))
                known = [name for kind, name in module.resources if kind == f"{PREFIX}{first}"]
                hint = f'declare it: data "{first}" "{second}" {{ … }}'
                return _missing("data source", traversal, source, second, known, hint, f"data.{first}")
            return _keyless(traversal, source, module.resources[PREFIX + first, second], 2)
        case _ if root in types:
            if first is None or (root, first) not in module.resources:
                known = [name for kind, name in module.resources if kind == root]
                return _missing(
                    "resource", traversal, source, first, known, f'declare it: {root} "{first or "NAME"}" {{ … }}', root
                )
            return _keyless(traversal, source, module.resources[root, first], 1)
    return None


_INDIRECT = ("var", "local", "module", "path", "data", "kfinfra")
"""What is no value by itself: one of its attributes is."""


def _indirect(traversal: Traversal, source: SourceText, node: Node) -> Diagnostic:
    root, module = traversal.root, node.module
    tables: dict[str, Iterable[str]] = {"var": module.variables, "local": module.locals, "module": module.calls, "path": PATHS}
    known = tables.get(root, ())
    index = traversal.steps[0] if traversal.steps else None
    key = index.key if isinstance(index, Index) else None
    name = key if isinstance(key, str) else next(iter(known), "NAME")
    detail = f'"{root}" is no value by itself: refer to one of its attributes.'
    hint = f"write: {root}.{name}" + ("" if key is not None or root == "data" else ", and so on")
    if index is not None and key is None:
        hint = "to choose by a name that is worked out, make an object of the values in question"
    if root == "data":
        hint = "write: data.TYPE.NAME"
    return error("Invalid reference", detail, source.span(traversal.start, traversal.end), hint=hint)


def unknown_root(traversal: Traversal, source: SourceText, node: Node, types: Iterable[str]) -> Diagnostic:
    """A reference whose first word means nothing here."""
    root, span = traversal.root, source.span(traversal.start, traversal.end)
    if root in _LOCAL_TO_A_BLOCK:
        summary, detail = _LOCAL_TO_A_BLOCK[root]
        return error(summary, detail, span)
    rest = ".".join(_names(traversal))
    if root in _OTHERWISE:
        better, why = _OTHERWISE[root]
        wanted = "workspace" if root == "terraform" else rest or "NAME"
        return error("Invalid reference", why, span, hint=f"write: {better}.{wanted}")
    if root == "output":
        detail = "A module's own outputs cannot be referred to: they are for its caller."
        return error(
            "Invalid reference", detail, span, hint="refer to what the output's value is made of, or keep it in a local value"
        )
    if root == "resource":
        return error("Invalid reference", "Resources are referred to by their type.", span, hint=f"write: {rest or 'TYPE.NAME'}")
    declared = [f"var.{root}"] if root in node.module.variables else []
    declared += [f"local.{root}"] if root in node.module.locals else []
    if declared and not traversal.steps:
        detail = f'There is no name "{root}" here.'
        return error("Reference to undeclared name", detail, span, hint=f"write: {' or '.join(declared)}")
    roots = ["var", "local", "module", "data", "path", *(t for t in types if "." not in t)]
    hint = "names begin with var., local., or a resource type"
    if not traversal.steps:
        hint += f'; a text is written in quotes: "{root}"'
    detail = f'There is no name "{root}" here.{did_you_mean(root, roots)}'
    return error("Reference to undeclared name", detail, span, hint=hint)


def _names(traversal: Traversal) -> list[str]:
    """The plain names that follow the root at once."""
    out: list[str] = []
    for step in traversal.steps:
        if not isinstance(step, Attr):
            break
        out.append(step.name)
    return out


def _missing(
    what: str,
    traversal: Traversal,
    source: SourceText,
    asked: str | None,
    known: Iterable[str],
    hint: str = "",
    kind: str = "",
) -> Diagnostic:
    asked = asked or traversal.root
    detail = f'There is no {kind or what} named "{asked}".{did_you_mean(asked, known)}'
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
    return error(NO_OUTPUT, detail, source.span(step.start, step.end), hint=hint)


def _keyless(traversal: Traversal, source: SourceText, block: Declared, used: int) -> Diagnostic | None:
    """An attribute of what repeats, without saying of which instance."""
    how = next((name for name in ("count", "for_each") if block.attribute(name) is not None), None)
    step = traversal.steps[used] if len(traversal.steps) > used else None
    if how is None or not isinstance(step, Attr):
        return None
    kind = "module" if traversal.root == "module" else "resource"
    name = ".".join((traversal.root, *(s.name for s in traversal.steps[:used] if isinstance(s, Attr))))
    detail = f'Because {name} has "{how}" set, its attributes are those of its instances.'
    key = "0" if how == "count" else '"KEY"'
    every = f"{name}[*].{step.name}" if how == "count" else f"[for x in {name} : x.{step.name}]"
    hint = f"write: {name}[{key}].{step.name} for one of them, or for all of them: {every}"
    return error(f"Missing {kind} instance key", detail, source.span(traversal.start, traversal.end), hint=hint)
