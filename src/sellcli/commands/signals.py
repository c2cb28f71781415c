"""``sellcli signals``: what was decided, and why."""

import json
import sys

import click

from sellcli.flags.instants import typed_instant
from sellcli.flags.settings import setting_options
from sellcli.settings import Settings


@click.command("signals")
@click.option("--since", help="First date or instant, ISO 8601; a date means 00:00 UTC.")
@click.option("--ticker", help="Only this ticker, e.g. NASDAQ:AAPL.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@setting_options("log_dir")
def command(settings: Settings, since: str | None, ticker: str | None, as_json: bool) -> None:
    """
    Show what was decided, oldest first, from the audit log.

    \b
    Example:
      sellcli signals --since 2022-05-20 --ticker NASDAQ:MSFT
    """
    from sellcli.compose.files import decision_log
    from sellcli.screen.record_lines import record_line
    from sellcore.record import to_json

    log = decision_log(settings)
    records = list(log.read(typed_instant(since, "--since"), ticker))
    for problem in log.problems():
        click.echo(f"sellcli: {problem}", err=True)
    if as_json:
        json.dump({"signals": [to_json(record) for record in records]}, sys.stdout, indent=2)
        click.echo()
        return
    for record in records:
        click.echo(record_line(record))
    if not records:
        click.echo(f"no decision is recorded below {settings.log_dir}", err=True)
