from kfp import dsl
from steps import add, every, numbers


@dsl.pipeline(name="p")
def p(s: str, n: int):
    numbers(n=n)
    one = add(a=n, b=n)
    every(
        s=f"{s}/{n}-{one.output}",
        i=n,
        f=1.5,
        b=True,
        l=[n, "x", one.output],
        d={"a": one.output, "b": s, "c": {"k": n}},
    )
