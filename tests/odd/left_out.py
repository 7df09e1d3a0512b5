# ruff: noqa: UP045
from typing import Optional

from kfp import dsl
from steps import add, numbers, say


@dsl.pipeline(name="p")
def p(o: Optional[int] = None):
    say()
    add(a=1)
    numbers(n=o)
