"""plan, apply and destroy as JSON lines: the messages of Terraform's machine-readable UI (version 1.2), and nothing else.

https://developer.hashicorp.com/terraform/internals/machine-readable-ui names them. Beside its shape: `kfinfra` in the
version message, `status` in apply_progress, `hint` in a diagnostic.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime

from kfinfra import __version__
from kfinfra.diag import Diagnostic, Severity
from kfinfra.engine.result import ApplyResult
from kfinfra.model.address import Address
from kfinfra.model.plain import Attributes
from kfinfra.plan.change import Action, Change, Plan
from kfinfra.state.document import OutputState, State
from kfinfra.views.diagnostic import diagnostic_json
from kfinfra.views.durations import duration
from kfinfra.views.json_values import Json
from kfinfra.views.outputs_text import counted, summed
from kfinfra.views.resources_json import FOLLOWS
from kfinfra.views.state_json import output_json
from kfinfra.views.tracking import DOING, DONE, Tracking, Underway, state_of, told

UI = "1.2"
_ACTIONS = {"no-op": "noop", "delete,create": "replace", "create,delete": "replace", "forget": "remove"}
_REASONS = {
    "replace_because_tainted": "tainted",
    "replace_by_request": "requested",
    "replace_because_cannot_update": "cannot_update",
    "replace_by_triggers": "replace_triggered_by",
}


def now() -> datetime:
    """The time that messages bear."""
    return datetime.now(UTC)


class JsonEvents(Tracking):
    """Writes each message with `write`, a line without its newline."""

    def __init__(
        self, write: Callable[[str], None], clock: Callable[[], float] = time.monotonic, date: Callable[[], datetime] = now
    ) -> None:
        super().__init__(clock)
        self._write, self._date = write, date
        self._state: State | None = None

    def emit(self, kind: str, message: str, body: Mapping[str, object], level: str = "info") -> None:
        """One message."""
        stamp = self._date().strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        head = {"@level": level, "@message": message, "@module": "kfinfra.ui", "@timestamp": stamp}
        with self.lock:
            self.tell(self._write, json.dumps({**head, **body, "type": kind}, ensure_ascii=False, separators=(",", ":")))

    def version(self) -> None:
        """The first message."""
        self.emit("version", f"kfinfra {__version__}", {"terraform": FOLLOWS, "kfinfra": __version__, "ui": UI})

    def known(self, state: State) -> None:
        """What a refresh will look up: its hooks say how many objects, this says which."""
        self._state = state

    def diagnostics(self, found: Iterable[Diagnostic]) -> None:
        """A message for each."""
        for d in found:
            level = "error" if d.severity is Severity.ERROR else "warn"
            body = {"diagnostic": diagnostic_json(d)}
            self.emit("diagnostic", f"{d.severity.value.capitalize()}: {d.summary}", body, level)

    def plan(self, plan: Plan) -> None:
        """Drift, what is planned, how much of it, the outputs, the warnings."""
        for change in plan.drift:
            body = {"resource": _resource(change.address, change.provider), "action": change.action.value}
            self.emit("resource_drift", f"{change.address}: Drift detected ({change.action.value})", {"change": body})
        for change in plan.to_apply:
            self._planned(change)
        self._summary(f"Plan: {summed(plan)}", plan.counts(), "plan", plan.imports)
        if plan.outputs:
            outputs = {
                o.name: {"sensitive": o.sensitive, "action": _ACTIONS.get(o.action.value, o.action.value)} for o in plan.outputs
            }
            self.emit("outputs", f"Outputs: {len(outputs)}", {"outputs": outputs})
        self.diagnostics((*plan.warnings, *plan.check_warnings))

    def result(self, result: ApplyResult, what: str) -> None:
        """The failures, what is wrong at the end, how much was done, the outputs."""
        for found in (*result.failed.values(), result.problems):
            self.diagnostics(found)
        if result.is_complete:
            done = f"{what} complete! Resources: {counted(what, result.counts(), result.imported)}."
            self._summary(done, result.counts(), what.lower(), result.imported)
            self._outputs(result.outputs)

    def adopted(self, change: Change) -> None:
        """A log message; Terraform has types for imports only, and tells of no move."""
        self.emit("log", told(change), {"hook": {"addr": str(change.address)}})

    def refresh_started(self, provider: str, count: int) -> None:
        """One message an object."""
        self._refresh("refresh_start", provider, "Refreshing state...")

    def refresh_done(self, provider: str, count: int) -> None:
        """One message an object."""
        self._refresh("refresh_complete", provider, "Refresh complete")

    def recovered(self, address: Address, what: str) -> None:
        """A log message, as Terraform has them for what has no type of its own."""
        self.emit("log", f"{address}: left open by an earlier command: {what}", {"hook": {"addr": str(address)}})

    def began(self, operation: Underway) -> None:
        """apply_start."""
        self._apply("apply_start", f"{DOING[operation.action]}...", operation, {})

    def tick(self) -> None:
        """apply_progress, every ten seconds of an operation."""
        for operation, seconds in self.due():
            said = f"Still {DOING[operation.action].lower()}... [{duration(seconds)} elapsed]"
            status = {"status": text} if (text := state_of(operation)) else {}
            self._apply("apply_progress", said, operation, {"elapsed_seconds": int(seconds), **status})

    def ended(self, operation: Underway, seconds: float) -> None:
        """apply_complete."""
        said = f"{DONE[operation.action]} complete after {duration(seconds)}"
        self._apply("apply_complete", said, operation, {"elapsed_seconds": int(seconds)})

    def failed(self, operation: Underway, seconds: float, diagnostics: Sequence[Diagnostic]) -> None:
        """apply_errored; the diagnostics follow at the end."""
        said = f"{DONE[operation.action]} errored after {duration(seconds)}"
        self._apply("apply_errored", said, operation, {"elapsed_seconds": int(seconds)})

    def operation_skipped(self, address: Address, because: Address) -> None:
        """A log message."""
        self.emit("log", f"{address}: Skipped, because {because} failed", {"hook": {"addr": str(address)}}, "warn")

    def _planned(self, change: Change) -> None:
        action = _ACTIONS.get(change.action.value, change.action.value)
        body: dict[str, Json] = {"resource": _resource(change.address, change.provider)}
        if change.previous is not None:
            body["previous_resource"] = _resource(change.previous, change.provider)
        if change.importing:
            body["importing"] = {"id": change.importing}
        if change.action is Action.NOOP:
            action = "move" if change.previous is not None else "import"
        body["action"] = action
        if change.reason:
            body["reason"] = _REASONS.get(change.reason, change.reason)
        self.emit("planned_change", f"{change.address}: Plan to {action}", {"change": body})

    def _summary(self, message: str, counts: tuple[int, int, int], operation: str, imports: int) -> None:
        add, change, remove = counts
        body = {"add": add, "change": change, "import": imports, "remove": remove, "operation": operation}
        self.emit("change_summary", message, {"changes": body})

    def _outputs(self, outputs: Mapping[str, OutputState]) -> None:
        if outputs:
            shown = {name: output_json(o) for name, o in sorted(outputs.items())}
            self.emit("outputs", f"Outputs: {len(shown)}", {"outputs": shown})

    def _refresh(self, kind: str, provider: str, words: str) -> None:
        resources = self._state.resources if self._state else {}
        for address, recorded in sorted(resources.items()):
            if recorded.provider == provider:
                hook = {"resource": _resource(address, provider), **_identity(recorded.attributes)}
                self.emit(kind, f"{address}: {words}", {"hook": hook})

    def _apply(self, kind: str, words: str, operation: Underway, more: Mapping[str, object]) -> None:
        change, action = operation.change, operation.action
        hook = {"resource": _resource(change.address, change.provider), "action": action.value}
        identity = {} if action is Action.CREATE else _identity(change.before or {})
        self.emit(kind, f"{change.address}: {words}", {"hook": {**hook, **identity, **more}})


def _identity(attributes: Attributes) -> dict[str, Json]:
    """What tells the object apart in the world, where it has an id."""
    found = attributes.get("id")
    return {"id_key": "id", "id_value": found} if isinstance(found, str) else {}


def _resource(address: Address, provider: str) -> dict[str, Json]:
    text = str(address.current)
    return {
        "addr": text,
        "module": address.module_text.rstrip("."),
        "resource": text.removeprefix(address.module_text),
        "implied_provider": provider.split(".")[0],
        "resource_type": address.type,
        "resource_name": address.name,
        "resource_key": address.key,
    }
