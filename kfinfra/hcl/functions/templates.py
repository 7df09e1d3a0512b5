"""`templatefile` and `templatestring`: templates evaluated with the variables given, and nothing else in scope."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kfinfra.diag import DiagnosticError, SourceText, error
from kfinfra.hcl.functions.encoding import text_of
from kfinfra.hcl.functions.files import Files, reader
from kfinfra.hcl.functions.function import Function, FunctionError, Implementation
from kfinfra.hcl.nodes import Step, Traversal
from kfinfra.values.data import MapValue, ObjectValue, Value


@dataclass(frozen=True, slots=True)
class _Variables:
    """The scope of a template."""

    values: Mapping[str, Value]
    functions: Mapping[str, Function]

    def lookup(self, root: str, steps: tuple[Step, ...], traversal: Traversal) -> tuple[Value, int]:
        if root not in self.values:
            raise DiagnosticError(error("Invalid template", f'vars map does not contain key "{root}"'))
        return self.values[root], 0


def functions(files: Files, known: Mapping[str, Function]) -> dict[str, Implementation]:
    """The functions; `known` are those that templates may call (looked at when they do)."""
    read = reader(files)

    def filled(name: str, text: str, variables: Value) -> Value:
        from kfinfra.hcl.evaluate import evaluate
        from kfinfra.hcl.parser import parse_template

        if not isinstance(variables, ObjectValue | MapValue):
            raise FunctionError("invalid vars value: must be a map", 1)
        usable = {n: f for n, f in known.items() if n not in ("templatefile", "templatestring")}
        source = SourceText(name, text)
        try:
            return evaluate(parse_template(source), _Variables(variables.items, usable), source)
        except DiagnosticError as bad:
            found = bad.diagnostics[0]
            where = f"{found.span}: " if found.span else ""
            raise FunctionError(f"{where}{found.summary}; {found.detail.rstrip('.')}") from bad

    return {
        "templatefile": lambda path, variables: filled(path, text_of(read(path), path), variables),
        "templatestring": lambda text, variables: filled("<template>", text, variables),
    }
