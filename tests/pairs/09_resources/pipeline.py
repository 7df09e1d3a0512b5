from kfp import dsl


@dsl.component(base_image="python:3.11")
def fit():
    pass


@dsl.pipeline(name="p")
def p():
    task = fit().set_cpu_request("500m").set_cpu_limit("2").set_memory_request("1G").set_memory_limit("2Gi")
    task.set_accelerator_type("nvidia.com/gpu").set_accelerator_limit(1)
