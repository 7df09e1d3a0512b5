"""diff: two versions of a deployed pipeline, task by task. Asks the server; changes nothing."""

from __future__ import annotations

from dataclasses import dataclass

from kfinfra.app import wiring
from kfinfra.app.inspect import read_state
from kfinfra.app.options import Workplace
from kfinfra.app.reading import configuration
from kfinfra.diag import DiagnosticError, did_you_mean, error
from kfinfra.model.ports import DetailLine
from kfinfra.state.document import ResourceState


@dataclass(frozen=True, slots=True)
class Comparison:
    """The names of two versions, when they were made (RFC 3339), and what differs between them."""

    old: str
    old_created: str
    new: str
    new_created: str
    lines: tuple[DetailLine, ...]


def compare_versions(work: Workplace, address: str, old: str | None, new: str | None) -> Comparison:
    """From version `old` (the newest but one, where None) to `new` (the newest). Raises DiagnosticError."""
    from kfinfra.pipelines.compare import Sources, compare

    recorded = recorded_pipeline(work, address)
    attributes = configuration(work).provider_attributes(recorded.provider)
    deployed = wiring.deployed_pipeline(work, attributes, str(recorded.attributes.get("id")))
    try:
        if old is None:
            latest = deployed.newest(2)
            if len(latest) < 2:
                detail = f"{address} has one version: there is nothing to compare it with."
                raise DiagnosticError(error("Only one version", detail, hint="kfinfra plan compares it with the configuration"))
            before, after = latest[1], latest[0]
        else:
            before = deployed.version(old)
            after = deployed.version(new) if new is not None else deployed.newest(1)[0]
    finally:
        deployed.close()
    sides = [side.summary if isinstance(side.summary, dict) else None for side in (before, after)]
    lines = compare(sides[0], sides[1], Sources(before.sources, after.sources))
    return Comparison(before.name, before.created, after.name, after.created, lines)


def recorded_pipeline(work: Workplace, address: str) -> ResourceState:
    """The pipeline at `address` as state has it. Raises DiagnosticError where there is none."""
    state = read_state(work)
    known = {str(a): r for a, r in state.resources.items() if a.type == "pipeline"} if state is not None else {}
    if address not in known:
        detail = f"State knows no pipeline {address}.{did_you_mean(address, known)}"
        hint = f"it knows {', '.join(sorted(known))}" if known else "apply first"
        raise DiagnosticError(error("No such pipeline", detail, hint=hint))
    return known[address]
