# ruff: noqa: E712, SIM117
from kfp import dsl
from steps import add, numbers


@dsl.pipeline(name="p")
def p(go: bool):
    made = numbers()
    with dsl.If(go == True, name="c"):
        with dsl.ParallelFor(made.output, name="l", parallelism=2) as n:
            add(a=n)
