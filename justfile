# One entry point for habits: `just check` before you push.

check: lint types imports test

lint:
    ruff check .
    ruff format --check .

types:
    mypy

imports:
    lint-imports

test:
    pytest

format:
    ruff format .
    ruff check --fix .
