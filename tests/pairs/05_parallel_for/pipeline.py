import copy

from kfp import dsl


@dsl.component(base_image="python:3.11")
def split() -> list[str]:
    return ["x", "y"]


@dsl.component(base_image="python:3.11")
def add(a: int, b: int) -> int:
    return a + b


@dsl.component(base_image="python:3.11")
def say(text: str, other: str):
    print(text, other)


@dsl.component(base_image="python:3.11")
def total(values: list[int]) -> int:
    return sum(values)


@dsl.component(base_image="python:3.11")
def done():
    pass


def named(component, name):
    """The component under a name of its own, as a task's label in HCL gives it."""
    made = copy.copy(component)
    made.component_spec = copy.copy(component.component_spec)
    made.component_spec.name = name
    return made


@dsl.pipeline(name="p")
def p(names: list[str]):
    parts = split()
    with dsl.ParallelFor([{"a": 1, "b": 10}, {"a": 2, "b": 20}], name="shard", parallelism=1) as item:
        added = add(a=item.a, b=item.b)
    with dsl.ParallelFor(["x", "y"], name="texts") as item:
        named(say, "say-2")(text=f"item {item}", other="b")
    with dsl.ParallelFor(names, name="outer") as name, dsl.ParallelFor(parts.output, name="inner") as part:
        say(text=part, other=name)
    total(values=dsl.Collected(added.output))
    done().after(added)
