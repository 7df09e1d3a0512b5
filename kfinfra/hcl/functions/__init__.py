"""Terraform's 118 functions over the files and the clock given, and those that providers bring."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from kfinfra.hcl.functions.clock import Clock
from kfinfra.hcl.functions.files import Files
from kfinfra.hcl.functions.function import Function, FunctionError, Implementation, Parameter

__all__ = ["Clock", "Files", "Function", "FunctionError", "Parameter", "standard_functions"]

_PARTIAL = frozenset(
    [
        "length",
        "concat",
        "flatten",
        "keys",
        "values",
        "element",
        "lookup",
        "merge",
        "zipmap",
        "slice",
        "reverse",
        "chunklist",
        "coalesce",
        "tolist",
        "tomap",
        "toset",
        "one",
        "setproduct",
        "index",
        "tostring",
        "tonumber",
        "tobool",
        "startswith",
        "coalescelist",
        "alltrue",
        "anytrue",
        "contains",
        "format",
        "formatlist",
        "jsonencode",
        "setunion",
        "sort",
        "templatefile",
        "templatestring",
    ]
)
# These decide by what is known of an argument: an unknown string's beginning, the type of an unknown object, a first value.
_WHOLE = frozenset(
    [
        "coalesce",
        "coalescelist",
        "format",
        "formatlist",
        "jsonencode",
        "keys",
        "lookup",
        "setproduct",
        "startswith",
        "tobool",
        "tolist",
        "tomap",
        "tonumber",
        "toset",
        "tostring",
    ]
)
_MARKED = frozenset(["lookup", "sensitive", "nonsensitive", "issensitive", "ephemeralasnull", "length"])


def standard_functions(files: Files, clock: Clock, own: Iterable[Function] = ()) -> Mapping[str, Function]:
    """The functions by name: Terraform's over `files` and `clock`, and the providers' `own` (`provider::aws::…`)."""
    from kfinfra.hcl.functions import (
        clock as clocked,
    )
    from kfinfra.hcl.functions import (
        collections,
        encoding,
        formatting,
        numeric,
        results,
        sets,
        special,
        strings,
        templates,
        times,
        yaml,
    )
    from kfinfra.hcl.functions import (
        files as paths,
    )
    from kfinfra.hcl.functions.network import FUNCTIONS as network
    from kfinfra.hcl.functions.signatures import signatures

    rooms = (collections, encoding, formatting, numeric, sets, special, strings, times, yaml)
    run: dict[str, Implementation] = {**network}
    for room in rooms:
        run.update(room.FUNCTIONS)
    run.update(clocked.functions(clock))
    run.update(paths.functions(files))
    out: dict[str, Function] = {function.name: function for function in own}
    run.update(templates.functions(files, out))
    for name, fixed, rest, returns in signatures():
        out[name] = Function(
            name,
            fixed,
            rest,
            returns,
            run[name],
            partial=name in _PARTIAL,
            marked=name in _MARKED,
            whole=name in _WHOLE,
            typed=results.TYPES.get(name),
            finds=name in results.MAY_BE_NULL,
        )
    return out
