# ruff: noqa: E712, SIM117, UP006, UP035
from typing import Dict, List

from kfp import dsl
from steps import add


@dsl.pipeline(name="p")
def p(items: List[Dict[str, int]], go: bool):
    with dsl.ParallelFor([1, 2], name="outer") as o:
        with dsl.If(go == True, name="c"):
            with dsl.ParallelFor(items, name="inner") as item:
                add(a=item.a, b=o)
