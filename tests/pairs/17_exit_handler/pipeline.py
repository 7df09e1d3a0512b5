from kfp import dsl


@dsl.component(base_image="python:3.11")
def before():
    pass


@dsl.component(base_image="python:3.11")
def work():
    pass


@dsl.component(base_image="python:3.11")
def tell(who: str, status: dsl.PipelineTaskFinalStatus):
    print(who, status.state)


@dsl.pipeline(name="p")
def p(who: str):
    ready = before()
    with dsl.ExitHandler(tell(who=who), name="always"):
        first = work().after(ready)
        with dsl.ParallelFor(["a", "b"], name="each"):
            work().after(first)
