"""Fakes: servers and clocks, never our own functions."""
