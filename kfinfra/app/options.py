"""What a command was asked to do, already parsed: no click here, no environment reading beyond what is given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from kfinfra.model.plain import Plain
from kfinfra.plan.change import Mode

if TYPE_CHECKING:
    from kfinfra.config.given import Ask  # what it stands beside is slow to import, and --help needs none of it


@dataclass(frozen=True, slots=True)
class Workplace:
    """Where a command works: the root module's folder, the environment, whether against the sandbox."""

    root: Path
    env: Mapping[str, str]
    sandbox: bool = False

    @property
    def data_folder(self) -> Path:
        """Where the working folder keeps what is its own: caches, the sandbox, the selected workspace."""
        return self.root / ".kfinfra"


@dataclass(frozen=True, slots=True)
class PlanOptions:
    """Flags of plan, apply and destroy. `variables` are `-var` texts (name, HCL text or string), in order with var files.

    `var_inputs` holds ("var", "name=value") and ("file", "path") in the order of the command line; `ask` is how a variable
    without a value is asked for, where somebody can be; `planned` are the values that a saved plan was made with.
    """

    mode: Mode = Mode.NORMAL
    var_inputs: tuple[tuple[str, str], ...] = ()
    targets: tuple[str, ...] = ()
    replace: tuple[str, ...] = ()
    refresh: bool = True
    parallelism: int = 10
    lock: bool = True
    lock_timeout: float = 0.0
    ask: Ask | None = None
    planned: Mapping[str, Plain] = field(default_factory=dict)
