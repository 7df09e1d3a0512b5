from kfp import dsl
from steps import add, named


@dsl.pipeline(name="p")
def p():
    last = named(add, "t0")(a=0, b=1)
    for n in range(1, 100):
        last = named(add, f"t{n}")(a=last.output, b=n)
