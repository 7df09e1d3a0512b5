"""Python sources to compiled packages. User code runs in a child process only, and only where its inputs have changed."""
