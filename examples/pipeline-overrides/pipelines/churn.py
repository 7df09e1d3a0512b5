"""Three steps of a churn model. Nothing here knows about nodes, claims or retries: main.hcl does."""

from kfp import dsl


@dsl.component(base_image="python:3.11")
def load(rows: int) -> list:
    """Customers: how long they stayed."""
    return list(range(rows))


@dsl.component(base_image="python:3.11")
def fit(customers: list, epochs: int) -> float:
    """A loss that falls with every epoch."""
    return len(customers) / (1.0 + epochs)


@dsl.component(base_image="python:3.11")
def report(loss: float):
    """Says how good the model is."""
    print(f"loss {loss:.3f}")


@dsl.pipeline(name="churn")
def churn(rows: int = 12, epochs: int = 3):
    data = load(rows=rows)
    model = fit(customers=data.output, epochs=epochs)
    report(loss=model.output)
