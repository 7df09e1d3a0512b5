"""What a server has of one pipeline: its versions by name, each with what it holds. Reads only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kfinfra.diag import DiagnosticError, did_you_mean, error
from kfinfra.model.plain import Attributes, Plain
from kfinfra.providers.kfp import content, versions
from kfinfra.providers.kfp.client import Kfp


@dataclass(frozen=True, slots=True)
class DeployedVersion:
    """A version: id, name, when it was made (RFC 3339), its parameters' types, its tasks' summary and sources by path."""

    id: str
    name: str
    created: str
    parameters: Plain
    summary: Plain
    sources: Mapping[str, str]


class DeployedPipeline:
    """A pipeline on the server, by its id."""

    def __init__(self, config: Attributes, env: Mapping[str, str], pipeline_id: str) -> None:
        """`config` is the provider's, `env` the environment that it sees. Connects at the first call."""
        self._kfp, self._id = Kfp(config, env), pipeline_id

    def newest(self, count: int) -> list[DeployedVersion]:
        """The newest versions first, at most `count`. Raises DiagnosticError."""
        return [_read(found) for found in versions.every(self._kfp, self._id)[:count]]

    def version(self, name: str) -> DeployedVersion:
        """The version of that name or content. Raises DiagnosticError for one that does not exist."""
        found = versions.by_name(self._kfp, self._id, name)
        if found is not None:
            return _read(found)
        names = [versions.name_of(v) for v in versions.every(self._kfp, self._id)]
        detail = f'The pipeline has no version "{name}".{did_you_mean(name, names)}'
        raise DiagnosticError(error("No such version", detail, hint=f"the newest are {', '.join(names[:5])}"))

    def close(self) -> None:
        """Ends connections."""
        self._kfp.close()


def _read(version: Mapping[str, object]) -> DeployedVersion:
    name, held = versions.name_of(version), content.on_server(version)
    if held is None:
        detail = f'KFP does not tell what the version "{name}" holds.'
        raise DiagnosticError(error("Version cannot be read", detail, hint="it may be from an older KFP (v1): upload it again"))
    made, identifier = str(version.get("created_at") or ""), str(version["pipeline_version_id"])
    return DeployedVersion(identifier, name, made, held.parameters, held.tasks, held.sources)
