"""How fast and how small kfinfra is, beside the tools that its users know. A developer's tool: no test reads a clock."""
