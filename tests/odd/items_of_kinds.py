from kfp import dsl
from steps import named, say


@dsl.pipeline(name="p")
def p():
    with dsl.ParallelFor([1.5, -2.25], name="f") as v:
        named(say, "one")(text=f"v {v}")
    with dsl.ParallelFor(['{"a": 1}', "true", "1", "ü"], name="s") as v:
        named(say, "two")(text=v)
