from kfp import dsl
from steps import named, say


@dsl.pipeline(name="p")
def p(n: int):
    with dsl.If(n == 1, name="c"):
        named(say, "one")()
    with dsl.Elif(n == 2):
        named(say, "two")()
    with dsl.Elif(n == 3):
        named(say, "three")()
    with dsl.Else():
        with dsl.If(n < 0, name="d"):
            named(say, "less")()
        with dsl.Else():
            named(say, "more")()
    named(say, "after")()
