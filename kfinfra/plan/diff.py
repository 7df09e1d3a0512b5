"""The pure differ: desired against observed, by schema, to a Change. It never learns where either came from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from kfinfra.model.plain import UNKNOWN, Attributes, Path, Plain
from kfinfra.model.resource import Desired, Resource
from kfinfra.model.schema import Attribute, BlockType, ResourceType, Shape
from kfinfra.plan.change import Action, Change, Difference
from kfinfra.plan.merge import planned, same
from kfinfra.values.types import MapType


def schema_attributes(schema: ResourceType) -> Mapping[str, Attribute]:
    """The type's attributes with its blocks as nested ones: a labelled block is a map, another one an object."""
    return {**schema.attributes, **{name: block_attribute(block) for name, block in schema.blocks.items()}}


def block_attribute(block: BlockType) -> Attribute:
    """A block seen as the attribute it becomes."""
    inside = {**block.attributes, **{name: block_attribute(b) for name, b in block.blocks.items()}}
    return Attribute(fields=inside, shape=Shape.MAP if block.labels else Shape.OBJECT)


def diff(
    desired: Desired | None,
    observed: Resource | None,
    schema: ResourceType,
    provider: str,
    *,
    forced: str = "",
    reason: str = "",
) -> Change:
    """The change from `observed` (None: nothing there) to `desired` (None: to be gone).

    `forced` is a reason to replace whatever the attributes say (`replace_because_tainted`, `replace_by_request`);
    `reason` one for a deletion. Dependencies and details are filled in by the planner.
    """
    if desired is None:
        if observed is None:
            raise ValueError("a change needs a desired or an observed resource")
        return Change(
            observed.address, Action.DELETE, provider, observed.attributes, None, sensitive=observed.sensitive, reason=reason
        )
    attributes = schema_attributes(schema)
    before = observed.attributes if observed else None
    after = _after(attributes, desired, before)
    secrets = _changed_secrets(desired.resource, observed)
    found = () if before is None else tuple(_differences(attributes, schema, before, after))
    action = _action(desired, before, found, secrets, forced)
    if action in (Action.UPDATE, Action.REPLACE, Action.CREATE_THEN_DELETE) and before is not None:
        anew = action is not Action.UPDATE
        after = _forget_computed(attributes, desired, _after(attributes, desired, before, anew=anew), replace=anew)
        found = tuple(_blamed(found, _differences(attributes, schema, before, after)))
    sensitive = desired.resource.sensitive | (observed.sensitive if observed else frozenset())
    why = forced if action.replaces and forced else "replace_because_cannot_update" if action.replaces else ""
    return Change(
        desired.address, action, provider, before, after, found, sensitive, secrets, why, desired.depends_on, (), desired.span
    )


def drift(recorded: Resource, observed: Resource | None, schema: ResourceType, provider: str) -> Change | None:
    """What changed outside kfinfra since `recorded`, or None."""
    if observed is None:
        return Change(recorded.address, Action.DELETE, provider, recorded.attributes, None, sensitive=recorded.sensitive)
    attributes = {n: a for n, a in schema_attributes(schema).items() if not (a.volatile or a.initial_only)}
    found = tuple(
        d
        for d in _differences(attributes, schema, recorded.attributes, observed.attributes)
        if not _initial_only(attributes, d.path)
    )
    secrets = tuple(n for n in observed.write_only if recorded.write_only.get(n) != observed.write_only[n])
    if not found and not secrets:
        return None
    return Change(
        recorded.address,
        Action.UPDATE,
        provider,
        recorded.attributes,
        observed.attributes,
        found,
        recorded.sensitive | observed.sensitive,
        secrets,
    )


def _after(
    attributes: Mapping[str, Attribute], desired: Desired, before: Attributes | None, *, anew: bool = False
) -> dict[str, Plain]:
    """What each attribute will be; a new object (`anew`) inherits nothing from the old one but what is ignored."""
    written = desired.resource.attributes
    out: dict[str, Plain] = {}
    for name, attribute in attributes.items():
        if attribute.write_only:
            continue
        old = before.get(name) if before is not None else None
        exists = before is not None and not anew
        value = planned(attribute, written.get(name), old if exists else None, exists)
        out[name] = _keep_ignored(name, attribute, value, old, desired) if before is not None else value
    return out


def _keep_ignored(name: str, attribute: Attribute, value: Plain, old: Plain, desired: Desired) -> Plain:
    """The value with what is ignored in it as it was; what was not there does not come either."""
    kept: Plain = {} if value is None and isinstance(attribute.type, MapType) else value
    for ignored in desired.lifecycle.ignore_changes:
        if ignored in (("*",), (name,)):
            return old
        if ignored[0] == name:
            kept = _kept(kept, ignored[1:], old, attribute.fields is not None)
    return value if value is None and kept == {} else kept


