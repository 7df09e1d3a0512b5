from kfp import dsl
from steps import make, read_all


@dsl.pipeline(name="p")
def p():
    with dsl.ParallelFor([1, 2, 3], name="l") as n:
        made = make(rows=n)
    read_all(data=dsl.Collected(made.outputs["data"]))
