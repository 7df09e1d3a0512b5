"""The sandbox's KFP: the v2beta1 API over objects in memory, with the real server's limits and traps."""
