from typing import NamedTuple

from kfp import dsl
from steps import add, total


@dsl.pipeline(name="low")
def low(n: int) -> NamedTuple("Out", [("n", int)]):
    from collections import namedtuple

    return namedtuple("Out", ["n"])(add(a=n, b=1).output)


@dsl.pipeline(name="mid")
def mid(n: int) -> NamedTuple("Out", [("n", int)]):
    from collections import namedtuple

    return namedtuple("Out", ["n"])(low(n=n).outputs["n"])


@dsl.pipeline(name="p")
def p():
    with dsl.ParallelFor([1, 2], name="l") as n:
        one = mid(n=n)
    total(values=dsl.Collected(one.outputs["n"]))
