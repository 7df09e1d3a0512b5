"""The `kfinfra` block: the version that is required, and where state lies."""

from __future__ import annotations

import re
from dataclasses import dataclass

from kfinfra import __version__
from kfinfra.config.constants import constant_string
from kfinfra.config.module import Declared, Module
from kfinfra.diag import Diagnostic, DiagnosticError, did_you_mean, error

DEFAULT_STATE = "state/default.kfstate"


_NOT_NEEDED = {
    "required_providers": (
        "the providers (aws, kubernetes, kfp) are a part of kfinfra.",
        "remove it; what a provider needs stands in provider blocks",
    ),
    "cloud": ("there is no service that keeps states.", 'say where state lies: backend "TYPE" { … }'),
    "provider_meta": ("the providers are a part of kfinfra.", "remove it"),
}
"""Blocks that a `terraform` block has."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Where the local backend keeps the state, relative to the root module's folder."""

    state_path: str = DEFAULT_STATE


def read_settings(module: Module, found: list[Diagnostic]) -> Settings:
    """The settings; what is wrong with them goes to `found`."""
    path = DEFAULT_STATE
    for declared in module.settings:
        try:
            path = _read(declared, found) or path
        except DiagnosticError as problem:
            found.extend(problem.diagnostics)
    return Settings(path)


def _read(declared: Declared, found: list[Diagnostic]) -> str | None:
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
    path = None
    for block in declared.block.body.blocks:
        if block.type in _NOT_NEEDED:
            inner, (why, hint) = declared.inner(block), _NOT_NEEDED[block.type]
            found.append(
                error("Unsupported block type", f'A "kfinfra" block has no "{block.type}": {why}', inner.span, hint=hint)
            )
            continue
        path = _backend(declared.inner(block), found)
    return path


def _backend(declared: Declared, found: list[Diagnostic]) -> str | None:
    if declared.block.type != "backend" or declared.labels() != ("local",):
        shown = " ".join((declared.block.type, *(f'"{x}"' for x in declared.labels())))
        detail = f"{shown} is not supported by this version of kfinfra."
        found.append(error("Unsupported block type", detail, declared.span, hint='use backend "local" { path = "…" }'))
        return None
    path = None
    for attribute in declared.block.body.attributes:
        if attribute.name == "path":
            path = constant_string(declared, attribute)
        else:
            detail = f'The local backend has no argument "{attribute.name}".'
            found.append(error("Unsupported argument", detail, declared.name_span(attribute)))
    return path


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
