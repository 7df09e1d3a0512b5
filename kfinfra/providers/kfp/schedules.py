"""Recurring runs: names are not unique and nothing but `enabled` can be changed, so one is found by its mark and replaced.

A replacement makes the new one first, disables the old one, and deletes it with propagation_policy=ORPHAN, so that runs in
flight go on (kubeflow/pipelines#7421); servers before 2.16 do not know the policy, and stop them. Both bear the same mark:
whoever comes after a crash sees two, and one of them as `leftovers`, which the next update takes away.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from kfinfra.diag import DiagnosticError, error
from kfinfra.model.plain import Attributes, Plain
from kfinfra.model.ports import Checkpoint, DetailLine, Observed, Operation, ReadRequest, Run
from kfinfra.plan.merge import same
from kfinfra.providers.kfp import experiments, marks, translate, versions
from kfinfra.providers.kfp.client import Kfp, named
from kfinfra.providers.kfp.schema import RECURRING_RUN

Wire = Mapping[str, Any]


def in_namespace(kfp: Kfp, namespace: str) -> list[Wire]:
    """All recurring runs of a namespace."""
    return list(kfp.pages("list recurring runs", "/recurringruns", "recurringRuns", namespace=namespace))


def by_name(kfp: Kfp, namespace: str, name: str) -> list[Wire]:
    """Those of one name."""
    query = {"namespace": namespace, "filter": named("display_name", name)}
    found = kfp.pages(f'look up the recurring run "{name}"', "/recurringruns", "recurringRuns", **query)
    return [run for run in found if run.get("display_name") == name]


def owner_of(run: Wire) -> str | None:
    """The mark it bears."""
    return marks.split(run.get("description"))[1]


def choose(runs: Sequence[Wire], request: ReadRequest) -> tuple[Wire | None, list[Wire]]:
    """The recurring run that a request is for, and others that bear the same mark. Raises DiagnosticError.

    The recorded one where it exists; without a record the one whose mark names the address, else the only one of the name.
    """
    name = request.identity.get("name")
    same = [r for r in runs if r.get("display_name") == name]
    known = request.recorded.get("id")
    chosen = next((r for r in runs if known and r["recurring_run_id"] == known), None)
    if chosen is None:
        ours = [r for r in same if marks.names(owner_of(r) or "", request.address)]
        chosen = _only(ours if ours or known else same, str(name))
    owner = owner_of(chosen) if chosen is not None else None
    if chosen is None or owner is None:
        return chosen, []
    return chosen, [r for r in same if owner_of(r) == owner and r is not chosen]


def _only(runs: Sequence[Wire], name: str) -> Wire | None:
    """The newest of those that one state made; several of different owners cannot be told apart."""
    if len({owner_of(r) for r in runs}) > 1 or (len(runs) > 1 and owner_of(runs[0]) is None):
        ids = ", ".join(str(r["recurring_run_id"]) for r in runs)
        detail = f'There are {len(runs)} recurring runs "{name}" ({ids}): KFP does not keep their names apart, nor can kfinfra.'
        raise DiagnosticError(error("Recurring run is ambiguous", detail, hint="delete those that are not wanted"))
    return max(runs, key=_age, default=None)


def _age(run: Wire) -> tuple[str, str]:
    return (str(run.get("created_at", "")), str(run["recurring_run_id"]))


def observed(kfp: Kfp, request: ReadRequest, runs: Sequence[Wire], experiment_names: Mapping[str, str]) -> Observed:
    """A recurring run as it is."""
    chosen, others = choose(runs, request)
    if chosen is None:
        return Observed(None)
    recorded = request.recorded
    told = translate.recurring_run(chosen)
    attributes: dict[str, Plain] = {
        **told,
        **request.identity,
        "pipeline": _pipeline(chosen, recorded),
        "version": _version(kfp, chosen, recorded),
        "experiment": _experiment(chosen, recorded, experiment_names),
        "leftovers": [str(r["recurring_run_id"]) for r in others] or None,
    }
    return Observed(attributes, owner=owner_of(chosen))


def _pipeline(run: Wire, recorded: Attributes) -> Plain:
    known, identifier = recorded.get("pipeline"), translate.pipeline_id(run)
    if isinstance(known, dict) and known.get("id") == identifier:
        return known
    return {"id": identifier, "name": None, "namespace": None, "version": None, "parameters": None}


def _version(kfp: Kfp, run: Wire, recorded: Attributes) -> Plain:
    """The pinned version's name; asked for where it is not the recorded one."""
    identifier, pipeline = translate.version_id(run), translate.pipeline_id(run)
    if identifier is None or recorded.get("version_id") == identifier:
        return recorded.get("version") if identifier else None
    found = kfp.find("read the pinned version", f"/pipelines/{pipeline}/versions/{identifier}")
    return versions.content_name(versions.name_of(found)) if found else f"(deleted version {identifier})"


