"""Two steps: read the data, fit a model. Nothing here knows about nodes, claims or schedules: main.hcl does."""

from kfp import dsl


@dsl.component(base_image="python:3.11")
def load(path: str) -> int:
    """The number of rows at `path`."""
    print(f"reading {path}")
    return 12


@dsl.component(base_image="python:3.11")
def fit(rows: int, epochs: int) -> float:
    """A loss that falls with every epoch."""
    return rows / (1.0 + epochs)


@dsl.pipeline(name="train")
def train(epochs: int = 1, path: str = "s3://acme-ml-artifacts/experiment/artifacts"):
    rows = load(path=path)
    fit(rows=rows.output, epochs=epochs)
