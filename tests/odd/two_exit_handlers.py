from kfp import dsl
from steps import named, say, tell


@dsl.pipeline(name="p")
def p():
    first = dsl.ExitHandler(named(tell, "end-one")(), name="first")
    with first:
        named(say, "one")()
    with dsl.ExitHandler(named(tell, "end-two")(text="2"), name="second"):
        named(say, "two")().after(first)
