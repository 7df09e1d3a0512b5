"""The configuration of a working folder, as every use case reads it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from kfinfra.app import wiring
from kfinfra.app.backend_config import remembered
from kfinfra.app.catalogue import provider_functions, provider_types, resource_types
from kfinfra.app.options import Workplace
from kfinfra.app.workspaces import current
from kfinfra.config.backend_given import completed
from kfinfra.config.files import FolderSources
from kfinfra.config.loading import load

if TYPE_CHECKING:
    from kfinfra.config.configuration import Configuration
    from kfinfra.config.given import Ask
    from kfinfra.diag import Diagnostic
    from kfinfra.model.plain import Plain


def configuration(
    work: Workplace,
    var_inputs: Iterable[tuple[str, str]] = (),
    *,
    require_variables: bool = False,
    ask: Ask | None = None,
    planned: Mapping[str, Plain] | None = None,
    undeclared: list[Diagnostic] | None = None,
    backend_given: bool = True,
) -> Configuration:
    """The configuration, in the current workspace. `var_inputs` are ("var", "a=b") and ("file", path) in their order.

    Without `require_variables` a variable that has no value is unknown; `ask` is how one is asked for, `planned` are the
    values that a saved plan was made with. References that name nothing go to `undeclared`, where it is given. Without
    `backend_given` the backend is as its block says it, without what `init -backend-config` gave. Raises DiagnosticError with
    everything else that is wrong.
    """
    config = load(
        FolderSources(work.root),
        resource_types(),
        provider_types(),
        work.env,
        var_inputs,
        wiring.parse_cache(work),
        current(work),
        require_variables=require_variables,
        own=provider_functions(),
        ask=ask,
        planned=planned,
        undeclared=undeclared,
    )
    backend = config.settings.backend
    if backend_given and backend.span is not None and not work.sandbox:
        config.settings = replace(config.settings, backend=completed(backend, remembered(work, backend)))
    return config
