"""The kfp provider: which room does what, for experiments, pipelines and recurring runs."""

from __future__ import annotations

import json
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from kfinfra.diag import DiagnosticError, error
from kfinfra.model.address import Address
from kfinfra.model.plain import UNKNOWN, Attributes, Plain, is_known
from kfinfra.model.ports import DetailLine, Observed, Operation, Provider, ReadRequest, Run
from kfinfra.model.resource import Desired
from kfinfra.pipelines.dag.failure import DagError, SettingsError
from kfinfra.providers.kfp import content, experiments, pipelines, schedules
from kfinfra.providers.kfp.client import Kfp
from kfinfra.providers.kfp.content import Content, PipelineCompiler

READERS = 16


class KfpProvider:
    """Kubeflow Pipelines over its v2beta1 API."""

    def __init__(self, config: Attributes, env: Mapping[str, str], compiler: PipelineCompiler) -> None:
        self._kfp = Kfp(config, env)
        self._root = Path(env.get("KFINFRA_ROOT", "."))
        self._compiler = compiler
        self._namespace = config.get("namespace")
        self._loaded: dict[str, Content] = {}
        self._wanted: dict[Address, Content] = {}
        self._served: dict[Address, tuple[Plain, Mapping[str, str]]] = {}
        self._lock = threading.Lock()

    def resolve(self, desired: Desired, recorded: Attributes | None) -> Desired:
        """Fills in the namespace; a pipeline is compiled, so that its plan shows the content."""
        written = dict(desired.resource.attributes)
        for name, empty in (("description", ""), ("parameters", {})):
            if name in written and written[name] == empty:
                written[name] = None
        if written.get("namespace") is None:
            written["namespace"] = self._inherited(written)
        if desired.address.type == "pipeline":
            written["display_name"] = written.get("display_name") or written.get("name")
            with placed(desired):
                written |= self._promised(desired.address, written, recorded or {})
        return replace(desired, resource=replace(desired.resource, attributes=written))

    def _inherited(self, written: Attributes) -> Plain:
        """A recurring run lives where its pipeline does."""
        pipeline = written.get("pipeline")
        if pipeline is UNKNOWN:
            return UNKNOWN
        found = pipeline.get("namespace") if isinstance(pipeline, dict) else None
        return self._namespace if found is None else found

    def _promised(self, address: Address, written: Attributes, recorded: Attributes) -> dict[str, Plain]:
        names = ("version", "digest", "tasks", "parameters")
        if not is_known(origin := content.origin(written)):
            content.check_source(origin, self._root, self._compiler)
            return dict.fromkeys(names, UNKNOWN)
        found = self._wanted[address] = self._content(written)
        if recorded.get("digest") == found.digest and recorded.get("tasks") is not None:
            return {name: recorded.get(name) for name in names} | {"version": found.version}
        return dict(zip(names, (found.version, found.digest, found.tasks, found.parameters), strict=True))

    def _content(self, attributes: Attributes) -> Content:
        """Compiled once a command, for what was written."""
        origin = content.origin(attributes)
        key = json.dumps(origin, sort_keys=True)
        with self._lock:
            if key in self._loaded:
                return self._loaded[key]
        found = content.load(origin, self._root, self._compiler)
        with self._lock:
            return self._loaded.setdefault(key, found)

    def refresh(self, requests: Sequence[ReadRequest]) -> Mapping[Address, Observed]:
        """One paged list per kind and namespace; then, side by side, the newest version of each pipeline.

        KFP has no list of versions over pipelines, so N pipelines cost N calls besides the pages.
        """
        groups: dict[tuple[str, Plain], list[ReadRequest]] = defaultdict(list)
        for request in requests:
            groups[request.address.type, request.identity.get("namespace")].append(request)
        out: dict[Address, Observed] = {}
        for (kind, namespace), batch in groups.items():
            try:
                look = self._look(kind, self._kfp.place(namespace, f"the {kind} {batch[0].identity.get('name')}"))
            except DiagnosticError as problem:
                out |= {request.address: Observed(None, problem.diagnostics) for request in batch}
                continue
            with ThreadPoolExecutor(min(READERS, len(batch))) as pool:
                out |= dict(zip((r.address for r in batch), pool.map(_tried(look), batch), strict=True))
        return out

    def _look(self, kind: str, namespace: str) -> Callable[[ReadRequest], Observed]:
        """Lists a namespace's objects of a kind, and tells how one of them is read from the list."""
        if kind == "pipeline":
            listed = pipelines.in_namespace(self._kfp, namespace)
            return lambda r: self._pipeline(r, listed.get(str(r.identity["name"])))
        groups = experiments.in_namespace(self._kfp, namespace)
        if kind == "experiment":
            by_name: dict[str, Mapping[str, Any]] = {str(e.get("display_name")): e for e in groups}
            return lambda r: experiments.observed(by_name.get(str(r.identity["name"])), r.identity)
        names = {str(e["experiment_id"]): str(e.get("display_name")) for e in groups}
        runs = schedules.in_namespace(self._kfp, namespace)
        return lambda r: schedules.observed(self._kfp, r, runs, names)

    def _pipeline(self, request: ReadRequest, found: Mapping[str, Any] | None) -> Observed:
        seen, sources = pipelines.observed(self._kfp, found, request.identity, request.recorded)
        self._served[request.address] = ((seen.attributes or {}).get("digest"), sources)
        return seen

    def read(self, requests: Sequence[ReadRequest]) -> Mapping[Address, Observed]:
        """As a refresh reads them; what names no namespace is looked for in the provider's."""
        placed = [replace(r, identity={**r.identity, "namespace": self._inherited(r.identity)}) for r in requests]
        found = self.refresh(placed)
        return {r.address: self._told(r, found[r.address]) for r in placed}

    def _told(self, request: ReadRequest, found: Observed) -> Observed:
        if found.attributes is not None or found.diagnostics:
            return found
        where = f"in {namespace}, at" if (namespace := request.identity.get("namespace")) else "at"
        detail = f'There is no {request.address.type} "{request.identity.get("name")}" {where} {self._kfp.host}.'
        hint = "check the name and the namespace, and which server the provider leads to"
        return Observed(None, (error("Data source not found", detail, hint=hint),))

    def details(self, address: Address, before: Attributes | None, after: Attributes | None) -> Iterable[DetailLine]:
        """What changes within a pipeline; what becomes of a recurring run."""
        if address.type == "recurring_run":
            yield from schedules.details(before, after)
        if address.type == "pipeline":
            yield from self._inside(address, before, after)

    def _inside(self, address: Address, before: Attributes | None, after: Attributes | None) -> Iterable[DetailLine]:
        """What changes within a pipeline. Code is shown where the sides are what was served and what is wanted, by digest."""
        digest, served = self._served.get(address, (None, {}))
        there = served if before is not None and before.get("digest") == digest else {}
        wanted = self._wanted.get(address)
        if wanted is None or after is None or after.get("digest") != wanted.digest:
            yield from content.details(before, after, there, {})
            return
        yield from content.details(before, after, there, wanted.sources)
        yield from content.cautions(wanted, after)

    def create(self, operation: Operation) -> Run:
        """Makes the object."""
        match operation.address.type:
            case "pipeline":
                return pipelines.create(self._kfp, operation, self._content(operation.desired))
            case "experiment":
                return experiments.create(self._kfp, operation)
            case _:
                return schedules.settle(self._kfp, operation)

    def update(self, operation: Operation) -> Run:
        """Changes the object, or has a new version or recurring run take its place."""
        match operation.address.type:
            case "pipeline":
                return pipelines.update(self._kfp, operation, self._content(operation.desired))
            case "experiment":
                return experiments.update(self._kfp, operation)
            case _:
                return schedules.settle(self._kfp, operation)

    def delete(self, operation: Operation) -> Run:
        """Removes the object."""
        rooms = {"pipeline": pipelines.delete, "experiment": experiments.delete, "recurring_run": schedules.delete}
        return rooms[operation.address.type](self._kfp, operation)

    def mark(self, request: ReadRequest, owner: str | None) -> bool:
        """KFP changes no description of what exists, and that is where the mark is: what exists keeps its mark.

        Nothing depends on it: objects that state knows are found by their ids.
        """
        return False

    def close(self) -> None:
        """Ends connections."""
        self._kfp.close()


