from typing import NamedTuple

from kfp import dsl


@dsl.component(base_image="python:3.11")
def fit(rows: int) -> float:
    return 1 / rows


@dsl.component(base_image="python:3.11")
def say(loss: float):
    print(loss)


@dsl.pipeline(name="inner")
def inner(rows: int) -> NamedTuple("Out", [("loss", float)]):
    from collections import namedtuple

    return namedtuple("Out", ["loss"])(fit(rows=rows).output)


@dsl.pipeline(name="p")
def p():
    say(loss=inner(rows=3).outputs["loss"])
