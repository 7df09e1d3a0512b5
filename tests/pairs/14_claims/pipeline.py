from kfp import dsl, kubernetes


@dsl.component(base_image="python:3.11")
def fit():
    pass


@dsl.pipeline(name="p")
def p():
    with dsl.ParallelFor([1, 2], name="folds"):
        kubernetes.mount_pvc(fit(), pvc_name="shared", mount_path="/mnt/shared")
