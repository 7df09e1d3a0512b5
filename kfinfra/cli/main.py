"""The `kfinfra` command: global flags, one file a command, exit codes. Imports no SDK."""

from __future__ import annotations

import gc
import importlib
import os
import sys
from collections.abc import Sequence

import click

from kfinfra.cli.arguments import normalize
from kfinfra.cli.streams import forget_output, open_streams
from kfinfra.diag import Diagnostic, DiagnosticError, did_you_mean, error

USAGE, FAILED, INTERRUPTED = 64, 1, 130
COMMANDS = (
    "apply",
    "completion",
    "console",
    "destroy",
    "diff",
    "drift",
    "fmt",
    "force-unlock",
    "graph",
    "import",
    "init",
    "logs",
    "output",
    "plan",
    "refresh",
    "run",
    "runs",
    "sandbox",
    "show",
    "state",
    "validate",
    "version",
    "workspace",
)
MODULES = {"force-unlock": "force_unlock", "import": "importing"}
"""Where a command's name is none that a module can have."""
SPEAK_JSON = frozenset(
    {
        "apply",
        "destroy",
        "diff",
        "drift",
        "graph",
        "output",
        "plan",
        "refresh",
        "run",
        "runs",
        "show",
        "state",
        "validate",
        "workspace",
    }
)


HABITS = {
    "taint": "apply -replace=ADDRESS",
    "untaint": "plan, without -replace=ADDRESS: nothing is marked",
    "get": "init",
    "providers": "version: the providers are a part of kfinfra",
    "env": "workspace",
    "metadata": "console; docs/functions.md lists the functions",
    "test": "--sandbox apply: it tries a configuration against servers on this machine",
    "login": "plan: there is no service to log in to; providers read the environment",
    "logout": "plan: there is no service to log in to",
    "push": "state push",
}
"""Commands of Terraform that are called otherwise here."""


class LazyGroup(click.Group):
    """Commands by name; a command's module is imported when it is called or asked for its help."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All names."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, or None."""
        if cmd_name not in COMMANDS:
            return None
        module = MODULES.get(cmd_name, cmd_name)
        found = importlib.import_module(f"kfinfra.cli.{module}").command
        return found if isinstance(found, click.Command) else None

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        """Click's own, but that a command which does not exist is told with what to type instead."""
        name = args[0]
        if name not in COMMANDS and not name.startswith("-"):
            instead = HABITS.get(name)
            hint = f" Use: kfinfra {instead}" if instead else did_you_mean(name, COMMANDS)
            raise click.UsageError(f'There is no command "{name}".{hint}', ctx)
        return super().resolve_command(ctx, args)


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("-C", "directory", default=".", metavar="DIR", help="Work in DIR.")
@click.option("--sandbox", is_flag=True, help="Work against the sandbox on this machine.")
@click.option("--no-color", is_flag=True, help="No colours.")
@click.option("--quiet", is_flag=True, help="No progress.")
@click.option("--compact-warnings", is_flag=True, help="Of warnings only what they are and where.")
@click.option("-v", "--verbose", is_flag=True, help="Tell each request to a server (without headers and bodies).")
@click.option("--json", "as_json", is_flag=True, help="Answer in JSON, where the command can.")
@click.pass_context
def cli(
    ctx: click.Context,
    directory: str,
    sandbox: bool,
    no_color: bool,
    quiet: bool,
    compact_warnings: bool,
    verbose: bool,
    as_json: bool,
) -> None:
    """Plan and apply for machine learning on Kubernetes."""
    if as_json and ctx.invoked_subcommand not in SPEAK_JSON:
        raise click.UsageError(f"{ctx.invoked_subcommand} has no JSON to answer")
    verbose = verbose or os.environ.get("KFINFRA_LOG", "off").lower() in ("info", "debug", "trace")
    ctx.obj = {"directory": directory, "sandbox": sandbox, "no_color": no_color, "quiet": quiet, "json": as_json}
    ctx.obj |= {"verbose": verbose, "compact": compact_warnings}
    if verbose:
        from kfinfra.views.requests_log import show_requests

        show_requests(sys.stderr)


def main(argv: Sequence[str] | None = None) -> None:
    """Runs a command and exits: 0, 1 failed, 2 changes (plan -detailed-exitcode), 64 usage, 130 interrupted."""
    sys.exit(run(list(sys.argv[1:] if argv is None else argv)))


def run(argv: list[str]) -> int:
    """Runs a command; its exit code."""
    if "_KFINFRA_COMPLETE" in os.environ:
        from kfinfra.cli.completion import prepare

        prepare()
    sys.setrecursionlimit(50_000)
    gc.set_threshold(100_000, 20, 20)  # what a command makes it keeps: looking for garbage in it costs a fifth of its time
    open_streams()
    try:
        code = cli.main(normalize(argv), prog_name="kfinfra", standalone_mode=False)
        return code if isinstance(code, int) else 0
    except click.UsageError as problem:
        problem.show()
        return USAGE
    except (click.Abort, KeyboardInterrupt):
        print("Interrupted.", file=sys.stderr)
        return INTERRUPTED
    except DiagnosticError as problem:
        return _failed(argv, *problem.diagnostics)
    except RecursionError:
        detail = "Values refer to each other, or lie in each other, in a chain that is too long to be followed."
        return _failed(argv, error("Too deeply nested", detail))
    except BrokenPipeError:  # whoever read has seen enough (`| head`)
        forget_output()
        return FAILED
    except OSError as problem:  # a disk that is full, a folder that cannot be written: nothing that a change here would mend
        forget_output()
        detail = f"{problem.filename or 'standard output'}: {problem.strerror or problem}."
        return _failed(argv, error("Cannot read or write", detail))
    except Exception as problem:
        if os.environ.get("KFINFRA_LOG") == "debug":
            raise
        print(f"kfinfra has a bug: {type(problem).__name__}: {problem}", file=sys.stderr)
        print("hint: run it again with KFINFRA_LOG=debug and report what it prints", file=sys.stderr)
        return FAILED


def _failed(argv: list[str], *found: Diagnostic) -> int:
    """Tells what is wrong."""
    from kfinfra.cli.terminal import show_diagnostics

    show_diagnostics(found, color="--no-color" not in argv)
    return FAILED
