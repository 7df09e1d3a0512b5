"""Refresh, planner, executor: the only part that decides when a provider is called. Over the ports only."""
