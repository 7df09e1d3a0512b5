"""The configuration in Terraform's JSON: what is declared, which constants are written, what each expression refers to.

Constants of sensitive and write-only attributes, and defaults of sensitive variables, are null.
"""

from __future__ import annotations

from collections.abc import Mapping

from kfinfra.config.configuration import Configuration
from kfinfra.config.constants import constant
from kfinfra.config.module import Declared
from kfinfra.config.sources import redacted
from kfinfra.config.tree import Node, source_of
from kfinfra.config.variables import is_flagged
from kfinfra.hcl.nodes import Attr, Block, Body, Expr, Literal, ObjectExpr, Quoted, Template, Traversal, TupleExpr, Unary
from kfinfra.hcl.references import references
from kfinfra.model.address import key_text
from kfinfra.model.data import PREFIX
from kfinfra.model.schema import Attribute, BlockType
from kfinfra.views.json_values import Json
from kfinfra.views.resources_json import provider_name

_META = ("count", "for_each", "depends_on", "provider")


def configuration_json(config: Configuration) -> dict[str, Json]:
    """Providers, and the root module with all that it calls."""
    return {"provider_config": _providers(config), "root_module": _module(config, config.tree)}


def _module(config: Configuration, node: Node) -> dict[str, Json]:
    module = node.module
    out: dict[str, Json] = {}
    if module.outputs:
        out["outputs"] = {name: _output(block) for name, block in sorted(module.outputs.items())}
    blocks = {**module.resources, **{key: scoped.data for key, scoped in module.scoped.items()}}
    if blocks:
        out["resources"] = [_resource(config, node, key, block) for key, block in sorted(blocks.items())]
    if node.children:
        out["module_calls"] = {name: _call(config, child) for name, child in sorted(node.children.items())}
    if module.variables:
        out["variables"] = {name: _variable(block) for name, block in sorted(module.variables.items())}
    return out


def _call(config: Configuration, node: Node) -> Json:
    """A module block; an argument for a sensitive variable is no constant to be shown."""
    call, variables = node.call, node.module.variables
    assert call is not None
    out: dict[str, Json] = {"source": redacted(source_of(call))}
    written = [a for a in call.block.body.attributes if a.name in variables]
    if written:
        out["expressions"] = {a.name: _expression(a.expr, _is_hidden(variables[a.name])) for a in written}
    out |= _repeated(call)
    return out | {"module": _module(config, node)} | _depends_on(call)


def _repeated(block: Declared) -> dict[str, Json]:
    written = ((name, block.attribute(name)) for name in ("count", "for_each"))
    return {f"{name}_expression": _expression(attribute.expr) for name, attribute in written if attribute is not None}


def _depends_on(block: Declared) -> dict[str, Json]:
    wanted = block.attribute("depends_on")
    return {"depends_on": [_subjects(t)[-1] for t in references(wanted.expr)]} if wanted is not None else {}


def _providers(config: Configuration) -> dict[str, Json]:
    kinds = {kind for node in config.tree.walk() for kind, _ in (*node.module.resources, *node.module.scoped)}
    keys = {config.types[kind].provider for kind in kinds} | config.module.providers.keys()
    return {key: _provider(config, key) for key in sorted(keys)}


def _provider(config: Configuration, key: str) -> Json:
    name, _, alias = key.partition(".")
    out: dict[str, Json] = {"name": name, "full_name": provider_name(key)}
    if alias:
        out["alias"] = alias
    block = config.module.providers.get(key)
    schema = config.provider_types[name].attributes
    expressions = _body(block.block.body, schema, {}, ("alias",)) if block else {}
    return out | ({"expressions": expressions} if expressions else {})


def _resource(config: Configuration, node: Node, key: tuple[str, str], block: Declared) -> Json:
    schema = config.types[key[0]]
    chosen = block.attribute("provider")
    provider = _subjects(chosen.expr)[0] if chosen and isinstance(chosen.expr, Traversal) else schema.provider
    provider = node.providers.get(provider, provider)
    kind = key[0].removeprefix(PREFIX)
    mode = "managed" if kind == key[0] else "data"
    out: dict[str, Json] = {"address": ".".join(key), "mode": mode, "type": kind, "name": key[1]}
    out["provider_config_key"] = provider
    out["expressions"] = _body(block.block.body, schema.attributes, schema.blocks, _META)
    out["schema_version"] = schema.version
    return out | _repeated(block) | _depends_on(block)


