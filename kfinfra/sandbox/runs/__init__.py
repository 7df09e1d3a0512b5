"""Runs of pipelines on this machine, from the compiled package, as the KFP backend would run them."""
