"""What a body may hold, for JSON syntax, which does not tell blocks from arguments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, repr=False)
class Shape:
    """What a body may hold: nested blocks by name. A name that is none of them is an argument.

    `labels`: how many a block of this shape has; `expressions`, `literals`: arguments whose strings are native expressions,
    and such as are no templates; `only_blocks`, `only_literals`: that all names are (an unknown block is empty: it is refused).
    """

    labels: int = 0
    blocks: Mapping[str, Shape] = field(default_factory=dict)
    expressions: frozenset[str] = frozenset()
    literals: frozenset[str] = frozenset()
    only_blocks: bool = False
    only_literals: bool = False

    def __repr__(self) -> str:
        """The same in every process: trees are kept under a name that is made from it, and a set has another order in each."""
        names = f"{sorted(self.expressions)}, {sorted(self.literals)}"
        return f"Shape({self.labels}, {self.blocks!r}, {names}, {self.only_blocks}, {self.only_literals})"
