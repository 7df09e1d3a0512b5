"""State backends and their locks."""
