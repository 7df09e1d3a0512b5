from kfp import dsl
from steps import add, named, say, total


@dsl.pipeline(name="p")
def p():
    with dsl.ParallelFor([1, 2], name="l") as n:
        one = add(a=n)
        with dsl.If(one.output > 1, name="c"):
            big = named(say, "big")(text="big")
        with dsl.Else():
            small = named(say, "small")(text="small")
        end = named(say, "end")(text=dsl.OneOf(big.output, small.output))
    total(values=dsl.Collected(end.output))