def _kept(value: Plain, path: Path, old: Plain, whole: bool) -> Plain:
    """`value` with what `old` has at `path`; a `whole` object has all its attributes, whatever `old` has."""
    if not path:
        return old
    step, more = path[0], path[1:]
    if isinstance(value, list) and isinstance(step, int) and isinstance(old, list) and step < min(len(value), len(old)):
        return [_kept(v, more, old[step], whole) if i == step else v for i, v in enumerate(value)]
    if not isinstance(value, dict) or not isinstance(step, str):
        return value
    there = old.get(step) if isinstance(old, dict) else None
    if more and step in value:
        return {**value, step: _kept(value[step], more, there, whole)}
    if not more and (whole or (isinstance(old, dict) and step in old)):
        return {**value, step: there}
    return value if more else {name: v for name, v in value.items() if name != step}


def replaced(value: Plain, path: Path, new: Plain) -> Plain:
    """`value` with `new` at `path`; what has no such path is left as it is."""
    if not path:
        return new
    step = path[0]
    if isinstance(value, list) and isinstance(step, int) and step < len(value):
        return [replaced(v, path[1:], new) if i == step else v for i, v in enumerate(value)]
    if not isinstance(value, dict) or not isinstance(step, str):
        return value
    return {**value, step: replaced(value.get(step), path[1:], new)}


def _changed_secrets(wanted: Resource, observed: Resource | None) -> tuple[str, ...]:
    if observed is None:
        return tuple(sorted(wanted.write_only))
    names = wanted.write_only.keys() | observed.write_only.keys()
    return tuple(sorted(n for n in names if wanted.write_only.get(n) != observed.write_only.get(n)))


def _action(
    desired: Desired, before: Attributes | None, found: tuple[Difference, ...], secrets: tuple[str, ...], forced: str
) -> Action:
    if before is None:
        return Action.CREATE
    if forced or any(d.replaces for d in found):
        return Action.CREATE_THEN_DELETE if desired.lifecycle.create_before_destroy else Action.REPLACE
    return Action.UPDATE if found or secrets else Action.NOOP


def _forget_computed(
    attributes: Mapping[str, Attribute], desired: Desired, after: dict[str, Plain], *, replace: bool
) -> dict[str, Plain]:
    """Computed values that the change will make anew are not known in the plan."""
    written = desired.resource.attributes
    return {
        name: UNKNOWN
        if (a := attributes[name]).computed and written.get(name) is None and (replace or a.volatile or a.recomputed)
        else value
        for name, value in after.items()
    }


def _blamed(causes: tuple[Difference, ...], found: Iterator[Difference]) -> Iterator[Difference]:
    """What a new object will have besides the causes of its making forces nothing: it is a consequence."""
    paths = [c.path for c in causes if c.replaces]
    for one in found:
        cause = any(p[: len(one.path)] == one.path[: len(p)] for p in paths)
        yield one if cause or not one.replaces else replace(one, replaces=False)


def _differences(
    attributes: Mapping[str, Attribute], schema: ResourceType, before: Attributes, after: Attributes
) -> Iterator[Difference]:
    for name, attribute in attributes.items():
        old, new = before.get(name), after.get(name)
        if attribute.write_only or (attribute.volatile and new is not UNKNOWN) or same(attribute, old, new):
            continue
        # a rule of its own decides for what identifies, too: another version of a kind is still the same object
        yield from _inside((name,), attribute, old, new, name in schema.identity and not callable(attribute.replaces))


def _inside(path: Path, attribute: Attribute, old: Plain, new: Plain, replaces: bool) -> Iterator[Difference]:
    """The differences within one attribute: by field where it is an object, whole otherwise."""
    if attribute.fields is not None and attribute.shape is Shape.OBJECT and isinstance(old, dict) and isinstance(new, dict):
        for name, inner in attribute.fields.items():
            if not same(inner, old.get(name), new.get(name)):
                yield from _inside((*path, name), inner, old.get(name), new.get(name), replaces or attribute.replaces is True)
        return
    rule = attribute.replaces
    forced = not attribute.volatile and (rule(old, new) if callable(rule) and new is not UNKNOWN else bool(rule))
    yield Difference(path, old, new, replaces or forced)


def _initial_only(attributes: Mapping[str, Attribute], path: Path) -> bool:
    level: Mapping[str, Attribute] | None = attributes
    for step in path:
        if level is None or not isinstance(step, str) or step not in level:
            return False
        if level[step].initial_only or level[step].volatile:
            return True
        level = level[step].fields
    return False
