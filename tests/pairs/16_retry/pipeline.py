from kfp import dsl


@dsl.component(base_image="python:3.11")
def fit():
    pass


@dsl.pipeline(name="p")
def p():
    fit().set_retry(num_retries=3, backoff_duration="30s", backoff_factor=3, backoff_max_duration="600s")
