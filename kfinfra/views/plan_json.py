"""A plan in the JSON of `terraform show -json PLANFILE` (format 1.2), so that policy tools read it. Secrets are null."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from kfinfra.app.showing import PlanView
from kfinfra.model.address import Address
from kfinfra.model.plain import UNKNOWN, Plain, is_known
from kfinfra.plan.change import Action, Change, Mode, OutputChange, Plan
from kfinfra.state.document import OutputState
from kfinfra.views.checks_json import checks_json
from kfinfra.views.configuration_json import configuration_json
from kfinfra.views.json_values import Json, hidden, known, type_json, unknown
from kfinfra.views.relevant_json import relevant_attributes
from kfinfra.views.resources_json import Shown, address_json, modules_json, versions
from kfinfra.views.state_json import FORMAT as STATE_FORMAT
from kfinfra.views.state_json import outputs_json, shown

FORMAT = "1.2"
_DIGEST = re.compile(r"digest:([0-9a-f]{64}|unknown)")
"""What a plan keeps in the place of a sensitive variable's value."""


def plan_json(view: PlanView) -> dict[str, Json]:
    """The whole plan. What is not known of (see PlanView) is left out: `configuration`, `relevant_attributes`."""
    plan = view.plan
    prior = _prior(view)
    out: dict[str, Json] = {"format_version": FORMAT, **versions()}
    if plan.variables:
        out["variables"] = {name: {"value": _variable(value)} for name, value in sorted(plan.variables.items())}
    out["planned_values"] = _planned_values(view, prior)
    if plan.drift:
        out["resource_drift"] = [change_json(c) for c in plan.drift]
    if plan.changes:
        out["resource_changes"] = [change_json(c) for c in plan.changes]
    if plan.outputs:
        out["output_changes"] = {o.name: output_change_json(o) for o in plan.outputs}
    before = _prior_outputs(plan)
    if prior or before:
        values: dict[str, Json] = {"outputs": outputs_json(before)} if before else {}
        values["root_module"] = modules_json(prior.values())
        out["prior_state"] = {"format_version": STATE_FORMAT, **versions(), "values": values}
    if view.configuration is not None:
        out["configuration"] = configuration_json(view.configuration)
        out["relevant_attributes"] = relevant_attributes(view.configuration, plan)
    out["checks"] = checks_json(plan.checks)
    out["timestamp"] = datetime.fromtimestamp(view.made, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return out | {"applyable": plan.has_changes, "complete": not plan.targets, "errored": False}


def change_json(change: Change) -> dict[str, Json]:
    """One of resource_changes, or of resource_drift."""
    out = address_json(change.address, change.provider)
    if change.previous is not None:
        out["previous_address"] = str(change.previous)
    if change.address.deposed:
        out["deposed"] = change.address.deposed
    out["change"] = _change(change)
    return out | ({"action_reason": change.reason} if change.reason else {})


def _change(change: Change) -> dict[str, Json]:
    """The values. A write-only attribute is null on both sides, and sensitive: that it changes is seen in the actions only."""
    secret = dict.fromkeys(change.write_only)
    sensitive = change.sensitive | {(name,) for name in secret}
    before: Plain = None if change.before is None else {**change.before, **secret}
    after: Plain = None if change.after is None else {**change.after, **secret}
    out: dict[str, Json] = {
        "actions": list(change.action.value.split(",")),
        "before": known(before, sensitive),
        "after": known(after, sensitive),
        "after_unknown": unknown(after, sensitive) or {},
        "before_sensitive": hidden(before, sensitive),
        "after_sensitive": hidden(after, sensitive),
    }
    if change.importing:
        out["importing"] = {"id": change.importing}
    paths = sorted((list(d.path) for d in change.differences if d.replaces), key=str)
    return out | ({"replace_paths": [[*p] for p in paths]} if paths and change.action.replaces else {})


def output_change_json(output: OutputChange) -> dict[str, Json]:
    """One of output_changes."""
    secret = frozenset({()}) if output.sensitive else frozenset()
    out: dict[str, Json] = {"actions": [output.action.value], "before": known(output.before, secret)}
    if output.sensitive or output.after is not UNKNOWN:
        out["after"] = known(output.after, secret)
    out["after_unknown"] = _partly_unknown(output.after) if not output.sensitive else False
    return out | {"before_sensitive": output.sensitive, "after_sensitive": output.sensitive}


def _partly_unknown(value: Plain) -> Json:
    return False if is_known(value) else unknown(value)


def _variable(value: Plain) -> Json:
    return None if isinstance(value, str) and _DIGEST.fullmatch(value) else known(value)


def _prior(view: PlanView) -> dict[Address, Shown]:
    """What there is before the plan: what state records, as the refresh found it."""
    out = {a: shown(r) for a, r in view.prior.resources.items()} if view.prior else {}
    for change in view.plan.drift:
        if change.after is None:
            out.pop(change.address, None)
        else:
            out[change.address] = _shown(view, change, change.after, out)
    for change in (*view.plan.changes, *view.plan.data):
        if change.before is not None:
            out[change.address] = _shown(view, change, change.before, out)
    return out


def _shown(view: PlanView, change: Change, values: object, known_already: dict[Address, Shown]) -> Shown:
    address, recorded = change.address, known_already.get(change.address)
    attributes = values if isinstance(values, dict) else {}
    version = recorded.version if recorded else view.types[address.block[0]].version if address.block[0] in view.types else 1
    dependencies = recorded.dependencies if recorded else change.dependencies
    return Shown(address, change.provider, version, attributes, change.sensitive, dependencies)


def _planned_values(view: PlanView, prior: dict[Address, Shown]) -> Json:
    plan = view.plan
    after = {address: resource for address, resource in prior.items() if not address.data}
    for change in plan.changes:
        if change.after is None:
            after.pop(change.address, None)
        else:
            after[change.address] = _shown(view, change, change.after, {})
    out: dict[str, Json] = {}
    outputs = {o.name: _planned_output(o) for o in plan.outputs if o.action is not Action.DELETE}
    if outputs:
        out["outputs"] = {**outputs}
    return out | {"root_module": modules_json(_without_dependencies(r) for r in after.values())}


def _without_dependencies(resource: Shown) -> Shown:
    return Shown(resource.address, resource.provider, resource.version, resource.values, resource.sensitive)


def _planned_output(output: OutputChange) -> Json:
    if output.sensitive:
        return {"sensitive": True, "type": "dynamic", "value": None}
    if output.after is UNKNOWN:
        return {"sensitive": False}
    return {"sensitive": False, "type": type_json(output.after), "value": known(output.after)}


def _prior_outputs(plan: Plan) -> dict[str, OutputState]:
    if plan.mode is Mode.REFRESH_ONLY:
        return {}
    return {o.name: OutputState(o.before, o.sensitive) for o in plan.outputs if o.action is not Action.CREATE}
