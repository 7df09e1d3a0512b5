"""A pipeline's blocks for JSON syntax: which names are blocks, with how many labels, and which strings are expressions."""

from __future__ import annotations

from kfinfra.hcl.shape import Shape

_TYPED = Shape(1, expressions=frozenset({"type"}))
_TASK = Shape(1, expressions=frozenset({"component", "after"}))
_STEPS: dict[str, Shape] = {"task": _TASK, "importer": _TYPED}
_BRANCHES: dict[str, Shape] = {}
_STEPS |= {"parallel_for": Shape(1, _STEPS), "condition": Shape(1, _BRANCHES)}
_BRANCHES |= {**_STEPS, "else_if": Shape(0, _STEPS), "otherwise": Shape(0, _STEPS)}

DAG_SHAPES = {
    **_STEPS,
    "parameter": _TYPED,
    "component": Shape(1, {"input": _TYPED, "output": _TYPED}),
    "exit_handler": Shape(1, {"task": _TASK}, frozenset({"guards"})),
    "output": Shape(1),
}