def _body(
    body: Body, attributes: Mapping[str, Attribute], blocks: Mapping[str, BlockType], without: tuple[str, ...]
) -> dict[str, Json]:
    out: dict[str, Json] = {}
    for attribute in body.attributes:
        if attribute.name not in without:
            schema = attributes.get(attribute.name)
            out[attribute.name] = _expression(attribute.expr, schema is not None and _secret(schema))
    for block in body.blocks:
        if block.type in blocks:
            _add_block(out, block, blocks[block.type])
    return out


def _add_block(out: dict[str, Json], block: Block, schema: BlockType) -> None:
    inside = _body(block.body, schema.attributes, schema.blocks, ())
    if not block.labels:
        out[block.type] = inside
        return
    labelled = out.setdefault(block.type, {})
    if isinstance(labelled, dict):
        labelled[block.labels[0].value] = inside


def _is_hidden(variable: Declared) -> bool:
    return is_flagged(variable, "sensitive") or is_flagged(variable, "ephemeral")


def _output(block: Declared) -> Json:
    out: dict[str, Json] = {}
    for name in ("sensitive", "ephemeral", "description"):
        written = block.attribute(name)
        if written is not None and (value := constant(written.expr)) not in (None, False):
            out[name] = value
    value_ = block.attribute("value")
    return out | ({"expression": _expression(value_.expr, bool(out.keys() & {"sensitive", "ephemeral"}))} if value_ else {})


def _variable(block: Declared) -> Json:
    out: dict[str, Json] = {}
    default, description = block.attribute("default"), block.attribute("description")
    if default is not None:
        written = _constant(default.expr)
        out["default"] = None if _is_hidden(block) or written is None else written[0]
    if description is not None:
        out["description"] = constant(description.expr)
    return out | {name: True for name in ("sensitive", "ephemeral") if is_flagged(block, name)}


def _expression(expr: Expr, secret: bool = False) -> Json:
    written = _constant(expr)
    if written is not None:
        return {"constant_value": None if secret else written[0]}
    found = [subject for traversal in references(expr) for subject in _subjects(traversal)]
    return {"references": [*found]} if found else {}


def _secret(schema: Attribute) -> bool:
    return schema.sensitive or schema.write_only or any(map(_secret, (schema.fields or {}).values()))


def _subjects(traversal: Traversal) -> list[str]:
    """What a traversal refers to, from the whole of it to the object itself: `disk.a[0].id`, `disk.a[0]`, `disk.a`."""
    parts = [f".{step.name}" if isinstance(step, Attr) else key_text(step.key) for step in traversal.steps]
    parts = [f"data{parts[0]}", *parts[1:]] if traversal.root == "data" and parts else [traversal.root, *parts]
    if traversal.root == "module" and len(parts) > 1:  # the output, and the module or its instance
        whole = parts[:4] if len(parts) > 2 and parts[2].startswith("[") else parts[:3]
        return list(dict.fromkeys(["".join(whole), "".join(whole[:-1] if len(whole) > 2 else whole)]))
    lengths = [len(parts), 3, 2] if len(parts) > 2 and parts[2].startswith("[") else [len(parts), 2]
    return list(dict.fromkeys("".join(parts[:length]) for length in lengths))


def _constant(expr: Expr) -> tuple[Json] | None:
    """The value that is written out, in a tuple; None where it is anything else."""
    match expr:
        case Literal(number=str() as text):
            return (int(text) if text.isdigit() else float(text),)
        case Literal(value=value):
            return (value,)
        case Unary(op="-", operand=Literal(number=str() as text)):
            return (-int(text) if text.isdigit() else -float(text),)
        case Quoted() | Template():
            words = constant(expr)
            return (words,) if words is not None else None
        case TupleExpr(items=items):
            values = [_constant(item) for item in items]
            return None if None in values else ([v[0] for v in values if v],)
        case ObjectExpr(items=entries):
            pairs = [(e.key if isinstance(e.key, str) else constant(e.key), _constant(e.value)) for e in entries]
            if any(not isinstance(key, str) or value is None for key, value in pairs):
                return None
            return ({str(key): value[0] for key, value in pairs if value},)
        case _:
            return None
