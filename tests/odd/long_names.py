from kfp import dsl
from steps import named, say


@dsl.pipeline(name="p")
def p():
    one = named(
        say, "a-task-with-a-name-that-goes-on-that-goes-on-that-goes-on-that-goes-on-that-goes-on-that-goes-on-that-goes-on-end"
    )(text="x")
    named(say, "after")(text=one.output)
