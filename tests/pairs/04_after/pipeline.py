from kfp import dsl


@dsl.component(base_image="python:3.11")
def one():
    pass


@dsl.component(base_image="python:3.11")
def two():
    pass


@dsl.pipeline(name="p")
def p():
    first = one()
    second = two().after(first)
    one().after(second).ignore_upstream_failure()
