"""State as a value, its codec, and the journal's records. No I/O: stores read and write the bytes."""
