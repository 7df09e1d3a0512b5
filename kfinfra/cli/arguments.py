"""Terraform's spelling of flags: `-var-file=x` and `--var-file=x` are the same; global flags may stand anywhere."""

from __future__ import annotations

GLOBAL_FLAGS = ("--sandbox", "--no-color", "--quiet", "-v", "--verbose", "--compact-warnings")
SWITCHES = ("--refresh", "--lock", "--input", "--backend")
PLAIN = (
    *GLOBAL_FLAGS,
    "--auto-approve",
    "--destroy",
    "--refresh-only",
    "--detailed-exitcode",
    "--json",
    "--upgrade",
    "--migrate-state",
    "--force-copy",
    "--reconfigure",
)
"""Flags that have no opposite: `-json=false` is as if it were not written."""
_BOOLS = {"true": True, "t": True, "1": True, "false": False, "f": False, "0": False}
"""What Go's flags take, in any case."""


def normalize(argv: list[str]) -> list[str]:
    """The arguments as click wants them: two dashes, global flags first, `-refresh=false` as `--no-refresh`."""
    if argv in (["-version"], ["--version"]):
        return ["version"]
    front: list[str] = []
    rest: list[str] = []
    items = iter(argv)
    for item in items:
        word = _switch(_doubled(item))
        if item == "--":
            rest += [item, *items]
        elif word == "-C":
            front += [word, *([value] if (value := next(items, None)) is not None else [])]
        elif word.startswith("--chdir="):
            front += ["-C", word.removeprefix("--chdir=")]
        elif word in GLOBAL_FLAGS:
            front.append(word)
        elif word:
            rest.append(word)
    if rest[:1] == ["help"]:
        rest = [*rest[1:], "--help"]
    return front + rest


def _doubled(item: str) -> str:
    single = item.startswith("-") and not item.startswith("--") and len(item) > 2
    return "-" + item if single and not item[1].isdigit() else item


def _switch(word: str) -> str:
    """A flag whose value is written out; the empty string for one that says nothing."""
    name, equals, value = word.partition("=")
    wanted = _BOOLS.get(value.lower()) if equals else None
    if wanted is None:
        return word
    if name in SWITCHES:
        return name if wanted else "--no-" + name[2:]
    if name in PLAIN:
        return name if wanted else ""
    return word
