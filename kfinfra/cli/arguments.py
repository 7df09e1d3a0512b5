"""Terraform's spelling of flags: `-var-file=x` and `--var-file=x` are the same; global flags may stand anywhere."""

from __future__ import annotations

GLOBAL_FLAGS = ("--sandbox", "--no-color", "--quiet", "-v", "--verbose")
SWITCHES = ("--refresh", "--lock", "--input", "--backend")


def normalize(argv: list[str]) -> list[str]:
    """The arguments as click wants them: two dashes, global flags first, `-refresh=false` as `--no-refresh`."""
    front: list[str] = []
    rest: list[str] = []
    items = iter(argv)
    for item in items:
        word = _doubled(item)
        if item == "--":
            rest += [item, *items]
        elif word == "-C":
            front += [word, *([value] if (value := next(items, None)) is not None else [])]
        elif word in GLOBAL_FLAGS:
            front.append(word)
        else:
            rest.append(_switch(word))
    return front + rest


def _doubled(item: str) -> str:
    single = item.startswith("-") and not item.startswith("--") and len(item) > 2
    return "-" + item if single and not item[1].isdigit() else item


def _switch(word: str) -> str:
    name, _, value = word.partition("=")
    if name in SWITCHES and value in ("true", "false"):
        return name if value == "true" else "--no-" + name[2:]
    if value in ("true",) and name in ("--auto-approve", "--destroy", "--refresh-only", "--detailed-exitcode"):
        return name
    return word
