"""A pipeline's components as kfp has them, and their interfaces. Runs in the child process only."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kfinfra.compiler.loading import Refused, load_module
from kfinfra.diag import first_bad_byte
from kfinfra.model.plain import Plain
from kfinfra.pipelines.dag.interfaces import Interface, Port
from kfinfra.pipelines.dag.model import Argument, Channel, Component, Constant, Parameter, Text
from kfinfra.pipelines.reading import sequence, text

_IN_MEMORY = {
    "STRING": "String",
    "NUMBER_INTEGER": "Integer",
    "NUMBER_DOUBLE": "Float",
    "BOOLEAN": "Boolean",
    "LIST": "List",
    "STRUCT": "Dict",
}


def spec_type(kind: str) -> str:
    """A type as kfp's component specs have it."""
    return _IN_MEMORY.get(kind) or f"{kind}@0.0.1"


def load_component(component: Component, root: Path, texts: Mapping[str, str]) -> Any:
    """kfp's BaseComponent. `texts` are those from elsewhere, by name. Raises Refused, and what user code raises."""
    from kfp import components

    match component.kind:
        case "python":
            return _python(component, root)
        case "container":
            return _container(component)
        case "file":
            written = text(component.options, "file")
            content = _read(_below(root, written, component), written)
            return _loaded(component, components.load_component_from_text, content)
        case _:
            return _loaded(component, components.load_component_from_text, texts[component.name])


def _below(root: Path, written: str, component: Component) -> Path:
    """A file of the configuration's folder: what lies elsewhere would change without the cache's knowing."""
    path = (root / written).resolve()
    if not path.is_file() or not path.is_relative_to(root.resolve()):
        detail = f'{written}, of the component "{component.name}", is no file below the configuration\'s folder.'
        raise Refused("No such component file", detail, "a component's file is a path relative to that folder")
    return path


def _read(path: Path, written: str) -> str:
    content = path.read_bytes()
    try:
        return content.decode()
    except UnicodeDecodeError as problem:
        detail = f"{written} is not UTF-8 ({first_bad_byte(content, problem)})."
        raise Refused("Invalid component file", detail, "save the file as UTF-8") from problem


def _loaded(component: Component, load: Any, content: str) -> Any:
    try:
        return load(content)
    except Exception as problem:
        detail = f'The component "{component.name}" cannot be read: {problem}'
        raise Refused("Invalid component file", detail, "a component's YAML, as kfp's compiler writes it") from problem


def _python(component: Component, root: Path) -> Any:
    from kfp import dsl
    from kfp.dsl.base_component import BaseComponent

    source = text(component.options, "python")
    path = _below(root, source, component)
    if path.suffix != ".py":
        detail = f'{source}, of the component "{component.name}", is no Python file.'
        raise Refused("No such component file", detail, "file = … reads a component's YAML")
    module = load_module(path, root)
    name, found = _chosen(component, module, source)
    named = {
        "base_image": text(component.options, "base_image") or None,
        "packages_to_install": sequence(component.options, "packages") or None,
        "pip_index_urls": sequence(component.options, "pip_index_urls") or None,
        "install_kfp_package": component.options.get("install_kfp_package"),
    }
    written = {key: value for key, value in named.items() if value is not None}
    if isinstance(found, BaseComponent):
        if written:
            detail = f'"{name}" in {source} is a component already: its decorator says what "{component.name}" says again.'
            raise Refused("Invalid component", detail, "remove base_image, packages and the like, or the decorator")
        return found
    return dsl.component(found, **written)


def _chosen(component: Component, module: Any, source: str) -> tuple[str, Any]:
    from kfp.dsl.base_component import BaseComponent

    own = {
        n: v
        for n, v in vars(module).items()
        if isinstance(v, BaseComponent) or (inspect.isfunction(v) and v.__module__ == module.__name__ and not n.startswith("_"))
    }
    wanted = text(component.options, "function")
    if wanted:
        if wanted not in own:
            names = ", ".join(sorted(own)) or "none"
            detail = f'{source} has no component or function "{wanted}". There are in it: {names}.'
            raise Refused("No such component in the source", detail, "check function")
        return wanted, own[wanted]
    decorated = {n: v for n, v in own.items() if isinstance(v, BaseComponent)}
    candidates = {component.name: own[component.name]} if component.name in own else decorated or own
    if len(candidates) != 1:
        names = ", ".join(sorted(candidates)) or "none"
        detail = f'{source} holds {names}: which of them is the component "{component.name}" must be said.'
        raise Refused("No such component in the source", detail, 'say which: function = "…"')
    return next(iter(candidates.items()))


