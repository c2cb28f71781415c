"""The flags of backtests and sweeps: which bars they are about, and where results go."""

import functools
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from sellcli.flags.instants import typed_date
from sellcore.errors import ConfigError

if TYPE_CHECKING:
    from sellcli.compose.runs import StoredRun

Command = TypeVar("Command", bound=Callable[..., Any])


def bar_options(data: Callable[[Any], Any]) -> Callable[[Command], Command]:
    """
    Give a command ``--from``, ``--to``, ``--data`` and ``--origin``.

    It is called with ``since`` and ``until``, dates or None, and with ``origin``, whose
    bars of the cache, or None.

    Args:
        data: The option ``--data``: what a command takes in place of the cache is its own.
    """

    def decorate(command: Command) -> Command:
        @functools.wraps(command)
        def with_bars(
            *args: Any, since: str | None, until: str | None, origin: str | None, **given: Any
        ) -> Any:
            if given["data"] is not None and origin is not None:
                raise click.UsageError(
                    "--origin is for the cache, --data in its place; give one of them"
                )
            from sellcli.compose.bars import Origin

            first, last = typed_date(since, "--from"), typed_date(until, "--to")
            if first is not None and last is not None and first > last:
                raise ConfigError(f"--from {first} is after --to {last}; exchange them")
            whose = None if origin is None else Origin(origin)
            return command(*args, since=first, until=last, origin=whose, **given)

        decorated: Command = _with(
            with_bars,
            click.option("--from", "since", metavar="DATE", help="First day of the account."),
            click.option("--to", "until", metavar="DATE", help="Last day."),
            data,
            click.option(
                "--origin",
                type=click.Choice(["broker", "imported", "simulated"]),
                help="Whose bars of the cache, where it has both.",
            ),
        )
        return decorated

    return decorate


def result_options(kept: str) -> Callable[[Command], Command]:
    """
    Give a command ``--out``, ``--report`` and ``--json``, called ``as_json``.

    Args:
        kept: What ``--out`` keeps, for the help.
    """

    def decorate(command: Command) -> Command:
        @functools.wraps(command)
        def with_result(*args: Any, out: Path | None, report: bool, **given: Any) -> Any:
            if report and out is None:
                raise click.UsageError("--report needs --out RUNS_DIR, where the page is kept")
            return command(*args, out=out, report=report, **given)

        decorated: Command = _with(
            with_result,
            click.option(
                "--out",
                type=click.Path(path_type=Path),
                metavar="RUNS_DIR",
                help=f"Keep the run below this folder: {kept}.",
            ),
            click.option(
                "--report",
                is_flag=True,
                help="With --out: also draw report.html, a page for people.",
            ),
            click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout."),
        )
        return decorated

    return decorate


def tell_kept(stored: "StoredRun | None", *, as_json: bool) -> None:
    """Say where a run lies, if it was kept; on stderr where stdout is a document."""
    if stored is not None:
        what = "kept in" if stored.is_new else "the same run was kept before in"
        click.echo(f"{what} {stored.folder}", err=as_json)


def _with(command: Any, *options: Callable[[Any], Any]) -> Any:
    """Return a command with options, in the order of its help."""
    for option in reversed(options):
        command = option(command)
    return command
