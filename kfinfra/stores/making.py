"""The states of a backend: which parts they are made of. No server is asked."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from kfinfra.config.backends import Backend, is_reachable
from kfinfra.diag import DiagnosticError, error
from kfinfra.state.sealing import Sealer, Unsealed
from kfinfra.state.store import Workspaces
from kfinfra.stores.local import LocalWorkspaces


def make_workspaces(backend: Backend, root: Path, env: Mapping[str, str], sealer: Sealer | None = None) -> Workspaces:
    """The states, for a root module's folder in an environment. Raises DiagnosticError where an argument is not known."""
    if backend.missing:
        names = " and ".join(f'"{name}"' for name in backend.missing)
        detail = f"The {backend.type} backend needs {names}, and its block does not say it."
        options = " ".join(f"-backend-config={name}=…" for name in backend.missing)
        raise DiagnosticError(
            error("Backend is not complete", detail, backend.span, hint=f"write it, or: kfinfra init {options}")
        )
    if not is_reachable(backend):
        detail = f"What the {backend.type} backend is configured with is not known: a variable has no value."
        hint = "give it in the environment (KFINFRA_VAR_name), which every command reads"
        raise DiagnosticError(error("The state cannot be reached", detail, backend.span, hint=hint))
    sealer = sealer or Unsealed()
    match backend.type:
        case "s3":
            from kfinfra.stores.s3_workspaces import S3Workspaces

            return S3Workspaces(backend.attributes, env, sealer)
        case "kubernetes":
            from kfinfra.stores.kubernetes_workspaces import KubernetesWorkspaces

            return KubernetesWorkspaces(backend.attributes, env, sealer)
        case _:
            return LocalWorkspaces(root / str(backend.attributes["path"]), sealer)
