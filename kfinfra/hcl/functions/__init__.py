"""Terraform's 118 functions. Those that read files do so through the reader given; those that need a clock through `now`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from kfinfra.hcl.functions.function import Function, FunctionError, Implementation, Parameter

__all__ = ["Function", "FunctionError", "Parameter", "standard_functions"]

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
    ]
)
# These decide by what is known of an argument: an unknown string's beginning, the type of an unknown object, a first value.
_WHOLE = frozenset(["startswith", "coalesce", "coalescelist", "lookup"])
_MARKED = frozenset(["lookup", "sensitive", "nonsensitive", "issensitive", "ephemeralasnull", "length"])


def standard_functions(
    base_dir: str, read_file: Callable[[str], bytes], now: Callable[[], datetime] | None = None
) -> Mapping[str, Function]:
    """The functions by name. `read_file` takes paths as written and raises OSError.

    Without `now`, `timestamp` and `plantimestamp` are unknown; `uuid` and `bcrypt` are always (they differ each time).
    """
    from kfinfra.hcl.functions import (
        collections,
        encoding,
        files,
        formatting,
        numeric,
        sets,
        special,
        strings,
        templates,
        times,
        yaml,
    )
    from kfinfra.hcl.functions.network import FUNCTIONS as network
    from kfinfra.hcl.functions.signatures import signatures

    rooms = (collections, encoding, formatting, numeric, sets, special, strings, yaml)
    run: dict[str, Implementation] = {**network}
    for room in rooms:
        run.update(room.FUNCTIONS)
    run.update(times.functions(now))
    run.update(files.functions(base_dir, read_file))
    out: dict[str, Function] = {}
    run.update(templates.functions(read_file, out))
    for name, fixed, rest, returns in signatures():
        out[name] = Function(name, fixed, rest, returns, run[name], name in _PARTIAL, name in _MARKED, name in _WHOLE)
    return out
