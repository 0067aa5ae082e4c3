"""The one command `juntos`; each role brings its own subcommands, loaded only when asked for."""

from __future__ import annotations

import sys
from importlib.metadata import entry_points, version

import click

from shared.errors import DataError, JuntosError

ENTRY_POINT_GROUP = "juntos.commands"

# Kept here so that listing the commands imports none of them.
SUMMARIES = {
    "demo": "A whole federation on this machine: four hospitals train together.",
    "coordinator": "Run a federation: enrol hospitals, train, see every run.",
    "node": "Run one hospital's node: join, check the data, serve.",
    "simulate": "Run an experiment described in one TOML file.",
    "pretrain": "Teach a network by published disease knowledge, for a federation to start from.",
    "bench": "Repeat a published benchmark.",
}


class LazyCommands(click.Group):
    """A command group whose members are imported only when one of them is run."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Return the names of the commands whose role is installed."""
        installed = {entry.name for entry in entry_points(group=ENTRY_POINT_GROUP)}
        return [name for name in SUMMARIES if name in installed]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import and return one command."""
        for entry in entry_points(group=ENTRY_POINT_GROUP, name=cmd_name):
            command: click.Command = entry.load()
            return command
        return None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands with their one-line summaries."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, SUMMARIES[name]) for name in self.list_commands(ctx)])


@click.group(cls=LazyCommands)
@click.version_option(version("juntos"), prog_name="juntos")
def juntos() -> None:
    """Hospitals train one diagnostic model together; every record stays where it is."""


def show_error(error: JuntosError) -> None:
    """Print what happened and what to do about it to the terminal's error stream."""
    lines = [f"error: {error.what}"]
    if isinstance(error, DataError):
        lines += [f"  {problem}" for problem in error.problems]
    if error.fix:
        lines.append(f"fix:   {error.fix}")
    click.echo("\n".join(lines), err=True)


def main() -> None:
    """Run `juntos` and end with the exit code that docs/exit-codes.md gives."""
    try:
        # Click returns the code of a command that ended early instead of ending the process.
        code = juntos(standalone_mode=False)
        sys.exit(code if isinstance(code, int) else 0)
    except JuntosError as error:
        show_error(error)
        sys.exit(error.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.exceptions.Exit as error:
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo("Stopped.", err=True)
        sys.exit(130)
