from kfp import dsl
from steps import add, say


@dsl.pipeline(name="p")
def p():
    one = add(a=1)
    say(text="x").after(one).ignore_upstream_failure()