def _tried(look: Callable[[ReadRequest], Observed]) -> Callable[[ReadRequest], Observed]:
    """Failures of one look-up belong to its resource."""

    def tried(request: ReadRequest) -> Observed:
        try:
            return look(request)
        except DiagnosticError as problem:
            return Observed(None, problem.diagnostics)

    return tried


@contextmanager
def placed(desired: Desired) -> Iterator[None]:
    """Mistakes in a pipeline's HCL, in settings of its tasks and in the file that it names, told where they are written."""
    try:
        yield
    except SettingsError as problem:
        found = zip(problem.paths, problem.diagnostics, strict=True)
        raise DiagnosticError(replace(d, span=desired.span_of(path)) for path, d in found) from None
    except DagError as problem:
        told = (error(p.summary, p.detail, desired.span_of(p.path), hint=p.hint) for p in problem.problems)
        raise DiagnosticError(told) from None
    except DiagnosticError as problem:
        file = next((n for n in ("source", "package") if desired.resource.attributes.get(n) is not None), None)
        if file is None:
            raise
        raise DiagnosticError(d.at(desired.span_of((file,))) for d in problem.diagnostics) from problem


def make_provider(config: Attributes, env: Mapping[str, str], compiler: PipelineCompiler) -> Provider:
    """The provider of one `provider "kfp"` block. Connects at the first call."""
    return KfpProvider(config, env, compiler)
