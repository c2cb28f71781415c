"""``sellcli why``: one page on a decision, and on what came of it."""

import json

import click

from sellcli.flags.instants import typed_instant
from sellcli.flags.settings import setting_options
from sellcli.settings import Settings


@click.command("why")
@click.argument("ticker")
@click.option("--at", "at", help="The bar that had ended by then; ISO 8601, UTC unless told.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@setting_options("cache_dir", "log_dir", "state_dir")
def command(settings: Settings, ticker: str, at: str | None, as_json: bool) -> None:
    """
    Explain the last decision on a holding: the bars, the average, each check, the order.

    \b
    Example:
      sellcli why NASDAQ:MSFT --at 2022-05-20T14:00Z
    """
    from sellcli.compose.record import story
    from sellcli.screen.why_page import form, page
    from sellcore.instrument import parse_ticker

    found = story(settings, parse_ticker(ticker), typed_instant(at, "--at"))
    if as_json:
        click.echo(json.dumps(form(found), indent=2))
        return
    for line in page(found):
        click.echo(line)
