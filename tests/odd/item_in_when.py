# ruff: noqa: SIM117, UP006, UP035
from typing import List

from kfp import dsl
from steps import add, numbers


@dsl.pipeline(name="p")
def p(ns: List[int]):
    made = numbers()
    with dsl.ParallelFor(made.output, name="l") as n:
        with dsl.If(n > 1, name="c"):
            add(a=n)
