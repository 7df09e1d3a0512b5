"""Change and Plan: frozen data that rendering, JSON and apply all read, so that what is shown cannot lie."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

from kfinfra.diag import Diagnostic, Span
from kfinfra.model.address import Address
from kfinfra.model.checks import Checked
from kfinfra.model.plain import Attributes, Path, Plain

if TYPE_CHECKING:
    from kfinfra.model.ports import DetailLine  # with the schemas that it stands beside it is half of what --help would import


class Action(Enum):
    """What happens to a resource; the value is Terraform's list of actions joined by a comma."""

    NOOP = "no-op"
    CREATE = "create"
    UPDATE = "update"
    REPLACE = "delete,create"
    CREATE_THEN_DELETE = "create,delete"
    DELETE = "delete"
    FORGET = "forget"
    READ = "read"

    @property
    def replaces(self) -> bool:
        """Whether a new object takes the old one's place."""
        return self in (Action.REPLACE, Action.CREATE_THEN_DELETE)


class Mode(Enum):
    """What a plan is for."""

    NORMAL = "normal"
    DESTROY = "destroy"
    REFRESH_ONLY = "refresh-only"


@dataclass(frozen=True, slots=True)
class Difference:
    """A changed part: its path, both values, and whether it forces a replacement."""

    path: Path
    old: Plain
    new: Plain
    replaces: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """What happens to one resource instance, and why.

    `before` is what was observed (None: nothing there), `after` what is planned (None: gone), with UNKNOWN in it.
    `reason` is Terraform's action_reason (`delete_because_no_resource_config`, `replace_because_tainted`, …) or empty.
    `previous` is the address that the object has had so far, `importing` the id of one that is taken over: before all else
    its mark then becomes this address's. `write_only` names write-only attributes whose value changes. `dependencies` are
    what it was or will be built on.
    """

    address: Address
    action: Action
    provider: str
    before: Attributes | None
    after: Attributes | None
    differences: tuple[Difference, ...] = ()
    sensitive: frozenset[Path] = frozenset()
    write_only: tuple[str, ...] = ()
    reason: str = ""
    dependencies: frozenset[Address] = frozenset()
    details: tuple[DetailLine, ...] = ()
    span: Span | None = None
    previous: Address | None = None
    importing: str = ""

    @property
    def does_something(self) -> bool:
        """Whether applying it changes the world or the state."""
        return self.action is not Action.NOOP or self.previous is not None or self.importing != ""


@dataclass(frozen=True, slots=True)
class OutputChange:
    """A root output's change; values may be UNKNOWN."""

    name: str
    action: Action
    before: Plain
    after: Plain
    sensitive: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything an apply needs besides the configuration itself.

    `drift` holds what changed outside kfinfra (recorded against observed). `changes` lists no-ops too. `serial` and
    `lineage` pin the state it was made from, `config_digest` the configuration's text, `variables` the non-sensitive
    variable values given (sensitive ones must be given again). `data` holds the data sources that were read for it, as no-ops.
    `made` is when, in RFC 3339: what `plantimestamp` gives. `checks` say how conditions of outputs and check blocks come
    out, `check_warnings` which of them do not hold: an apply asks again, and tells what it finds then. An `errored` plan
    is what was planned before something was found to be wrong: it is shown, and never applied.
    """

    mode: Mode
    changes: tuple[Change, ...]
    drift: tuple[Change, ...] = ()
    outputs: tuple[OutputChange, ...] = ()
    lineage: str = ""
    serial: int = 0
    config_digest: str = ""
    variables: Mapping[str, Plain] = field(default_factory=dict)
    warnings: tuple[Diagnostic, ...] = ()
    targets: tuple[str, ...] = ()
    replace: tuple[str, ...] = ()
    data: tuple[Change, ...] = ()
    made: str = ""
    checks: tuple[Checked, ...] = ()
    check_warnings: tuple[Diagnostic, ...] = ()
    errored: bool = False

    @property
    def to_apply(self) -> tuple[Change, ...]:
        """The changes that do something."""
        return tuple(c for c in self.changes if c.does_something)

    @property
    def has_changes(self) -> bool:
        """Whether applying would do anything: to the world, to the outputs, or (refresh-only) to the state."""
        outputs = any(o.action is not Action.NOOP for o in self.outputs)
        return bool(self.to_apply) or outputs or (self.mode is Mode.REFRESH_ONLY and bool(self.drift))

    @property
    def imports(self) -> int:
        """How many objects are taken over."""
        return sum(c.importing != "" for c in self.changes)

    def counts(self) -> tuple[int, int, int]:
        """How many objects are added, changed, destroyed, as Terraform counts (a replacement is one of each)."""
        add = sum(c.action in (Action.CREATE, Action.REPLACE, Action.CREATE_THEN_DELETE) for c in self.changes)
        change = sum(c.action is Action.UPDATE for c in self.changes)
        destroy = sum(c.action in (Action.DELETE, Action.REPLACE, Action.CREATE_THEN_DELETE) for c in self.changes)
        return add, change, destroy
