"""The tree of modules: each call's files read and decoded once, whatever it repeats. Nothing is evaluated here."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from kfinfra.config.constants import constant
from kfinfra.config.contexts import in_context
from kfinfra.config.files import SUFFIXES, ParsedFile, ParsedModule, Sources, parse_module
from kfinfra.config.installed import Located, source_span
from kfinfra.config.keys import ModulePath, prefix
from kfinfra.config.module import Declared, Module
from kfinfra.config.overrides import decode_files
from kfinfra.config.shapes import module_shape
from kfinfra.diag import Diagnostic, DiagnosticError, error
from kfinfra.hcl.cache import ParseCache
from kfinfra.model.schema import ProviderType, ResourceType


@dataclass
class Node:
    """One call's module, or the root: where it lies, and the block that calls it."""

    path: ModulePath
    located: Located
    module: Module
    call: Declared | None = None
    parent: Node | None = None
    children: dict[str, Node] = field(default_factory=dict)
    providers: Mapping[str, str] = field(default_factory=dict)
    """The provider keys that resources here may name, each with its key in the root module."""

    @property
    def folder(self) -> str:
        """The folder, relative to the root module's."""
        return self.located.folder

    def walk(self) -> Iterator[Node]:
        """This node and all beneath it, parents first."""
        yield self
        for child in self.children.values():
            yield from child.walk()

    def at(self, path: ModulePath) -> Node | None:
        """The node at `path` beneath this one."""
        node: Node | None = self
        for name in path:
            node = node.children.get(name) if node is not None else None
        return node


@dataclass(frozen=True, slots=True)
class Tree:
    """All modules. `digest` is that of every file's name and text, `var_files` are the root's."""

    root: Node
    digest: str
    var_files: Mapping[str, ParsedFile]


class Locate(Protocol):
    """Where the module lies that a call names."""

    def __call__(self, call: Declared, source: str, base: Located, path: ModulePath) -> Located:
        """`source` is what the call in the module at `base`, whose path is `path`, writes. Raises DiagnosticError."""
        ...


def load_tree(
    sources: Sources,
    types: Mapping[str, ResourceType],
    provider_types: Mapping[str, ProviderType],
    cache: ParseCache | None,
    locate: Locate,
) -> Tree:
    """The root module and all that it calls. Raises DiagnosticError with the mistakes of all files."""
    parsed = parse_module(sources, cache, module_shape(types, provider_types))
    reading = _Reading(sources, types, provider_types, cache, locate)
    root = Node((), Located("."), reading.decode(parsed))
    reading.digest.update(parsed.digest.encode())
    reading.descend(root)
    if reading.errors:
        raise DiagnosticError(sorted(in_context(dict.fromkeys(reading.errors), root), key=Diagnostic.order))
    return Tree(root, reading.digest.hexdigest() if root.children else parsed.digest, parsed.var_files)


class _Reading:
    """One loading: each folder is read once, however many calls name it."""

    def __init__(
        self,
        sources: Sources,
        types: Mapping[str, ResourceType],
        provider_types: Mapping[str, ProviderType],
        cache: ParseCache | None,
        locate: Locate,
    ) -> None:
        self._sources, self._types, self._provider_types = sources, types, provider_types
        self._cache, self._locate = cache, locate
        self._shape = module_shape(types, provider_types)
        self._modules: dict[str, Module] = {}
        self.errors: list[Diagnostic] = []
        self.digest = hashlib.sha256()

    def decode(self, parsed: ParsedModule) -> Module:
        """The module's blocks; what is wrong with them is remembered."""
        module, found = decode_files(parsed.files, self._types, self._provider_types)
        self.errors.extend(found)
        return module

    def descend(self, node: Node) -> None:
        """Adds the modules that `node` calls, and theirs."""
        for name, call in node.module.calls.items():
            try:
                node.children[name] = self._child(node, name, call)
            except DiagnosticError as problem:
                self.errors.extend(problem.diagnostics)
                continue
            self.descend(node.children[name])

    def _child(self, node: Node, name: str, call: Declared) -> Node:
        located = self._locate(call, source_of(call), node.located, node.path)
        folder = located.folder
        above: Node | None = node
        while above is not None:
            if above.folder == folder:
                who = f'"{prefix(above.path)[:-1]}"' if above.path else "the root module"
                detail = f"{folder} is the folder of {who}, which this call stands in: a module cannot call itself."
                raise DiagnosticError(error("Module calls itself", detail, call.span))
            above = above.parent
        if folder not in self._modules:
            self._modules[folder] = self._read(located, call)
        return Node((*node.path, name), located, self._modules[folder], call, node)

    def _read(self, located: Located, call: Declared) -> Module:
        folder = located.folder
        try:
            names = self._sources.list(folder)
        except OSError as problem:
            span = source_span(call)
            why = problem.strerror or problem
            detail = f'The folder "{folder}" that this call names cannot be read: {why}.'
            if located.package:
                inside = folder.removeprefix(f"{located.package}/")
                detail = f'The repository has no folder "{inside}" at the commit that is used: {why}.'
            raise DiagnosticError(error("Unreadable module directory", detail, span)) from problem
        if not any(n.endswith(SUFFIXES) and not n.startswith(".") for n in names):
            detail = f'The folder "{folder}" that this call names holds no file that ends in .hcl or .hcl.json.'
            raise DiagnosticError(error("No configuration files", detail, source_span(call)))
        parsed = parse_module(self._sources, self._cache, self._shape, folder)
        self.digest.update(f"{folder}\0{parsed.digest}".encode())
        return self.decode(parsed)


def source_of(call: Declared) -> str:
    """What a call's `source` writes. Raises DiagnosticError."""
    attribute = call.attribute("source")
    if attribute is None:
        detail = f'The call of module "{call.labels()[0]}" says not where the module lies.'
        raise DiagnosticError(
            error("Missing required argument", detail, call.span, hint='write: source = "./FOLDER", or a git address')
        )
    written = constant(attribute.expr)
    if not isinstance(written, str) or not written:
        detail = "A module's source is a string that is written out: it is needed before anything is evaluated."
        raise DiagnosticError(error("Invalid module source address", detail, call.expr_span(attribute.expr)))
    return written
