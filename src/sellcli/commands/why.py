"""``sellcli why``: one page on a decision, and on what came of it."""

import json
from datetime import UTC, datetime

import click

from sellcli.options import setting_options
from sellcli.settings import Settings
from sellcore.errors import ConfigError


@click.command("why")
@click.argument("ticker")
@click.option("--at", "at", help="The bar that had ended by then; ISO 8601, UTC unless told.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@setting_options("log_dir", "state_dir")
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

    told = story(settings, parse_ticker(ticker), _instant(at))
    if as_json:
        click.echo(json.dumps(form(told), indent=2))
        return
    for line in page(told):
        click.echo(line)


def _instant(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ConfigError(f"--at {text!r} is not an instant, e.g. 2022-05-20T14:00Z") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
