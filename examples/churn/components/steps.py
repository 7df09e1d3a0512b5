"""What the tasks run. Nothing here knows about nodes, buckets or schedules: main.hcl does."""

from kfp import dsl


def prepare() -> int:
    """The number of customers in the data."""
    import csv
    from pathlib import Path

    files = sorted(Path("/data/customers").glob("*.csv"))
    return sum(len(list(csv.DictReader(file.open()))) for file in files)


def train(region: str, rows: int, epochs: int) -> float:
    """A score that grows with the data and the epochs."""
    print(f"training {region} on {rows} rows")
    return 1 - 1 / (1 + rows * epochs)


def judge(scores: list[float]) -> float:
    """The mean score."""
    return sum(scores) / len(scores)


def publish(score: float, where: str):
    print(f"published to {where}" if where else f"kept back: {score:.2f} is not enough")


@dsl.component(base_image="python:3.11", install_kfp_package=False)
def report(what: str, status: dsl.PipelineTaskFinalStatus):
    print(f"{what}: {status.state}")
