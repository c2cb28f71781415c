"""Bars ready to be decided: corporate actions taken out, and none left that nobody told of."""

from collections.abc import Iterable

import numpy as np

from sellcore.backtest.actions import Action, ActionKind, adjust
from sellcore.backtest.assumptions import Assumptions
from sellcore.backtest.jumps import Jump, first_jump
from sellcore.bar import BarSeries
from sellcore.errors import InvalidValue
from sellcore.quoting import quoted


def decidable_bars(
    ticker: str, bars: BarSeries, actions: Iterable[Action], given: Assumptions
) -> BarSeries:
    """
    Return a ticker's bars without its corporate actions, ready to be decided.

    Raises:
        InvalidValue: an action that does not fit the bars, a jump that looks like a split
            without an action, or volumes that are needed and are no numbers.
    """
    own = [action for action in actions if action.ticker == ticker]
    adjusted = adjust(bars, own, given.adjustment)
    traded = adjusted.volume
    if given.volume_cap is not None and not np.all(np.isfinite(traded) & (traded >= 0)):
        raise InvalidValue(
            f"{ticker}: a bar's volume is not a number, zero or above; a cap on volume needs it"
        )
    splits = {each.day: each.value for each in own if each.kind is ActionKind.SPLIT}
    jump = None if given.allow_jumps else first_jump(adjusted, splits)
    if jump is not None:
        raise InvalidValue(_told(ticker, jump, own))
    return adjusted


def _told(ticker: str, jump: Jump, actions: Iterable[Action]) -> str:
    prices = f"{quoted(jump.close)} to {quoted(jump.open)}"
    for action in actions:
        if action.kind is ActionKind.SPLIT and jump.last < action.day <= jump.day:
            return (
                f"{ticker}: {action} leaves a jump from {prices} on {jump.day}; are the bars "
                "adjusted already? leave the action out, or allow_jumps where it is real"
            )
    ratio = f"{jump.ratio:g}:1" if jump.ratio > 1 else f"1:{1 / jump.ratio:g}"
    return (
        f"{ticker}: the jump from {prices} on {jump.day} looks like a split {ratio} without an "
        "action; give the action, or allow_jumps where it is real"
    )
