"""``sellcli assign``: let one ticker follow one rule."""

import click

from sellcli.flags.settings import setting_options
from sellcli.settings import Settings
from sellcore.instrument import parse_ticker
from sellcore.rule import MovingAverageRule, parse_kind, parse_length
from sellcore.timeframe import parse_timeframe


@click.command("assign")
@click.argument("ticker")
@click.argument("kind", metavar="TYPE")
@click.argument("length")
@click.option("--timeframe", default="1H", show_default=True, help="1H or D: the bars it looks at.")
@setting_options("assignments")
def command(settings: Settings, ticker: str, kind: str, length: str, timeframe: str) -> None:
    """
    Let TICKER follow the average TYPE (SMA, EMA) of LENGTH bars.

    \b
    Example:
      sellcli assign NASDAQ:AAPL SMA 50
      sellcli assign NYSE:IBM EMA 200 --timeframe D
    """
    from sellcli.compose.files import assignment_store

    name = parse_ticker(ticker)
    rule = MovingAverageRule(parse_kind(kind), parse_length(length), parse_timeframe(timeframe))
    store = assignment_store(settings)
    before = store.load().rules.get(name)
    store.assign(name, rule)
    was = f" (it followed {before})" if before not in (None, rule) else ""
    click.echo(f"{name} follows {rule}{was}")
    click.echo("a watch that runs goes on by what it read; start it again to heed this", err=True)
