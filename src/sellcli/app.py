"""The commands; each lives in its own module and is loaded when it is needed."""

from importlib import import_module

import click

from sellcli.interrupts import ReaderLeft

COMMANDS = {
    "start": "Watch every holding all day; decide, and sell once armed.",
    "status": "Show every holding and its distance to all averages.",
    "assign": "Let a ticker follow an average.",
    "assignments": "Show, export or import which ticker follows which rule.",
    "signals": "Show what was decided, from the audit log.",
    "why": "Explain a decision, and what came of it.",
    "replay": "Decide a recorded day again, and compare with the audit log.",
    "reconcile": "Compare what was sent with what the broker says.",
    "sales": "Show what was sold, and what it brought.",
    "halt": "Halt all selling.",
    "resume": "End a halt.",
    "import": "Bring bars of other sources into the cache, for research.",
    "backtest": "Test a rule on history, after costs, beside buying and holding.",
    "sweep": "Test many rules on many tickers, and say how likely the best is luck.",
    "cache": "Look at the downloaded bars, check them, or write them anew.",
    "config": "Show every setting and where it came from.",
    "doctor": "Look at everything a watch needs, with the fix for each.",
    "gateway": "Serve the TWS API with a simulated market.",
}
"""
What each command is for, in the order in which a newcomer meets them.

Each is a module of sellcli.commands. Their help stands here as well, so that
the list of them loads none.
"""

_MODULES = {"import": "import_bars"}
"""Where a command is called by a word that Python keeps for itself."""


class LazyCommands(click.Group):
    """Loads a command's module when it is run or listed, and keeps the order above."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of COMMANDS."""
        return list(COMMANDS)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command, or None where there is none of that name."""
        if cmd_name not in COMMANDS:
            return None
        module = _MODULES.get(cmd_name, cmd_name)
        command: click.Command = import_module(f"sellcli.commands.{module}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Name the nearest command where the one given does not exist."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            from difflib import get_close_matches

            near = get_close_matches(args[0], COMMANDS, n=1)
            hint = f", did you mean '{near[0]}'?" if near else ""
            raise click.UsageError(f"no such command '{args[0]}'{hint}", ctx) from error

    def invoke(self, ctx: click.Context) -> object:
        """Hand on an end that was asked for, to which click would add a line or a code."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as interrupt:
            raise click.Abort(*interrupt.args) from None
        except BrokenPipeError:
            raise ReaderLeft from None


@click.group(
    cls=LazyCommands,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(package_name="sellcli", message="%(package)s %(version)s")
@click.pass_context
def app(context: click.Context) -> None:
    """
    Watch stocks held at Interactive Brokers, and sell a holding in full when a
    bar closes below its moving average.

    Nothing is sent unless it is armed: dry-run is the default. Try it without a broker:

        sellcli start --simulate
    """
    if context.invoked_subcommand is None:
        click.echo(context.get_help())
