# ruff: noqa: E712
from kfp import dsl
from steps import add, numbers, say, tell


@dsl.pipeline(name="p")
def p(go: bool):
    with dsl.ExitHandler(tell(text=f"end of {go}"), name="always"):
        made = numbers()
        with dsl.ParallelFor(made.output, name="l") as n:
            add(a=n)
        with dsl.If(go == True, name="c"):
            say()
