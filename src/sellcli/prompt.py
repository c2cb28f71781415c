"""Asking a person: which rule a holding is to follow, and whether orders may be sent."""

import sys

import click

from sellcli.interrupts import wait_for_input
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


def ask_account(account: str) -> str:
    """Have a person type the account's id, so that nobody sells by a slip of a flag."""
    click.echo(f"\nOrders will be SENT for account {account}.", err=True)
    return _answer("type the account id to arm it: ")


def ask_yes(text: str) -> bool:
    """Ask whether to go on; an empty answer is a yes."""
    while (answer := _answer(f"{text} [Y/n]: ").lower()) not in ("", "y", "yes", "n", "no"):
        click.echo(f"{answer!r} is neither; answer y or n", err=True)
    return answer in ("", "y", "yes")


def _choose(text: str, choices: list[str], default: str) -> str:
    question = f"{text} ({', '.join(choices)}) [{default}]: "
    while (answer := _answer(question).lower() or default) not in choices:
        click.echo(f"{answer!r} is not one of {', '.join(choices)}", err=True)
    return answer


def _answer(question: str) -> str:
    # input() drops an interrupt that comes while it prepares to read, click.prompt() with it.
    click.echo(question, nl=False, err=True)
    wait_for_input()
    line = sys.stdin.readline()
    if not line:  # Ctrl-D
        raise click.Abort("ended by the end of the input")
    return line.strip()
