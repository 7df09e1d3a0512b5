"""A written value against its attribute's schema: converted, references taken, problems found at their paths."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import cast

from kfinfra.diag import did_you_mean, nearest_name
from kfinfra.model.discretion import discreet
from kfinfra.model.plain import UNKNOWN, Path, Plain, is_known, path_text
from kfinfra.model.schema import Attribute, Problem, Ref, Shape
from kfinfra.values.codec import to_data
from kfinfra.values.convert import ConversionError, convert, type_of
from kfinfra.values.data import (
    EPHEMERAL,
    SENSITIVE,
    ListValue,
    MapValue,
    Marked,
    ObjectValue,
    ResourceValue,
    SetValue,
    TupleValue,
    Unknown,
    Value,
)
from kfinfra.values.nulls import is_null
from kfinfra.values.types import ANY, STRING, ListType, MapType, SetType, type_name


@dataclass
class Findings:
    """What is found on the way: problems, and which paths are sensitive. `kept`: whether the values are persisted."""

    problems: list[Problem] = field(default_factory=list)
    sensitive: set[Path] = field(default_factory=set)
    kept: bool = True

    def problem(self, path: Path, summary: str, detail: str, hint: str = "") -> None:
        """Adds a problem. The keys of a sensitive object are as sensitive as it is, and words of types hold them."""
        problem = Problem(path, summary, detail, hint)
        named = summary == "Unsupported argument" or "{" in detail
        self.problems.append(discreet(problem, self.sensitive) if named and self.sensitive else problem)


def conform(value: Value, attribute: Attribute, path: Path, found: Findings) -> Plain:
    """The plain value of `value` as `attribute` wants it; what is wrong with it goes to `found`."""
    if type(value) is not str:
        if isinstance(value, Marked):
            if SENSITIVE in value.marks or EPHEMERAL in value.marks:
                found.sensitive.add(path)
            value = value.value
        if is_null(value):
            return _absent(attribute, path, found)
        if isinstance(value, Unknown):
            return UNKNOWN
    if attribute.ref is not None:
        plain = _reference(value, attribute, attribute.ref, path, found)
    elif attribute.fields is not None:
        plain = _nested(value, attribute, path, found)
    else:
        plain = _converted(value, attribute, path, found)
    if attribute.check is not None and is_known(plain) and plain is not None:
        for problem in attribute.check(plain):
            inside = problem.path
            if inside and isinstance(attribute.type, SetType):
                inside = (_written_at(value, plain, inside[0]), *inside[1:])
            found.problems.append(discreet(replace(problem, path=(*path, *inside)), found.sensitive))
    return plain


def _written_at(value: Value, plain: Plain, index: str | int) -> str | int:
    """Where an element of a set, which is kept sorted, is written."""
    if isinstance(value, TupleValue | ListValue) and isinstance(plain, list) and isinstance(index, int):
        for at, item in enumerate(value.items):
            if to_data(item, UNKNOWN)[0] == plain[index]:
                return at
    return index


def _absent(attribute: Attribute, path: Path, found: Findings) -> Plain:
    if attribute.required:
        found.problem(path, "Missing required argument", f'The argument "{path_text(path)}" is required, but it is null.')
    return attribute.default


_TEXT = frozenset([str])


def _converted(value: Value, attribute: Attribute, path: Path, found: Findings) -> Plain:
    if attribute.type is STRING and isinstance(value, str):  # most attributes, and nothing is to be done
        return value
    kind = attribute.type
    of_texts = type(kind) is MapType and kind.element is STRING
    if of_texts and type(value) is ObjectValue and _TEXT.issuperset(map(type, value.items.values())):  # most objects
        texts = cast(Mapping[str, str], value.items)
        return {name: texts[name] for name in sorted(texts)}
    try:
        data, sensitive = to_data(convert(value, attribute.type), UNKNOWN)
    except ConversionError as problem:
        inside = (*path, *problem.path)
        found.problem(
            inside,
            "Incorrect attribute value type",
            f'Inappropriate value for attribute "{path_text(path)}": {problem.message}.',
        )
        return None
    if sensitive:
        found.sensitive.update((*path, *p) for p in sensitive)
    plain: Plain = data
    if isinstance(attribute.type, ListType | SetType | MapType) and attribute.type.element != ANY:
        return _without_nulls(plain, path, found, value)
    return plain


def _without_nulls(plain: Plain, path: Path, found: Findings, value: Value = None) -> Plain:
    """The list or map as it is; each null in it is a problem, and then it is nothing that is looked at any further.

    `value` is what it was made of, where its order may be another one. No server's list has a place that holds nothing. An entry
    of a map Terraform's providers drop or refuse, and a drop is told nowhere.
    """
    if isinstance(plain, dict):
        empty: list[Path] = [(*path, key) for key, value in plain.items() if value is None]
        summary, rule, hint = "Null value in a map", "a map here has no entries without a value", _ENTRY
    else:
        items = plain if isinstance(plain, list) else []
        empty = [(*path, _written_at(value, plain, index)) for index, item in enumerate(items) if item is None]
        summary, rule, hint = "Null value in a list", "a list here has no empty places", _ITEM
    for place in empty:
        found.problem(place, summary, f'"{path_text(place)}" is null, and {rule}.', hint)
    return None if empty else plain


_ITEM = "leave it out: [for x in … : x if x != null]"
_ENTRY = "leave it out: { for k, v in … : k => v if v != null }"


def _reference(value: Value, attribute: Attribute, ref: Ref, path: Path, found: Findings) -> Plain:
    if isinstance(value, TupleValue | ListValue | SetValue) and (attribute.type == ANY or _is_list(attribute)):
        inner = replace(attribute, type=STRING, shape=Shape.OBJECT, check=None)
        return [conform(v, inner, (*path, i), found) for i, v in enumerate(value.items)]
    if isinstance(value, ResourceValue) and value.resource_type in ref.types:
        return _taken(value, ref, path, found)
    if ref.text and isinstance(ref.take, str) and isinstance(value, str):
        return value
    wanted = " or ".join(f"{t}.NAME" for t in ref.types)
    given = f"{value.resource_type} {value.address}" if isinstance(value, ResourceValue) else type_name(type_of(value))
    also = ", or its name" if ref.text else ""
    found.problem(
        path,
        "Wrong kind of reference",
        f'"{path_text(path)}" takes a {" or ".join(ref.types)}{also}; this is a {given}.',
        f"write {wanted}",
    )
    return None


def _is_list(attribute: Attribute) -> bool:
    return isinstance(attribute.type, ListType | SetType) or attribute.shape in (Shape.LIST, Shape.SET)


def _taken(value: ResourceValue, ref: Ref, path: Path, found: Findings) -> Plain:
    names = (ref.take,) if isinstance(ref.take, str) else ref.take
    out: dict[str, Plain] = {}
    for name in names:
        data, sensitive = to_data(value.items.get(name), UNKNOWN)
        out[name] = data
        if sensitive:
            found.sensitive.add(path)
    return out[ref.take] if isinstance(ref.take, str) else out


def _nested(value: Value, attribute: Attribute, path: Path, found: Findings) -> Plain:
    fields = attribute.fields or {}
    match attribute.shape, value:
        case Shape.OBJECT, ObjectValue(items) | MapValue(items=items):
            return conform_fields(items, fields, path, found)
        case Shape.MAP, ObjectValue(items) | MapValue(items=items):
            inner = replace(attribute, shape=Shape.OBJECT, check=None)
            return {key: conform(v, inner, (*path, key), found) for key, v in items.items()}
        case Shape.LIST | Shape.SET, TupleValue(things) | ListValue(items=things) | SetValue(items=things):
            inner = replace(attribute, shape=Shape.OBJECT, check=None)
            return _without_nulls([conform(v, inner, (*path, i), found) for i, v in enumerate(things)], path, found)
        case _:
            wanted = {"object": "an object", "map": "a map of objects"}.get(attribute.shape.value, "a list of objects")
            found.problem(
                path,
                "Incorrect attribute value type",
                f'Inappropriate value for attribute "{path_text(path)}": {wanted} required, not {type_name(type_of(value))}.',
            )
            return None


@dataclass(frozen=True, slots=True)
class _Usual:
    """What is the same for all objects of a schema, gathered once."""

    fields: Mapping[str, Attribute]
    defaults: dict[str, Plain]
    required: frozenset[str]
    observed: frozenset[str]


_gathered: dict[int, _Usual] = {}


def _usual(fields: Mapping[str, Attribute]) -> _Usual:
    """The same for a schema; what is gathered holds it, so that no other can have its id."""
    known = _gathered.get(id(fields))
    if known is None:
        known = _gathered[id(fields)] = _Usual(
            fields,
            {name: attribute.default for name, attribute in fields.items()},
            frozenset(name for name, attribute in fields.items() if attribute.required),
            frozenset(name for name, attribute in fields.items() if attribute.computed and not attribute.settable),
        )
    return known


def conform_fields(
    items: Mapping[str, Value],
    fields: Mapping[str, Attribute],
    path: Path,
    found: Findings,
    wrong: Collection[str] = (),
) -> dict[str, Plain]:
    """An object's attributes against the schema of each; unknown names are problems. Those in `wrong` have no value."""
    usual = _usual(fields)
    out = dict(usual.defaults)
    meant: tuple[str | None, ...] = ()
    for name, value in items.items():
        inside = (*path, name)
        attribute = fields.get(name)
        if attribute is None:
            where = f' in "{path_text(path)}"' if path else ""
            detail = f'An argument named "{name}" is not expected{where}.{did_you_mean(name, fields)}'
            found.problem(inside, "Unsupported argument", detail)
            meant = (*meant, nearest_name(name, fields))
            continue
        if name in usual.observed and not is_null(value):
            found.problem(inside, "Read-only argument", f'"{name}" is set by the server and cannot be written.')
        out[name] = conform(value, attribute, inside, found)
    for name in wrong:
        del out[name]
    if not usual.required.issubset(items):
        where = f' in "{path_text(path)}"' if path else ""
        for name in (n for n in fields if n in usual.required and n not in items and n not in wrong and n not in meant):
            found.problem(path, "Missing required argument", f'The argument "{name}" is required{where}, but is not written.')
    return out
