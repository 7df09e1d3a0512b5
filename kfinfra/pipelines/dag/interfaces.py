"""What components take and give, and whether an argument fits: KFP's rules (kfp/dsl/types/type_utils.py) in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from kfinfra.model.plain import UNKNOWN, Plain

_WORDS = {
    "STRING": "a string",
    "NUMBER_INTEGER": "an integer",
    "NUMBER_DOUBLE": "a number",
    "BOOLEAN": "a bool",
    "LIST": "a list",
    "STRUCT": "a map",
}
ARTIFACT = "system.Artifact"


@dataclass(frozen=True, slots=True)
class Port:
    """An input or an output: its type, whether it is a list of artifacts, whether it must be given."""

    type: str
    many: bool = False
    required: bool = False

    @property
    def is_parameter(self) -> bool:
        """Whether it is a parameter, not an artifact."""
        return self.type in _WORDS

    def __str__(self) -> str:
        word = type_words(self.type)
        return f"a list of {word}" if self.many else word


@dataclass(frozen=True, slots=True)
class Interface:
    """A component's inputs and outputs. `status` are inputs that KFP fills in, with how what went before has ended."""

    inputs: Mapping[str, Port] = field(default_factory=dict)
    outputs: Mapping[str, Port] = field(default_factory=dict)
    status: tuple[str, ...] = ()


def type_words(kind: str) -> str:
    """A type as a message names it."""
    return _WORDS.get(kind) or f"an artifact ({kind.removeprefix('system.')})"


def fits(value: Plain, kind: str) -> bool:
    """Whether a constant is of a parameter's type; a whole number is a number too, as KFP has it."""
    if value is UNKNOWN:
        return True
    match kind:
        case "STRING":
            return isinstance(value, str)
        case "NUMBER_INTEGER":
            return isinstance(value, int) and not isinstance(value, bool)
        case "NUMBER_DOUBLE":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case "BOOLEAN":
            return isinstance(value, bool)
        case "LIST":
            return isinstance(value, list)
        case "STRUCT":
            return isinstance(value, dict)
        case _:
            return False


def compatible(given: Port, wanted: Port) -> bool:
    """Whether what one task gives another may take."""
    if given.is_parameter or wanted.is_parameter:
        return given.type == wanted.type
    if given.many != wanted.many:
        return False
    return ARTIFACT in (given.type, wanted.type) or given.type == wanted.type
