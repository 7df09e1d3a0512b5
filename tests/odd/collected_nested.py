# ruff: noqa: SIM117
from kfp import dsl
from steps import add, total


@dsl.pipeline(name="p")
def p():
    with dsl.ParallelFor([1, 2], name="outer") as o:
        with dsl.ParallelFor([10, 20], name="inner") as i:
            made = add(a=i, b=o)
    total(values=dsl.Collected(made.output))
