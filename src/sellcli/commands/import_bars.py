"""``sellcli import``: bring bars of other sources into the cache."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sellcli.flags.settings import setting_options
from sellcli.prompt import ask_yes
from sellcli.settings import Settings
from sellcore.errors import ConfigError

if TYPE_CHECKING:
    from sellcli.compose.imports import Examined


@click.command("import")
@click.argument(
    "files", metavar="FILES...", nargs=-1, required=True, type=click.Path(path_type=Path)
)
@click.option(
    "--columns", metavar="ROLE=NAME,...", help="Which column is which: ts=Date,close=Close."
)
@click.option("--ticker", metavar="EXCHANGE:SYMBOL", help="Whose bars they are.")
@click.option("--exchange", help="The primary listing exchange of a column of bare symbols.")
@click.option(
    "--size",
    type=click.Choice(["1m", "2m", "3m", "5m", "10m", "15m", "30m", "1d"]),
    help="How long a bar is; by the file's name or its times unless told.",
)
@click.option("--zone", help="IANA zone of times that are written without one.")
@click.option("--stamp-format", help="How times are written, e.g. %m/%d/%Y; ISO 8601 unless told.")
@click.option(
    "--stamps",
    type=click.Choice(["start", "end"]),
    default="start",
    show_default=True,
    help="What of an intraday bar its time tells.",
)
@click.option("--replace", is_flag=True, help="Put them in the place of bars imported before.")
@click.option("--check", is_flag=True, help="Show what they come to, and write nothing.")
@click.option("--yes", is_flag=True, help="Take guessed columns without asking.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@setting_options("cache_dir")
def command(
    settings: Settings,
    files: tuple[Path, ...],
    columns: str | None,
    ticker: str | None,
    exchange: str | None,
    size: str | None,
    zone: str | None,
    stamp_format: str | None,
    stamps: str,
    replace: bool,
    check: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """
    Bring bars of other sources, in CSV or Parquet, into the cache.

    They lie apart from the broker's bars, and no watch ever decides on them. All
    files are checked before the first bar is written.

    \b
    Example:
      sellcli import NASDAQ_MSFT_1d.csv --check
      sellcli import msft.csv --ticker NASDAQ:MSFT --zone America/New_York
    """
    from sellcli.compose.imports import examine, store, typed_hints
    from sellcli.screen.import_lines import import_form, preview

    hints = typed_hints(columns, ticker, exchange, size, zone, stamp_format, ends=stamps == "end")
    found = examine(settings, files, hints, replace=replace)
    for problem in found.problems:
        click.echo(f"sellcli: {problem}; import its files again", err=True)
    if not as_json:
        for line in preview(found):
            click.echo(line)
    written = not check and _confirmed(found, yes=yes)
    count = store(settings, found.imports, replace=replace) if written else 0
    if as_json:
        click.echo(json.dumps(import_form(found, written=written), indent=2))
    elif written:
        click.echo(f"{count} of {len(found.imports)} series imported; see 'sellcli cache info'")
    else:
        click.echo("nothing was written")


def _confirmed(found: "Examined", *, yes: bool) -> bool:
    """Return whether to go on; a guess is somebody's to confirm."""
    guessed = [table for table in found.tables if table.columns.guessed]
    if yes or not guessed:
        return True
    if not sys.stdin.isatty():
        raise ConfigError(
            f"{guessed[0].path}: its columns were guessed, {guessed[0].columns}, and there is no "
            "terminal to confirm that on; add --yes, or name them with --columns"
        )
    return ask_yes("take the columns as they were guessed?")
