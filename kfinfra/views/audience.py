"""Who plan, apply and destroy speak to: a reader (text; data on stdout, talk on stderr) or a machine (JSON lines on stdout)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol, TextIO

from kfinfra.diag import Diagnostic
from kfinfra.engine.result import ApplyResult
from kfinfra.plan.change import Plan
from kfinfra.state.document import State
from kfinfra.views.cells import prose
from kfinfra.views.diagnostic import render_diagnostics
from kfinfra.views.events_json import JsonEvents
from kfinfra.views.outputs_text import counted, render_outputs
from kfinfra.views.plan_text import render_drift, render_plan
from kfinfra.views.tracking import Tracking


class Audience(Protocol):
    """What a command tells, in the order of these methods."""

    @property
    def hooks(self) -> Tracking:
        """Where the engine tells its progress."""
        ...

    def known(self, state: State) -> None:
        """The state that the command begins with."""
        ...

    def plan(self, plan: Plan) -> None:
        """The plan that was made."""
        ...

    def drift(self, plan: Plan) -> None:
        """What has changed outside."""
        ...

    def saved(self, path: str) -> None:
        """Where the plan was saved."""
        ...

    def result(self, result: ApplyResult, what: str) -> None:
        """What `what` (Apply, Destroy) has done."""
        ...

    def diagnostics(self, found: Iterable[Diagnostic]) -> None:
        """What went wrong."""
        ...


@dataclass(frozen=True, slots=True)
class Reader:
    """Text for a person, or for a log."""

    hooks: Tracking
    out: TextIO
    err: TextIO
    color: Callable[[TextIO], bool]
    width: Callable[[], int]
    compact: bool = False

    def known(self, state: State) -> None:
        """Nothing: the hooks tell what is looked up."""

    def plan(self, plan: Plan) -> None:
        """Warnings, then the plan."""
        self.diagnostics((*plan.warnings, *plan.check_warnings))
        self.out.write(render_plan(plan, color=self.color(self.out), width=self._room()))
        self.out.flush()

    def drift(self, plan: Plan) -> None:
        """What has changed, and what to do about it."""
        self.diagnostics(plan.warnings)
        self.out.write(render_drift(plan, color=self.color(self.out), width=self._room()))
        self.out.flush()

    def saved(self, path: str) -> None:
        """How to go on."""
        self.err.write(f"Saved the plan to {path}. To do exactly this: kfinfra apply {path}\n")

    def result(self, result: ApplyResult, what: str) -> None:
        """Failures, what is wrong at the end, the sum, and the outputs where all went well."""
        for found in (*result.failed.values(), result.problems):
            self.diagnostics(found)
        if not result.is_complete:
            left = f", {len(result.skipped)} skipped" if result.skipped else ""
            failed = f", {len(result.failed)} failed{left}" if result.failed or result.interrupted else ""
            told = f"{what} incomplete: {counted(what, result.counts(), result.imported)}{failed}."
            self.out.write("".join(f"{line}\n" for line in prose([told], self._room())))
            return
        told = f"{what} complete! Resources: {counted(what, result.counts(), result.imported)}."
        self.out.write("".join(f"{line}\n" for line in prose([told], self._room())))
        if result.outputs:
            self.out.write(f"\nOutputs:\n\n{render_outputs(result.outputs)}")

    def _room(self) -> int:
        """How wide sentences on stdout are: on a terminal only, a file is wrapped by nobody."""
        return self.width() if self.out.isatty() else 0

    def diagnostics(self, found: Iterable[Diagnostic]) -> None:
        """Boxes on stderr."""
        color = self.color(self.err)
        self.err.write(render_diagnostics(found, color=color, width=self.width(), compact=self.compact))
        self.err.flush()


@dataclass(frozen=True, slots=True)
class Machine:
    """JSON lines, and nothing else on stdout."""

    hooks: JsonEvents

    def known(self, state: State) -> None:
        """So that a refresh can name what it looks up."""
        self.hooks.known(state)

    def plan(self, plan: Plan) -> None:
        """The plan's messages."""
        self.hooks.plan(plan)

    def drift(self, plan: Plan) -> None:
        """The messages of a plan that only refreshes."""
        self.hooks.plan(plan)

    def saved(self, path: str) -> None:
        """Nothing, as in Terraform."""

    def result(self, result: ApplyResult, what: str) -> None:
        """The result's messages."""
        self.hooks.result(result, what)

    def diagnostics(self, found: Iterable[Diagnostic]) -> None:
        """A message each."""
        self.hooks.diagnostics(found)
