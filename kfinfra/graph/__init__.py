"""Orders and cycles over plain dependency maps. No threads, no knowledge of what the nodes are."""

from kfinfra.graph.order import CycleError, cycles, topological

__all__ = ["CycleError", "cycles", "topological"]
