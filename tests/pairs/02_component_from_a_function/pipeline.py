from typing import NamedTuple, Optional

from kfp import dsl


def fit(epochs: int, rate: float, names: list[str], data: dsl.Output[dsl.Dataset], fast: bool = False) -> NamedTuple(
    "Out", [("loss", float)]
):
    from collections import namedtuple

    return namedtuple("Out", ["loss"])(rate / epochs)


@dsl.component(base_image="python:3.11")
def report(data: dsl.Input[dsl.Dataset], text: str):
    print(data.path, text)


@dsl.component(base_image="python:3.11", install_kfp_package=False)
def show(values: list, options: dict[str, str], rate: float, note: str = "none") -> list:
    return values


made = dsl.component(fit, base_image="python:3.12", packages_to_install=["scikit-learn==1.5.2"])


@dsl.pipeline(name="p")
def p(
    names: list[str],
    epochs: int = 3,
    rate: float = 1.0,
    options: Optional[dict] = None,  # noqa: UP045
    fast: bool = True,
):
    fitted = made(epochs=epochs, rate=rate, names=names, fast=fast)
    report(data=fitted.outputs["data"], text=f"rate {rate} of X: {fitted.outputs['loss']}")
    show(
        values=[fitted.outputs["loss"], 2],
        options={"loss": fitted.outputs["loss"], "fixed": "yes"},
        note=f"rate {rate}",
        rate=2.0,
    )
