"""What a pod's container writes, as `kubectl logs` shows it. Reads only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from urllib.parse import quote

from kfinfra.diag import DiagnosticError, error
from kfinfra.model.plain import Attributes
from kfinfra.providers.kubernetes.client import Api
from kfinfra.providers.kubernetes.failures import Refused

MAIN = "main"
"""The container that runs a task: what Argo calls it in every pod of a run."""


class PodLogs:
    """The logs of one provider block's cluster. Connects at the first call."""

    def __init__(self, config: Attributes, env: Mapping[str, str]) -> None:
        self._api = Api(config, env)

    def lines(self, namespace: str, pod: str, follow: bool = False) -> Iterator[str]:
        """The lines so far, without their ends; with `follow` those to come too, until the container ends.

        Raises DiagnosticError where the pod is gone (KFP's controller deletes pods some time after their run).
        """
        path = f"/api/v1/namespaces/{quote(namespace, safe='')}/pods/{quote(pod, safe='')}/log"
        query = {"container": MAIN, **({"follow": "true"} if follow else {})}
        try:
            yield from self._api.stream(path, f"read the log of {namespace}/{pod}", query)
        except Refused as problem:
            if problem.missing:
                hint = "KFP keeps logs after their pods only where the artifact repository archives them (archiveLogs)"
                detail = f"The pod {namespace}/{pod} is gone, and its log with it."
                raise DiagnosticError(error("Log is gone", detail, hint=hint)) from problem
            raise

    def close(self) -> None:
        """Ends connections."""
        self._api.close()
