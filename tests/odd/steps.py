# ruff: noqa: E741, UP006, UP035, UP045
"""The components of the odd pipelines, for both languages."""

import copy
from typing import Dict, List, Optional

from kfp import dsl


def named(component, name):
    """The component under a name of its own, as a task's label in HCL gives it."""
    made = copy.copy(component)
    made.component_spec = copy.copy(component.component_spec)
    made.component_spec.name = name
    return made


@dsl.component(base_image="python:3.11")
def say(text: str = "") -> str:
    print(text)
    return text


@dsl.component(base_image="python:3.11")
def add(a: int, b: int = 0) -> int:
    return a + b


@dsl.component(base_image="python:3.11")
def numbers(n: int = 3) -> List[int]:
    return list(range(n))


@dsl.component(base_image="python:3.11")
def objects() -> List[Dict[str, int]]:
    return [{"a": 1, "b": 2}, {"a": 3, "b": 4}]


@dsl.component(base_image="python:3.11")
def total(values: list) -> str:
    return str(values)


@dsl.component(base_image="python:3.11")
def make(rows: int, data: dsl.Output[dsl.Dataset]):
    with open(data.path, "w") as out:
        out.write("x" * rows)


@dsl.component(base_image="python:3.11")
def read(data: dsl.Input[dsl.Dataset]) -> int:
    with open(data.path) as given:
        return len(given.read())


@dsl.component(base_image="python:3.11")
def read_all(data: dsl.Input[List[dsl.Dataset]]) -> int:
    return len(data)


@dsl.component(base_image="python:3.11")
def every(s: str, i: int, f: float, b: bool, l: list, d: dict, o: Optional[str] = None) -> str:
    return repr((s, i, f, b, l, d, o))


@dsl.component(base_image="python:3.11")
def tell(status: dsl.PipelineTaskFinalStatus, text: str = "") -> str:
    return status.state + text
