"""Schemas: what a resource type, a provider block or a nested object may hold. Plain data, importable without any SDK.

The config layer checks what a user wrote against a schema before anything is called; the differ asks it what two values
mean to each other. A rule that a schema cannot say belongs into `ResourceType.check`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TypeAlias

from kfinfra.model.plain import Attributes, Path, Plain
from kfinfra.values.types import STRING, ListType, MapType, ObjectType, SetType, Type


class Shape(Enum):
    """How a nested attribute repeats."""

    OBJECT = "object"
    LIST = "list"
    SET = "set"
    MAP = "map"


@dataclass(frozen=True, slots=True)
class Problem:
    """A mistake at a path inside a value: words for the user. The config layer finds the span that belongs to the path."""

    path: Path
    summary: str
    detail: str
    hint: str = ""
    warning: bool = False


@dataclass(frozen=True, slots=True)
class Ref:
    """A whole-resource reference: an attribute that takes a resource of one of `types`.

    `take` says what becomes of it: one attribute's name gives that attribute's value (a plain string is taken too, where
    `text` is true); several names give an object of just these (then only a reference will do).
    """

    types: tuple[str, ...]
    take: str | tuple[str, ...] = "name"
    text: bool = True


Check: TypeAlias = Callable[[Plain], Iterable[Problem]]


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute.

    - `type`, or `fields` with a `shape` for objects that have a schema of their own (then `type` is not looked at);
    - `required` / `computed` (the server sets it; unknown until created) / both false: optional, null or `default`.
      An attribute that is `computed` and `settable` may be written, else the server chooses;
    - `replaces`: a change needs a new object; a function (old, new) decides where it depends;
    - `equal`: whether two values mean the same to the server (`1000m` and `1`); by default equality of plain values;
    - `spelled`: what the server has and what is written, to what is written as the server spells it where a part of it means
      the same: so that a plan shows only the parts that change;
    - `sensitive` values are hidden when shown; `write_only` ones besides never enter state or plan, only a keyed digest;
    - `volatile`: computed, and different at every look (a status): never drift, unknown while its resource is changed;
    - `recomputed`: computed, unknown in a plan that updates the resource (a version id), but drift when it differs;
    - `initial_only`: used when creating, never compared afterwards (`scaling.desired`);
    - `unmanaged_if_null`: where nothing is written, what the server has is left alone and is no drift;
    - `check`: problems of a known value (range, pattern); `ref`: whole resources that may stand here.
    """

    type: Type = STRING
    required: bool = False
    computed: bool = False
    settable: bool = False
    default: Plain = None
    fields: Mapping[str, Attribute] | None = None
    shape: Shape = Shape.OBJECT
    replaces: bool | Callable[[Plain, Plain], bool] = False
    equal: Callable[[Plain, Plain], bool] | None = None
    spelled: Callable[[Plain, Plain], Plain] | None = None
    sensitive: bool = False
    write_only: bool = False
    volatile: bool = False
    recomputed: bool = False
    initial_only: bool = False
    unmanaged_if_null: bool = False
    check: Check | None = None
    ref: Ref | None = None
    doc: str = ""

    @property
    def value_type(self) -> Type:
        """The type of the attribute's values, nested fields included."""
        if self.fields is None:
            return self.type
        inside = ObjectType(
            {name: a.value_type for name, a in self.fields.items()},
            frozenset(name for name, a in self.fields.items() if not a.required),
        )
        match self.shape:
            case Shape.OBJECT:
                return inside
            case Shape.LIST:
                return ListType(inside)
            case Shape.SET:
                return SetType(inside)
            case Shape.MAP:
                return MapType(inside)


@dataclass(frozen=True, slots=True)
class BlockType:
    """A nested block that has names of its own, such as `override "fit" { … }`.

    Without labels it becomes an object (null when absent); with one label, a map from label to object, in source order.
    """

    attributes: Mapping[str, Attribute]
    labels: tuple[str, ...] = ()
    blocks: Mapping[str, BlockType] = field(default_factory=dict)
    doc: str = ""


@dataclass(frozen=True, slots=True)
class ResourceType:
    """A resource type: its schema, who serves it, what identifies an object of it in the world.

    `dag` names the attribute that holds the pipeline which blocks inside (task, parallel_for, …) declare. `identity`
    names the attributes that identify the object; a change of one of them replaces it. `check` sees the whole (parts of
    it may be UNKNOWN) and returns problems. `version` is that of the attributes' shape in state.
    """

    name: str
    provider: str
    attributes: Mapping[str, Attribute]
    identity: tuple[str, ...]
    blocks: Mapping[str, BlockType] = field(default_factory=dict)
    check: Callable[[Attributes], Iterable[Problem]] | None = None
    timeouts: Mapping[str, float] = field(default_factory=dict)
    version: int = 1
    doc: str = ""
    dag: str = ""


@dataclass(frozen=True, slots=True)
class ProviderType:
    """A provider block's schema: `provider "aws" { … }`."""

    name: str
    attributes: Mapping[str, Attribute]
    doc: str = ""
