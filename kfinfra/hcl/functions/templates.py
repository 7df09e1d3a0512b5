"""`templatefile` and `templatestring`: templates evaluated with the variables given, and nothing else in scope."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from kfinfra.diag import DiagnosticError, SourceText, error
from kfinfra.hcl.functions.encoding import text_of
from kfinfra.hcl.functions.files import Files, reader
from kfinfra.hcl.functions.function import Function, FunctionError, Implementation
from kfinfra.hcl.nodes import Expr, Step, Traversal
from kfinfra.values.convert import ConversionError, convert
from kfinfra.values.data import MapValue, ObjectValue, Value
from kfinfra.values.marks import unmark
from kfinfra.values.nulls import is_null
from kfinfra.values.types import STRING


@dataclass(frozen=True, slots=True)
class _Variables:
    """The scope of a template."""

    values: Mapping[str, Value]
    functions: Mapping[str, Function]
    known: Mapping[str, Mapping[str, Value]] = field(default_factory=dict)

    def lookup(self, root: str, steps: tuple[Step, ...], traversal: Traversal) -> tuple[Value, int]:
        if root not in self.values:
            raise DiagnosticError(error("Invalid template", f'vars map does not contain key "{root}"'))
        return self.values[root], 0


def functions(files: Files, known: Mapping[str, Function]) -> dict[str, Implementation]:
    """The functions; `known` are those that templates may call (looked at when they do)."""
    read = reader(files)

    def filled(name: str, text: str, variables: Value) -> Value:
        from kfinfra.hcl.evaluate import typed
        from kfinfra.hcl.parser import parse_template

        if not isinstance(variables, ObjectValue | MapValue):
            raise FunctionError("invalid vars value: must be a map", 1)
        usable = {n: f for n, f in known.items() if n not in ("templatefile", "templatestring")}
        source = SourceText(name, text)
        try:
            template = parse_template(source)
            _check_names(template, variables.items)
            found = typed(template, _Variables(variables.items, usable), source)
        except DiagnosticError as bad:
            first = bad.diagnostics[0]
            where = f"{first.span}: " if first.span else ""
            raise FunctionError(f"{where}{first.summary}; {first.detail.rstrip('.')}") from bad
        if is_null(unmark(found)[0]):
            raise FunctionError("the result of the template is null")
        return found

    def text(template: str, variables: Value) -> Value:
        try:
            return convert(filled("<template>", template, variables), STRING)
        except ConversionError as bad:
            raise FunctionError(f"invalid template result: {bad.message}") from bad

    return {"templatefile": lambda path, variables: filled(path, text_of(read(path), path), variables), "templatestring": text}


def _check_names(template: Expr, given: Mapping[str, Value]) -> None:
    """Names that no template can use, and names that this one uses in vain wherever it does. Raises FunctionError."""
    from kfinfra.hcl.references import references

    for name in given:
        if name.startswith("-") or not name.replace("-", "_").isidentifier():
            detail = "must start with a letter, followed by zero or more letters, digits, and underscores"
            raise FunctionError(f'invalid template variable name "{name}": {detail}', 1)
    for used in references(template):
        if used.root not in given:
            raise FunctionError(f'vars map does not contain key "{used.root}"', 1)
