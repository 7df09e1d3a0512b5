"""A data source that is read during apply: an operation that changes nothing, so that nothing is journaled."""

from __future__ import annotations

from kfinfra.diag import DiagnosticError, error
from kfinfra.engine.data import read_now
from kfinfra.engine.hooks import Hooks
from kfinfra.engine.operation import Surroundings
from kfinfra.engine.schedule import Task
from kfinfra.model.plain import is_known
from kfinfra.model.resource import Resource
from kfinfra.state.document import ResourceState


class ReadingOperation:
    """A read being carried out; it has the shape of RunningOperation."""

    def __init__(self, task: Task, around: Surroundings) -> None:
        self.task = task
        self.started = around.clock.monotonic()
        self.resource: ResourceState | None = None
        self._around = around

    def advance(self) -> float | None:
        """Reads, and makes what was found what references give. Raises DiagnosticError."""
        around, address = self._around, self.task.address
        desired = around.config.instance(address)
        unknown = [n for n, v in desired.resource.attributes.items() if not is_known(v)]
        if unknown:
            detail = f"{', '.join(unknown)} of {address} has no value after all it depends on was applied."
            raise DiagnosticError(error("Value is still unknown", detail, desired.span, address=str(address)))
        for read in read_now([desired], around.config.types, around.providers, Hooks()):
            around.config.settle(Resource(address, read.after or {}, read.sensitive), final=True)
        failed = around.config.check_after(address)
        if failed:
            raise DiagnosticError(failed)
        return None

    def failed(self) -> None:
        """Nothing was changed, so nothing is left behind."""
