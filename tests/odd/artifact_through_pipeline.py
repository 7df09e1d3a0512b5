from typing import NamedTuple

from kfp import dsl
from steps import add, make, named, read


@dsl.pipeline(name="inner")
def inner(data: dsl.Input[dsl.Dataset]) -> NamedTuple("Out", [("rows", int), ("copy", dsl.Dataset)]):
    from collections import namedtuple

    got = read(data=data)
    made = make(rows=got.output)
    return namedtuple("Out", ["rows", "copy"])(got.output, made.outputs["data"])


@dsl.pipeline(name="p")
def p():
    made = make(rows=3)
    one = inner(data=made.outputs["data"])
    add(a=one.outputs["rows"])
    named(read, "again")(data=one.outputs["copy"])
