from typing import NamedTuple

from kfp import dsl


@dsl.component(base_image="python:3.11")
def flip() -> NamedTuple("Out", [("side", str), ("chance", float), ("fair", bool)]):
    from collections import namedtuple

    return namedtuple("Out", ["side", "chance", "fair"])("heads", 0.5, True)


@dsl.component(base_image="python:3.11")
def heads() -> str:
    return "heads"


@dsl.component(base_image="python:3.11")
def tails() -> str:
    return "tails"


@dsl.component(base_image="python:3.11")
def edge() -> str:
    return "edge"


@dsl.component(base_image="python:3.11")
def say(text: str):
    print(text)


@dsl.pipeline(name="p")
def p(threshold: float = 0.9):
    coin = flip()
    with dsl.If(coin.outputs["side"] == "heads", name="side"):
        one = heads()
    with dsl.Elif(coin.outputs["side"] == "tails"):
        two = tails()
    with dsl.Else():
        three = edge()
    say(text=dsl.OneOf(one.output, two.output, three.output))
    chance, fair, side = coin.outputs["chance"], coin.outputs["fair"], coin.outputs["side"]
    with dsl.If(threshold < chance, name="sure"), dsl.If(fair == True), dsl.If(side != "edge"):  # noqa: E712, SIM117
        with dsl.If(chance <= 0.99, name="nested"):
            say(text="sure")
