"""Asking a person: which rule a holding is to follow, and whether orders may be sent."""

import click

from sellcore.rule import LENGTHS, AverageKind, MovingAverageRule
from sellcore.timeframe import Timeframe

_SKIP = "s"


def ask_rule(ticker: str) -> MovingAverageRule | None:
    """
    Ask for family, length and timeframe, one after the other.

    Returns:
        The rule, or None where the person would rather leave the holding unsold.
    """
    click.echo(f"\n{ticker} follows no rule yet. Which average is to sell it?", err=True)
    kinds = list(AverageKind)
    for number, kind in enumerate(kinds, 1):
        click.echo(f"  {number}) {kind}", err=True)
    click.echo(f"  {_SKIP}) none: watch it, never sell it", err=True)
    choices = [str(number) for number in range(1, len(kinds) + 1)]
    family = _choose("family", [*choices, _SKIP], "1")
    if family == _SKIP:
        return None
    length = _choose("length in bars", [str(length) for length in LENGTHS], "50")
    timeframes = list(Timeframe)
    for number, timeframe in enumerate(timeframes, 1):
        bars = "hourly bars" if timeframe is Timeframe.HOUR else "daily bars"
        click.echo(f"  {number}) {timeframe}  {bars}", err=True)
    frame = _choose("timeframe", [str(n) for n in range(1, len(timeframes) + 1)], "1")
    rule = MovingAverageRule(kinds[int(family) - 1], int(length), timeframes[int(frame) - 1])
    click.echo(f"{ticker} follows {rule}", err=True)
    return rule


def _choose(text: str, choices: list[str], default: str) -> str:
    answer: str = click.prompt(
        text, type=click.Choice(choices, case_sensitive=False), default=default, err=True
    )
    return answer


def ask_account(account: str) -> str:
    """Have a person type the account's id, so that nobody sells by a slip of a flag."""
    click.echo(f"\nOrders will be SENT for account {account}.", err=True)
    typed: str = click.prompt(
        "type the account id to arm it", err=True, default="", show_default=False
    )
    return typed
