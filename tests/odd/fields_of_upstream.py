from kfp import dsl
from steps import add, objects


@dsl.pipeline(name="p")
def p():
    made = objects()
    with dsl.ParallelFor(made.output, name="l") as item:
        add(a=item.a, b=item.b)
