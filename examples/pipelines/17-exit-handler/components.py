from kfp import dsl


def work() -> int:
    return 1


@dsl.component(base_image="python:3.11", install_kfp_package=False)
def tell(who: str, status: dsl.PipelineTaskFinalStatus):
    print(who, status.state, status.error_message)
