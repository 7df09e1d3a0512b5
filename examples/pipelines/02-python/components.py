from kfp import dsl


def load(rows: int) -> list:
    return list(range(rows))


@dsl.component(base_image="python:3.11", install_kfp_package=False)
def fit(values: list) -> float:
    return sum(values) / len(values)
