# ruff: noqa: B006, E741, UP006, UP035, UP045
from typing import Dict, List, Optional

from kfp import dsl
from steps import every


@dsl.pipeline(name="p")
def p(
    s: str = 'a "b" \\ {{x}} ünï ✓',
    i: int = -7,
    f: float = 3.0,
    b: bool = False,
    l: List[str] = [],
    d: Dict[str, int] = {"z": 1, "a": 2},
    o: Optional[str] = None,
):
    every(s=s, i=i, f=f, b=b, l=l, d=d, o=o)
