"""Pipelines and their versions: unique names, immutable specs, what PATCH may change and what deletion asks for.

Facts: apiserver/resource/resource_manager.go, storage/pipeline_store.go of kubeflow/pipelines 2.17.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kfinfra.sandbox.kfp.faults import invalid, missing, taken
from kfinfra.sandbox.kfp.tables import Wire, check_length, check_tags, filled, get, keep


class Pipelines:
    """The two tables. `multi_user` servers keep namespaces apart; others force the namespace to be empty."""

    def __init__(self, multi_user: bool = False) -> None:
        self.multi_user = multi_user
        self.pipelines: dict[str, Wire] = {}
        self.versions: dict[str, Wire] = {}

    def place(self, namespace: str | None) -> str:
        """The namespace an object goes to. Raises Fault where a multi-user server is given none."""
        if not self.multi_user:
            return ""
        if not namespace:
            raise invalid("Namespace is required for pipeline operations")
        return namespace

    def create_pipeline(self, given: Mapping[str, Any]) -> Wire:
        """A pipeline without a version. Raises Fault."""
        name = given.get("name") or given.get("display_name") or ""
        check_length("Pipeline.Name", name, 128)
        check_length("Pipeline.Namespace", given.get("namespace") or "", 63)
        namespace = self.place(given.get("namespace"))
        if not name:
            raise invalid("name is required")
        check_tags(given.get("tags"))
        if any(p["name"] == name and p.get("namespace", "") == namespace for p in self.pipelines.values()):
            raise taken("pipeline", name)
        wire = {n: given.get(n) for n in ("description", "tags")}
        wire |= {"name": name, "display_name": given.get("display_name") or name, "namespace": namespace}
        return keep(self.pipelines, "pipeline_id", wire)

    def create_with_version(self, given: Mapping[str, Any], spec: Wire) -> Wire:
        """A pipeline and a version of the same name, or neither: the tags are the pipeline's alone. Raises Fault."""
        made = self.create_pipeline(given)
        names = ("name", "display_name", "description")
        version = {n: made.get(n) for n in names} | {"code_source_url": given.get("code_source_url")}
        try:
            self.create_version(made["pipeline_id"], version, spec)
        except Exception:
            del self.pipelines[made["pipeline_id"]]
            raise
        return made

    def pipeline(self, identifier: str) -> Wire:
        """One pipeline. Raises Fault."""
        return get(self.pipelines, "Pipeline", identifier)

    def pipeline_named(self, name: str, namespace: str | None) -> Wire:
        """One pipeline by name. Raises Fault."""
        wanted = self.place(namespace)
        for found in self.pipelines.values():
            if found["name"] == name and found.get("namespace", "") == wanted:
                return found
        raise missing("Pipeline", name)

    def pipelines_in(self, namespace: str | None) -> list[Wire]:
        """Those of a namespace. Raises Fault."""
        wanted = self.place(namespace)
        return [p for p in self.pipelines.values() if p.get("namespace", "") == wanted]

    def delete_pipeline(self, identifier: str, cascade: bool) -> None:
        """Refuses one that has versions, but with `cascade`. Raises Fault."""
        self.pipeline(identifier)
        versions = self.versions_of(identifier)
        if versions and not cascade:
            latest = self.latest(identifier)["pipeline_version_id"]
            raise invalid(
                f"Failed to delete pipeline with id {identifier} as it has existing pipeline versions (e.g. {latest}). "
                "Set cascade=true to delete all versions"
            )
        for version in versions:
            del self.versions[version["pipeline_version_id"]]
        del self.pipelines[identifier]

    def create_version(self, pipeline_id: str, given: Mapping[str, Any], spec: Wire) -> Wire:
        """An immutable version. Raises Fault."""
        self.pipeline(pipeline_id)
        name = given.get("name") or given.get("display_name") or ""
        check_length("PipelineVersion.Name", name, 127)
        check_tags(given.get("tags"))
        if any(v["name"] == name for v in self.versions_of(pipeline_id)):
            raise taken("pipeline version", name)
        wire = {n: given.get(n) for n in ("description", "code_source_url", "tags")}
        wire |= {"pipeline_id": pipeline_id, "name": name, "display_name": given.get("display_name") or name}
        return keep(self.versions, "pipeline_version_id", {**wire, "pipeline_spec": spec})

    def versions_of(self, pipeline_id: str) -> list[Wire]:
        """A pipeline's versions. Raises Fault where there is no such pipeline."""
        self.pipeline(pipeline_id)
        return [v for v in self.versions.values() if v["pipeline_id"] == pipeline_id]

    def version(self, pipeline_id: str, identifier: str) -> Wire:
        """One version. Raises Fault."""
        found = get(self.versions, "PipelineVersion", identifier)
        if found["pipeline_id"] != pipeline_id:
            raise missing("PipelineVersion", identifier)
        return found

    def delete_version(self, pipeline_id: str, identifier: str) -> None:
        """Whether a recurring run uses it is not asked. Raises Fault."""
        del self.versions[self.version(pipeline_id, identifier)["pipeline_version_id"]]

    def latest(self, pipeline_id: str) -> Wire:
        """The newest second of creation, then the greatest id. Raises Fault."""
        found = max(self.versions_of(pipeline_id), key=lambda v: (v["created_at"], v["pipeline_version_id"]), default=None)
        if found is None:
            raise missing("PipelineVersion of pipeline", pipeline_id)
        return found

    def patch(self, item: Wire, given: Mapping[str, Any]) -> Wire:
        """The display name and the tags (`{}` clears them), nothing else of what is `given`. Raises Fault."""
        check_tags(given.get("tags"))
        changed = filled({**item, "display_name": given.get("display_name") or item["display_name"]})
        changed = filled({**changed, "tags": given["tags"]}) if "tags" in given else changed
        item.clear()
        item.update(changed)
        return item
