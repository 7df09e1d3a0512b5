"""The use cases, one a file. `wiring` alone joins ports to adapters."""
