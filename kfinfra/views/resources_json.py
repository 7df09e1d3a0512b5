"""Resources in the shape that Terraform's state and plan share: addresses taken apart, values by module."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from kfinfra import __version__
from kfinfra.model.address import Address, Key, key_text
from kfinfra.model.plain import Attributes, Path
from kfinfra.views.json_values import Json, hidden, known

FOLLOWS = "1.11.0"
"""The Terraform whose JSON this is: what readers that ask for `terraform_version` are told."""

ModulePath = tuple[tuple[str, Key], ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """A resource instance and its values, as state has them or a plan will."""

    address: Address
    provider: str
    version: int
    values: Attributes
    sensitive: frozenset[Path] = frozenset()
    dependencies: frozenset[Address] = frozenset()
    tainted: bool = False


def versions() -> dict[str, Json]:
    """The two versions that every document begins with."""
    return {"terraform_version": FOLLOWS, "kfinfra_version": __version__}


def provider_name(key: str) -> str:
    """A provider in Terraform's host/namespace/type form; an alias is not part of it."""
    return f"kfinfra.dev/builtin/{key.split('.')[0]}"


def address_json(address: Address, provider: str) -> dict[str, Json]:
    """The address and its parts, without what tells a deposed object from its instance's."""
    out: dict[str, Json] = {"address": str(address.current)}
    if address.module:
        out["module_address"] = address.module_text.rstrip(".")
    out |= {"mode": "data" if address.data else "managed", "type": address.type, "name": address.name}
    if address.key is not None:
        out["index"] = address.key
    return out | {"provider_name": provider_name(provider)}


def resource_json(resource: Shown) -> dict[str, Json]:
    """One resource of state or of planned values."""
    out = address_json(resource.address, resource.provider)
    out.pop("module_address", None)
    values = dict(resource.values)
    out |= {"schema_version": resource.version, "values": known(values, resource.sensitive)}
    out["sensitive_values"] = hidden(values, resource.sensitive)
    if resource.dependencies:
        out["depends_on"] = [str(a) for a in sorted(resource.dependencies)]
    out |= {"deposed_key": resource.address.deposed} if resource.address.deposed else {}
    return out | ({"tainted": True} if resource.tainted else {})


def modules_json(resources: Iterable[Shown]) -> dict[str, Json]:
    """The root module: its resources, and beneath it the modules that hold others."""
    by_module: dict[ModulePath, list[Shown]] = {(): []}
    for resource in sorted(resources, key=lambda r: r.address):
        path = resource.address.module
        for length in range(1, len(path) + 1):
            by_module.setdefault(path[:length], [])
        by_module[path].append(resource)
    return _module((), by_module)


def _module(path: ModulePath, by_module: Mapping[ModulePath, list[Shown]]) -> dict[str, Json]:
    out: dict[str, Json] = {"address": ".".join(f"module.{n}{key_text(k)}" for n, k in path)} if path else {}
    if by_module[path]:
        out["resources"] = [resource_json(r) for r in by_module[path]]
    inner = [p for p in by_module if len(p) == len(path) + 1 and p[: len(path)] == path]
    if inner:
        out["child_modules"] = [_module(p, by_module) for p in inner]
    return out
