"""The `kfinfra` block: the version that is required, and where state lies."""

from __future__ import annotations

import re
from collections.abc import Callable, Container
from dataclasses import dataclass, field, replace

from kfinfra import __version__
from kfinfra.config.backends import Backend, read_backend
from kfinfra.config.constants import constant_string
from kfinfra.config.encryption import Encryption, read_encryption
from kfinfra.config.module import Declared, Module
from kfinfra.diag import Diagnostic, DiagnosticError, SourceText, did_you_mean, error
from kfinfra.hcl.evaluate import Scope

_NOT_NEEDED = {
    "required_providers": (
        "the providers (aws, kubernetes, kfp) are a part of kfinfra.",
        "remove it; what a provider needs stands in provider blocks",
    ),
    "cloud": ("there is no service that keeps states.", 'say where state lies: backend "TYPE" { … }'),
    "provider_meta": ("the providers are a part of kfinfra.", "remove it"),
}
"""Blocks that a `terraform` block has."""

BLOCKS = ("backend", "encryption")


@dataclass(frozen=True, slots=True)
class Settings:
    """Where the state lies, and what is encrypted."""

    backend: Backend = field(default_factory=Backend)
    encryption: Encryption = field(default_factory=Encryption)


def read_settings(
    module: Module,
    found: list[Diagnostic],
    scope: Callable[[SourceText], Scope] | None = None,
    given: Container[str] = frozenset(),
) -> Settings:
    """The settings; what is wrong with them goes to `found`. `given` are the variables that have a value from outside.

    Without a scope (a module that is called) nothing is evaluated.
    """
    reading = _Reading(found, scope, given)
    for declared in module.settings:
        try:
            reading.block(declared)
        except DiagnosticError as problem:
            found.extend(problem.diagnostics)
    return reading.settings


@dataclass
class _Reading:
    """The blocks of a module, one after the other."""

    found: list[Diagnostic]
    scope: Callable[[SourceText], Scope] | None
    given: Container[str]
    settings: Settings = Settings()
    first: dict[str, Declared] = field(default_factory=dict)

    def block(self, declared: Declared) -> None:
        """One `kfinfra` block. Raises DiagnosticError."""
        _versions(declared, self.found)
        for inner in map(declared.inner, declared.block.body.blocks):
            kind = inner.block.type
            scope = self.scope(inner.source) if self.scope is not None else None
            if kind in self.first:
                hint = f"the first one is at {self.first[kind].span}"
                self.found.append(error("Duplicate block", f'There is one "{kind}" block at most.', inner.span, hint=hint))
            elif kind == "backend":
                read = read_backend(inner, scope, self.found)
                self.settings = replace(self.settings, backend=read or self.settings.backend)
            elif kind == "encryption":
                encryption = read_encryption(inner, self.scope, self.given, self.found)
                self.settings = replace(self.settings, encryption=encryption or self.settings.encryption)
            else:
                self.found.append(_unsupported(inner))
            self.first.setdefault(kind, inner)


def _unsupported(inner: Declared) -> Diagnostic:
    kind = inner.block.type
    if kind in _NOT_NEEDED:
        why, hint = _NOT_NEEDED[kind]
        return error("Unsupported block type", f'A "kfinfra" block has no "{kind}": {why}', inner.span, hint=hint)
    detail = f'A "kfinfra" block has no "{kind}" block.{did_you_mean(kind, BLOCKS)}'
    return error("Unsupported block type", detail, inner.span, hint='it may hold backend "TYPE" { … } and encryption { … }')


def _versions(declared: Declared, found: list[Diagnostic]) -> None:
    for attribute in declared.block.body.attributes:
        if attribute.name != "required_version":
            detail = f'A "kfinfra" block has no argument "{attribute.name}".{did_you_mean(attribute.name, ["required_version"])}'
            found.append(error("Unsupported argument", detail, declared.name_span(attribute)))
            continue
        wanted = constant_string(declared, attribute)
        try:
            fits = satisfies(__version__, wanted)
        except ValueError as problem:
            said = str(problem) if str(problem).endswith("?") else f"{problem}."
            found.append(error("Invalid version constraint", said, declared.expr_span(attribute.expr)))
            continue
        if not fits:
            detail = f"This is kfinfra {__version__}; the configuration requires {wanted}."
            hint = "install a version that fits, or change the constraint if you know that this one serves"
            found.append(error("Unsupported kfinfra version", detail, declared.expr_span(attribute.expr), hint=hint))


_CONSTRAINT = re.compile(r"\s*(=|!=|>=|<=|>|<|~>)?\s*v?(\d+(?:\.\d+){0,2})(-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?\s*")
_MISTYPED = {"=>": ">=", "=<": "<=", "==": "=", "~": "~>", "^": "~>", "~=": "~>", "<>": "!="}


def satisfies(version: str, constraints: str) -> bool:
    """Whether `version` meets `constraints` (`>= 0.1, < 2`), its prerelease left aside. Raises ValueError, with a sentence."""
    have = _numbers(version.split("-")[0])
    fits = True
    for part in constraints.split(","):
        match = _CONSTRAINT.fullmatch(part)
        if not match:
            raise ValueError(f'"{part.strip()}" is not a version constraint such as >= 0.1 or ~> 1.2{_meant(part)}')
        if match[3]:
            raise ValueError(f'"{part.strip()}" names a prerelease: constraints are about releases, so leave {match[3]} out')
        fits = fits and _meets(have, match[1] or "=", match[2])
    return fits


def _meant(part: str) -> str:
    operator = re.match(r"\s*([^\d\sv]*)", part)
    better = _MISTYPED.get(operator[1]) if operator else None
    return f'. Did you mean "{better}"?' if better else ""


def _meets(have: tuple[int, ...], operator: str, text: str) -> bool:
    want = _numbers(text)
    if operator == "~>":
        given = tuple(int(n) for n in text.split("."))
        upper = _numbers(".".join(map(str, (*given[:-2], given[-2] + 1)))) if len(given) > 1 else (10**9, 0, 0)
        return want <= have < upper
    table = {"=": have == want, "!=": have != want, ">=": have >= want, "<=": have <= want, ">": have > want}
    return table.get(operator, have < want)


def _numbers(text: str) -> tuple[int, ...]:
    parts = tuple(int(n) for n in text.split("."))
    return parts + (0,) * (3 - len(parts))
