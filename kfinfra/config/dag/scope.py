"""The names that a pipeline's expressions see: its parameters, tasks' outputs and loops' items besides the module's own.

What a run will know is a `Deferred` value with the mark CHANNEL. It passes through templates, conditionals, `for` and
collections; whatever is computed from it is told by the mark, and refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from kfinfra.diag import Diagnostic, DiagnosticError, SourceText, did_you_mean, error
from kfinfra.hcl.evaluate import Names, Scope
from kfinfra.hcl.functions.function import Function, FunctionError, Parameter
from kfinfra.hcl.nodes import Attr, Step, Traversal
from kfinfra.values.data import CHANNEL, Deferred, Placeholder, Value
from kfinfra.values.marks import mark, unmark
from kfinfra.values.types import ANY

CHANNELS = frozenset({CHANNEL})
ROOTS = ("param", "task", "importer", "parallel_for", "each", "component", "condition", "exit_handler", "input", "output")


def deferred(*parts: str | Placeholder) -> Value:
    """A value of a run."""
    return mark(Deferred(ANY, not_null=True, parts=parts), CHANNELS)


def placeholder(value: Value) -> Placeholder | None:
    """The placeholder that a value is, where it is one and nothing else."""
    bare = unmark(value)[0]
    match bare:
        case Deferred(parts=(Placeholder() as only,)):
            return only
        case _:
            return None


def _collect(value: Value) -> Value:
    found = placeholder(value)
    if found is None or found.kind not in ("task", "importer"):
        raise FunctionError("an output of a task in a loop is required, such as task.fit.output", 0)
    return deferred(Placeholder("collected", of=(found,)))


def _one_of(*values: Value) -> Value:
    found = [placeholder(value) for value in values]
    for at, one in enumerate(found):
        if one is None or one.kind not in ("task", "importer"):
            raise FunctionError("an output of a task in a branch is required, such as task.fit.output", at)
    return deferred(Placeholder("one_of", of=tuple(one for one in found if one is not None)))


_FUNCTIONS: Mapping[str, Function] = {
    "collect": Function("collect", (Parameter("output"),), None, ANY, _collect, marked=True),
    "one_of": Function("one_of", (Parameter("output"),), Parameter("output"), ANY, _one_of, marked=True),
}


@dataclass(frozen=True)
class DagScope:
    """A pipeline's names over those of its module. `loop` is the innermost loop; `words` what a container's command sees."""

    base: Scope
    source: SourceText
    parameters: tuple[str, ...]
    loop: str = ""
    channels: bool = True
    words: Mapping[str, tuple[str, ...]] | None = None
    functions: Mapping[str, Function] = field(init=False)
    known: Names = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "known", {root: names for root, names in self.base.known.items() if root not in ROOTS})
        object.__setattr__(self, "functions", {**self.base.functions, **_FUNCTIONS})

    def within(self, loop: str) -> DagScope:
        """The scope of what is inside a loop."""
        return replace(self, loop=loop)

    def without_channels(self) -> DagScope:
        """The scope of what must be known when the pipeline is compiled: a task's settings."""
        return replace(self, channels=False)

    def of_command(self, inputs: tuple[str, ...], outputs: tuple[str, ...]) -> DagScope:
        """The scope of a container component's command."""
        return replace(self, words={"input": inputs, "output": outputs})

    def lookup(self, root: str, steps: tuple[Step, ...], traversal: Traversal) -> tuple[Value, int]:
        """The value of a root name, and how many of `steps` it has used."""
        if root not in ROOTS:
            return self.base.lookup(root, steps, traversal)
        if root == "each" and not self.loop:
            return self._of_resource(steps, traversal)
        names = _names(steps)
        if root in ("input", "output"):
            return self._word(root, names, traversal)
        if not self.channels or self.words is not None:
            where = "a container's command takes input.NAME and output.NAME.path" if self.words is not None else _SETTINGS
            detail = f"{self._text(traversal)} has a value only while the pipeline runs, and cannot stand here."
            raise self._error("Value of a run in a setting", detail, traversal, where)
        match root:
            case "param":
                return self._parameter(names, traversal)
            case "task" | "importer":
                return self._output(root, names, traversal)
            case "each":
                return self._item(self.loop, names, "each", traversal, 0)
            case "parallel_for":
                return self._item(
                    names[0] if names else "", names[1:], f"parallel_for.{names[0] if names else 'NAME'}", traversal, 1
                )
            case _:
                detail = f"{self._text(traversal)} is no value: it may stand in component, after and guards only."
                raise self._error("Invalid reference", detail, traversal)

    def _of_resource(self, steps: tuple[Step, ...], traversal: Traversal) -> tuple[Value, int]:
        """`each` outside of loops: the resource's own, where it has for_each."""
        try:
            return self.base.lookup("each", steps, traversal)
        except DiagnosticError as problem:
            hint = "an item of a pipeline's loop has a value within that parallel_for only: move the task into it"
            raise DiagnosticError(replace(d, hint=hint) for d in problem.diagnostics) from None

    def _parameter(self, names: tuple[str, ...], at: Traversal) -> tuple[Value, int]:
        if not names:
            raise self._error("Invalid reference", "param is no value: param.NAME is the value of a parameter.", at)
        if names[0] not in self.parameters:
            asked = names[0]
            detail = f'The pipeline has no parameter "{asked}".{did_you_mean(asked, self.parameters)}'
            raise self._error("Reference to undeclared parameter", detail, at, f'declare it: parameter "{asked}" {{ … }}')
        return deferred(Placeholder("parameter", names[0])), 1

    def _output(self, kind: str, names: tuple[str, ...], at: Traversal) -> tuple[Value, int]:
        match names:
            case (name, "output", *_):
                return deferred(Placeholder(kind, name)), 2
            case (name, "outputs", key, *_):
                return deferred(Placeholder(kind, name, key)), 3
            case _:
                name = names[0] if names else "NAME"
                wrong = names[1] if len(names) > 1 else ""
                detail = f"{self._text(at)} is no value.{did_you_mean(wrong, ('output', 'outputs')) if wrong else ''}"
                hint = f"write {kind}.{name}.output for its only output, {kind}.{name}.outputs.NAME for one of several"
                raise self._error("Invalid reference", detail, at, hint)

    def _item(self, loop: str, names: tuple[str, ...], said: str, at: Traversal, used: int) -> tuple[Value, int]:
        if not names or names[0] != "value":
            detail = f"{self._text(at)} is no value: within a parallel_for the item is {said}.value."
            raise self._error("Invalid reference", detail, at, f"write {said}.value, or {said}.value.FIELD")
        key = names[1] if len(names) > 1 else ""
        return deferred(Placeholder("item", loop, key)), used + len(names[:2])

    def _word(self, root: str, names: tuple[str, ...], at: Traversal) -> tuple[Value, int]:
        if self.words is None:
            detail = f"{root}.NAME stands in the command and args of a container component only."
            raise self._error("Invalid reference", detail, at)
        if not names or names[0] not in self.words[root]:
            asked = names[0] if names else ""
            detail = f'The component has no {root} "{asked}".{did_you_mean(asked, self.words[root])}'
            raise self._error(f"Reference to undeclared {root}", detail, at, f'declare it: {root} "{asked or "NAME"}" {{ … }}')
        key = names[1] if len(names) > 1 else "value" if root == "input" else ""
        if key not in (("value", "path", "uri") if root == "input" else ("path", "uri")):
            hint = "input.NAME is a parameter's value; input.NAME.path and .uri an artifact's; output.NAME.path where to write"
            raise self._error("Invalid reference", f"{self._text(at)} is no part of an {root}.", at, hint)
        return deferred(Placeholder(root, names[0], key)), len(names[:2])

    def _text(self, at: Traversal) -> str:
        return self.source.text[at.start : at.end]

    def _error(self, summary: str, detail: str, at: Traversal, hint: str = "") -> DiagnosticError:
        found: Diagnostic = error(summary, detail, self.source.span(at.start, at.end), hint=hint)
        return DiagnosticError(found)


_SETTINGS = "what a run knows may stand in a task's arguments, in a loop's items, and in when"


def _names(steps: tuple[Step, ...]) -> tuple[str, ...]:
    """The names of the steps, as far as they are names."""
    out: list[str] = []
    for step in steps:
        name = step.name if isinstance(step, Attr) else step.key
        if not isinstance(name, str):
            break
        out.append(name)
    return tuple(out)