def _experiment(run: Wire, recorded: Attributes, known: Mapping[str, str]) -> Plain:
    """As it was written, id or name, where it is still that one; else the id."""
    identifier, written = str(run.get("experiment_id") or ""), recorded.get("experiment")
    return written if written is not None and written == known.get(identifier) else identifier or None


def settle(kfp: Kfp, operation: Operation) -> Run:
    """Creates or updates: one recurring run that does what is desired bears the mark afterwards, and no other."""
    desired, name = operation.desired, str(operation.desired["name"])
    what = f'the recurring run "{name}"'
    namespace = kfp.place(desired.get("namespace"), what)
    experiment = experiments.id_of(kfp, namespace, desired.get("experiment"))
    body = translate.recurring_run_body(desired, operation.owner, namespace, experiment, _pinned(kfp, desired))
    there = by_name(kfp, namespace, name)
    ours = [run for run in there if owner_of(run) == operation.owner]
    prior = operation.prior.get("id")
    ours += [r for r in there if prior and r["recurring_run_id"] == prior and r not in ours]
    if not prior and len(ours) < len(there):
        raise DiagnosticError(_exists(name, namespace))
    fitting = [run for run in ours if translate.does_the_same(run, body)]
    kept = next((r for r in fitting if r["recurring_run_id"] == prior), None) or max(fitting, key=_age, default=None)
    if kept is None:
        kept = kfp.post(f"create {what}", "/recurringruns", body)
    yield Checkpoint(_attributes(desired, kept))
    retire(kfp, [run for run in ours if run["recurring_run_id"] != kept["recurring_run_id"]])
    if translate.enabled(kept) != bool(desired.get("enabled")):
        verb = "enable" if desired.get("enabled") else "disable"
        kfp.post(f"{verb} {what}", f"/recurringruns/{kept['recurring_run_id']}:{verb}", again=True)
    return _attributes(desired, kept)


def details(before: Attributes | None, after: Attributes | None) -> Iterable[DetailLine]:
    """That KFP has to make a new one, where something else than `enabled` changes."""
    if before is None or after is None:
        return
    weighty = {n: a for n, a in RECURRING_RUN.attributes.items() if not a.computed and n not in ("enabled", "leftovers")}
    if not all(same(a, before.get(n), after.get(n)) for n, a in weighty.items()):
        yield DetailLine("~", "a new recurring run takes the place of this one; runs in flight go on")


def _attributes(desired: Attributes, kept: Wire) -> dict[str, Plain]:
    told = translate.recurring_run(kept)
    server = {n: told[n] for n in ("id", "version_id", "service_account", "pipeline_root") if desired.get(n) is None}
    own = {"id": told["id"], "version_id": told["version_id"], "leftovers": None}
    experiment = desired.get("experiment") or kept.get("experiment_id") or None
    return {**desired, **server, **own, "experiment": experiment}


def _pinned(kfp: Kfp, desired: Attributes) -> str | None:
    """The id of the version that `version` names. Raises DiagnosticError where there is none."""
    wanted, pipeline = desired.get("version"), desired.get("pipeline")
    if wanted is None or not isinstance(pipeline, dict):
        return None
    found = versions.by_name(kfp, str(pipeline["id"]), str(wanted))
    if found is None:
        detail = f'The pipeline "{pipeline.get("name")}" has no version "{wanted}".'
        raise DiagnosticError(error("No such version", detail, hint="remove version to follow the newest one"))
    return str(found["pipeline_version_id"])


def _exists(name: str, namespace: str) -> Any:
    detail = f'A recurring run "{name}" exists in {namespace or "KFP"}, and was not made by this configuration: both would run.'
    return error("Recurring run already exists", detail, hint="delete it, choose another name, or import it")


def retire(kfp: Kfp, runs: Iterable[Wire]) -> None:
    """Disables, then deletes without what it started: runs in flight go on."""
    for run in runs:
        path, what = f"/recurringruns/{run['recurring_run_id']}", f'the recurring run "{run.get("display_name")}"'
        if translate.enabled(run):
            kfp.post(f"disable {what}", f"{path}:disable", again=True)
        kfp.delete(f"delete {what}", path, propagation_policy="ORPHAN")


def delete(kfp: Kfp, operation: Operation) -> Run:
    """Removes all that bear the mark, and the recorded one: what an interruption leaves is found by the mark again."""
    yield from ()
    prior, name = operation.prior, str(operation.prior.get("name"))
    namespace = kfp.place(prior.get("namespace"), f'the recurring run "{name}"')
    there = by_name(kfp, namespace, name)
    ours = [r for r in there if owner_of(r) == operation.owner or r["recurring_run_id"] == prior.get("id")]
    retire(kfp, ours)
    return {}
