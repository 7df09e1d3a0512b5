"""`provider::aws::…`: what a configuration needs of AWS to write a thing once: an instance type's size, a URI's parts."""

from __future__ import annotations

import re

from kfinfra.diag import did_you_mean
from kfinfra.facts.instance_types import DATED, INSTANCE_TYPES
from kfinfra.hcl.functions.function import Function, FunctionError, Parameter
from kfinfra.values.data import ObjectValue, Value
from kfinfra.values.types import ANY, STRING

_URI = re.compile(r"s3://([^/]+)(?:/(.*))?", re.DOTALL)


def _instance_type(name: str) -> Value:
    found = INSTANCE_TYPES.get(name)
    if found is None:
        near = did_you_mean(name, INSTANCE_TYPES)
        advice = f".{near.removesuffix('?')}" if near else "; write its size out in a local"
        raise FunctionError(f'"{name}" is not in the catalogue of {DATED}{advice}', 0)
    return ObjectValue(
        {
            "architecture": found.architecture,
            "vcpus": found.vcpus,
            "memory": f"{found.memory_mib}Mi",
            "accelerator": found.accelerator or None,
            "accelerators": found.accelerators,
            "accelerator_memory": f"{found.accelerator_mib}Mi" if found.accelerator else None,
            "resource": found.device or None,
        }
    )


def _s3_uri_parse(uri: str) -> Value:
    found = _URI.fullmatch(uri)
    if not found:
        raise FunctionError(f'"{uri}" is no s3://BUCKET/KEY', 0)
    return ObjectValue({"bucket": found[1], "key": found[2] or ""})


FUNCTIONS = (
    Function(
        "provider::aws::instance_type",
        (Parameter("name", STRING),),
        None,
        ANY,
        _instance_type,
        about="What a node of an instance type has: `architecture`, `vcpus`, `memory` (a quantity), `accelerator` (its model), "
        "`accelerators` (how many), `accelerator_memory` (of each), `resource` (a pod's: nvidia.com/gpu). No call is made.",
    ),
    Function(
        "provider::aws::s3_uri_parse",
        (Parameter("uri", STRING),),
        None,
        ANY,
        _s3_uri_parse,
        about="The `bucket` and the `key` of an `s3://` URI: of a pipeline's root, where a bucket's name is asked for.",
    ),
)