def _container(component: Component) -> Any:
    from kfp.dsl import structures
    from kfp.dsl.container_component_class import ContainerComponent

    implementation = structures.ContainerSpecImplementation(
        image=text(component.options, "image"),
        command=[_word(w, component) for w in component.command] or None,
        args=[_word(w, component) for w in component.args] or None,
    )
    spec = structures.ComponentSpec(
        name=component.name,
        inputs={p.name: input_spec(p) for p in component.inputs} or None,
        outputs={p.name: structures.OutputSpec(type=spec_type(p.type)) for p in component.outputs} or None,
        implementation=structures.Implementation(container=implementation),
    )
    return ContainerComponent(spec, _container)


def input_spec(parameter: Parameter) -> Any:
    """An input as kfp has it."""
    from kfp.dsl import structures

    return structures.InputSpec(
        type=parameter.annotation or spec_type(parameter.type),
        default=of_type(parameter.default, parameter.type),
        optional=parameter.optional,
        description=parameter.description or None,
    )


def of_type(value: Plain, kind: str) -> Plain:
    """A whole number is a float where a number is wanted: HCL writes both alike."""
    return float(value) if kind == "NUMBER_DOUBLE" and isinstance(value, int) and not isinstance(value, bool) else value


def constant_of(value: Plain, wanted: Port) -> Plain:
    """A constant as kfp takes it for an input."""
    return of_type(value, wanted.type)


def _word(word: Argument, component: Component) -> Any:
    match word:
        case Constant(value):
            return value
        case Channel():
            return _placeholder(word, component)
        case Text(parts):
            return "".join(p if isinstance(p, str) else str(_placeholder(p, component)) for p in parts)
        case _:
            raise Refused("Invalid component", f'A word of "{component.name}"\'s command is no text.', "")


def _placeholder(channel: Channel, component: Component) -> Any:
    from kfp.dsl import placeholders as p

    ports = {x.name: x.type in _IN_MEMORY for x in (*component.inputs, *component.outputs)}
    parameter = ports[channel.name]
    match channel.kind, channel.key:
        case "input", "value" if parameter:
            return p.InputValuePlaceholder(channel.name)
        case "input", "path" if not parameter:
            return p.InputPathPlaceholder(channel.name)
        case "input", "uri" if not parameter:
            return p.InputUriPlaceholder(channel.name)
        case "output", "path" if parameter:
            return p.OutputParameterPlaceholder(channel.name)
        case "output", "path":
            return p.OutputPathPlaceholder(channel.name)
        case "output", "uri" if not parameter:
            return p.OutputUriPlaceholder(channel.name)
        case _:
            kind = "a parameter" if parameter else "an artifact"
            detail = f'"{component.name}" takes {channel.key} of {channel.kind}.{channel.name}, which is {kind}.'
            hint = "a parameter has a value (input.NAME) and an output file (output.NAME.path); an artifact has .path and .uri"
            raise Refused("Invalid component", detail, hint)


def interface_of(component: Any) -> Interface:
    """The component's inputs and outputs; those that KFP fills in itself (a final status) are left out."""
    spec = component.component_spec
    inputs = {n: _port(i, not i.optional) for n, i in (spec.inputs or {}).items() if n in component._component_inputs}
    status = tuple(n for n, i in (spec.inputs or {}).items() if str(i.type).endswith("PipelineTaskFinalStatus"))
    return Interface(inputs, {n: _port(o, False) for n, o in (spec.outputs or {}).items()}, status)


def _port(spec: Any, required: bool) -> Port:
    from kfp.dsl.types import type_utils

    if type_utils.is_parameter_type(spec.type):
        return Port(str(type_utils.get_parameter_type_name(spec.type)), False, required)
    return Port(str(spec.type).split("@")[0], bool(spec.is_artifact_list), required)
