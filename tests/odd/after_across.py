from kfp import dsl
from steps import add, say


@dsl.pipeline(name="p")
def p():
    with dsl.ParallelFor([1], name="a"):
        one = say()
        with dsl.ParallelFor([2], name="b"):
            two = say()
    other = add(a=1)
    say().after(one, two, other)
