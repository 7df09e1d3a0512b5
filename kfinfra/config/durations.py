"""Durations, which moved to `model` when pipelines came to need them; config's own modules know them by this name."""

from kfinfra.model.durations import seconds

__all__ = ["seconds"]
