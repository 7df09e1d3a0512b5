"""Experiments: found by name in pages, made, archived and unarchived, deleted."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from kfinfra.diag import DiagnosticError, error
from kfinfra.model.plain import Attributes, Plain
from kfinfra.model.ports import Checkpoint, Observed, Operation, Run
from kfinfra.providers.kfp import marks, translate
from kfinfra.providers.kfp.client import Kfp, named

DEFAULT = "Default"
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def in_namespace(kfp: Kfp, namespace: str) -> list[Mapping[str, Any]]:
    """All experiments of a namespace, archived ones too."""
    return list(kfp.pages("list experiments", "/experiments", "experiments", namespace=namespace))


def by_name(kfp: Kfp, namespace: str, name: str) -> Mapping[str, Any] | None:
    """The experiment of that name, archived or not."""
    query = {"namespace": namespace, "filter": named("display_name", name)}
    found = kfp.pages(f'look up the experiment "{name}"', "/experiments", "experiments", **query)
    return next((e for e in found if e.get("display_name") == name), None)


def id_of(kfp: Kfp, namespace: str, written: Plain) -> str | None:
    """The id of the experiment that a recurring run names, by id or by name; None lets the server choose.

    A multi-user server does not choose (GetValidExperimentNamespacePair): there it is the one named Default, as in the SDK.
    """
    if written is None and not kfp.server.multi_user:
        return None
    name = str(written or DEFAULT)
    if _UUID.fullmatch(name):
        return name
    found = by_name(kfp, namespace, name)
    if found is None:
        missing = "and none is written: a server for several users wants one" if written is None else "which is named here"
        hint = 'declare one: experiment "NAME" { … }, and write experiment = experiment.NAME'
        detail = f'There is no experiment "{name}" in {namespace or "KFP"}, {missing}.'
        raise DiagnosticError(error("No such experiment", detail, hint=hint))
    return str(found["experiment_id"])


def observed(found: Mapping[str, Any] | None, identity: Attributes) -> Observed:
    """An experiment as it is."""
    if found is None:
        return Observed(None)
    return Observed(translate.experiment(found, identity), owner=marks.split(found.get("description"))[1])


def create(kfp: Kfp, operation: Operation) -> Run:
    """Makes the experiment; one that bears our mark already is taken over."""
    desired, name = operation.desired, str(operation.desired["name"])
    namespace = kfp.place(desired.get("namespace"), f'the experiment "{name}"')
    description = marks.marked_short(desired.get("description"), operation.owner)
    found = by_name(kfp, namespace, name)
    if found is None:
        body = {"display_name": name, "description": description, "namespace": namespace}
        found = kfp.post(f'create the experiment "{name}"', "/experiments", body)
    elif marks.split(found.get("description"))[1] != operation.owner:
        raise DiagnosticError(_exists(name, found.get("storage_state") == "ARCHIVED"))
    attributes = {**desired, "id": str(found["experiment_id"])}
    yield Checkpoint(attributes)
    _archive(kfp, str(attributes["id"]), name, found.get("storage_state") == "ARCHIVED", bool(desired.get("archived")))
    return attributes


def _exists(name: str, archived: bool) -> Any:
    state = "exists, archived," if archived else "exists"
    hint = "choose another name, or import it"
    if archived:
        hint = "unarchive it (kfp experiment unarchive, or the UI's Archived tab) and import it, or choose another name"
    return error(
        "Experiment already exists", f'An experiment "{name}" {state} and was not made by this configuration.', hint=hint
    )


def update(kfp: Kfp, operation: Operation) -> Run:
    """Archives or unarchives; nothing else can be changed in place."""
    yield from ()
    desired, prior = operation.desired, operation.prior
    identifier = str(prior["id"])
    _archive(kfp, identifier, str(desired["name"]), bool(prior.get("archived")), bool(desired.get("archived")))
    return {**desired, "id": identifier}


def _archive(kfp: Kfp, identifier: str, name: str, now: bool, wanted: bool) -> None:
    if now != wanted:
        verb = "archive" if wanted else "unarchive"
        kfp.post(f'{verb} the experiment "{name}"', f"/experiments/{identifier}:{verb}", again=True)


def delete(kfp: Kfp, operation: Operation) -> Run:
    """Deletes it; its runs stay, as KFP has it."""
    yield from ()
    identifier = operation.prior.get("id")
    if identifier:
        kfp.delete(f'delete the experiment "{operation.prior.get("name")}"', f"/experiments/{identifier}")
    return {}
