"""The nouns every layer shares: addresses, plain values, schemas, resources, and the ports to the world. No I/O."""
