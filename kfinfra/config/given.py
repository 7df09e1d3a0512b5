"""Values that are given for the root module's variables: saved plan < environment < var files < command line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from kfinfra.config.constants import constant
from kfinfra.config.files import ParsedFile
from kfinfra.config.module import Declared
from kfinfra.diag import Diagnostic, DiagnosticError, SourceText, did_you_mean, error, warning
from kfinfra.hcl.nodes import Expr
from kfinfra.model.plain import Plain

ENV_PREFIX = "KFINFRA_VAR_"


@dataclass(frozen=True, slots=True)
class Given:
    """A value for a variable: an expression in a text, a raw string that its type decides how to read, or `data` as it is."""

    source: SourceText
    expr: Expr | None
    raw: str = ""
    data: tuple[Plain, ...] = ()


class Ask(Protocol):
    """How a variable without a value is asked for."""

    def __call__(self, name: str, description: str, secret: bool) -> str:
        """What is typed for it. Raises DiagnosticError where nothing is."""


def asked(declared: Mapping[str, Declared], given: Mapping[str, Given], ask: Ask) -> dict[str, Given]:
    """Values for the variables that have none, in the order of their names."""
    out: dict[str, Given] = {}
    for name, block in sorted(declared.items()):
        if name in given or block.attribute("default") is not None:
            continue
        described, sensitive = block.attribute("description"), block.attribute("sensitive")
        text = constant(described.expr) if described is not None else None
        secret = sensitive is not None and constant(sensitive.expr) in (True, "true")
        raw = ask(name, text if isinstance(text, str) else "", secret)
        out[name] = Given(SourceText(f"<value typed for var.{name}>", raw), None, raw)
    return out


def from_plan(values: Mapping[str, Plain], declared: Mapping[str, Declared]) -> dict[str, Given]:
    """The values that a saved plan was made with."""
    source = SourceText("<saved plan>", "")
    return {name: Given(source, None, data=(value,)) for name, value in values.items() if name in declared}


def from_environment(env: Mapping[str, str], declared: Iterable[str]) -> dict[str, Given]:
    """Values of declared variables from KFINFRA_VAR_name."""
    names = ((name, ENV_PREFIX + name) for name in declared)
    return {name: Given(SourceText(f"<environment {key}>", env[key]), None, env[key]) for name, key in names if key in env}


def from_file(file: ParsedFile, declared: Mapping[str, Declared]) -> tuple[dict[str, Given], list[Diagnostic]]:
    """Values from a var file; a value for an undeclared variable is a warning."""
    given: dict[str, Given] = {}
    found: list[Diagnostic] = []
    for attribute in file.body.attributes:
        span = file.source.span(attribute.start, attribute.name_end)
        if attribute.name not in declared:
            detail = f'No variable "{attribute.name}" is declared.{did_you_mean(attribute.name, declared)}'
            hint = (
                f'declare it: variable "{attribute.name}" {{ … }}, or give it in {ENV_PREFIX}{attribute.name}, which may be more'
            )
            found.append(warning("Value for undeclared variable", detail, span, hint=hint))
            continue
        given[attribute.name] = Given(file.source, attribute.expr)
    for block in file.body.blocks:
        span = file.source.span(block.start, block.header_end)
        name = block.labels[0].value if block.labels else "NAME"
        if block.type == "variable":
            detail = "A var file gives values to variables; they are declared in .hcl files."
            hint = f"write: {name} = …; the declaration belongs into a file such as variables.hcl"
            found.append(error("Variable declaration in a var file", detail, span, hint=hint))
        else:
            found.append(error("Unsupported block type", "A var file holds arguments only: name = value.", span))
    return given, found


def from_command_line(text: str, declared: Mapping[str, Declared]) -> tuple[str, Given]:
    """The variable and value of `-var name=value`. Raises DiagnosticError."""
    name, equals, raw = text.partition("=")
    if not equals:
        hint = f"write: -var '{text}=VALUE'" if text in declared else "write: -var 'NAME=VALUE'"
        raise DiagnosticError(error("Invalid -var option", f'"{text}" is not of the form NAME=VALUE.', hint=hint))
    if name != name.strip():
        detail = f'The name "{name}" begins or ends with a space.'
        raise DiagnosticError(error("Invalid -var option", detail, hint=f"write: -var '{name.strip()}={raw.lstrip()}'"))
    if name not in declared:
        detail = f'No variable "{name}" is declared in the root module.{did_you_mean(name, declared)}'
        raise DiagnosticError(error("Value for undeclared variable", detail, hint=f'declare it: variable "{name}" {{ … }}'))
    return name, Given(SourceText(f"<value of -var {name}>", raw), None, raw)
