"""kfinfra completion: the scripts for shells, and what they ask for (click's protocol, with Terraform's single dashes).

A shell's script runs kfinfra with _KFINFRA_COMPLETE set; click then answers instead of running a command.
"""

from __future__ import annotations

import click
from click.shell_completion import (
    BashComplete,
    CompletionItem,
    FishComplete,
    ShellComplete,
    ZshComplete,
    add_completion_class,
    get_completion_class,
)

from kfinfra.cli.arguments import normalize

VARIABLE = "_KFINFRA_COMPLETE"


class _Dashes(ShellComplete):
    """Completes `-ou` to `-out` and `--ou` to `--out`."""

    def get_completions(self, args: list[str], incomplete: str) -> list[CompletionItem[str]]:
        """What the word may become, behind `args`."""
        single = incomplete.startswith("-") and not incomplete.startswith("--")
        found = super().get_completions(normalize(args), f"-{incomplete}" if single else incomplete)
        for item in found:
            item.value = item.value.removeprefix("-") if single and item.value.startswith("--") else item.value
        return found


class _Bash(_Dashes, BashComplete):
    """For bash."""


class _Zsh(_Dashes, ZshComplete):
    """For zsh."""


class _Fish(_Dashes, FishComplete):
    """For fish."""


def prepare() -> None:
    """Makes click answer a shell that asks with these classes."""
    for shell in (_Bash, _Zsh, _Fish):
        add_completion_class(shell)


@click.command(name="completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def command(ctx: click.Context, shell: str) -> int:
    """Print a shell's completion script.

    \b
    bash:  eval "$(kfinfra completion bash)"        in ~/.bashrc
    zsh:   eval "$(kfinfra completion zsh)"         in ~/.zshrc
    fish:  kfinfra completion fish > ~/.config/fish/completions/kfinfra.fish
    """
    made = get_completion_class(shell)
    assert made is not None
    print(made(ctx.find_root().command, {}, "kfinfra", VARIABLE).source())
    return 0
