# ruff: noqa: E712, SIM117, UP006, UP035
from typing import List

from kfp import dsl
from steps import add, say


@dsl.pipeline(name="p")
def p(ns: List[int], go: bool):
    with dsl.ParallelFor(ns, name="a") as n:
        with dsl.If(go == True, name="b"):
            with dsl.ParallelFor(["x", "y"], name="c") as t:
                with dsl.If(go == True, name="d"):
                    say(text=t)
                    add(a=n)
