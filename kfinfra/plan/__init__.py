"""The plan as data: changes, how they are found (a pure diff), and the plan file. No I/O."""
