"""
Walk-forward: choose a rule on what is known, and count what it does afterwards.

The whole history is cut into windows. In each, the rule that was best before is
followed, and only that is counted: a curve that nobody has looked at while choosing.
"""

from collections.abc import Sequence
from enum import Enum

import numpy as np
from attrs import frozen

from sellcore.arrays import Floats
from sellcore.backtest.luck.trials import numbers_of, sharpe_ratios
from sellcore.errors import InvalidValue
from sellcore.kinds import check_member, whole_number


class Training(Enum):
    """
    What a choice is based on.

    ANCHORED: on everything before the window. ROLLING: on the last bars before it, always
    as many.
    """

    ANCHORED = "anchored"
    ROLLING = "rolling"

    def __str__(self) -> str:
        return self.value


@frozen
class Window:
    """
    One choice, and how long it is followed.

    Attributes:
        learned_from: First bar that the choice is based on.
        first: First bar that it is followed on; the bar before it is the last one known.
        end: First bar after that.
        chosen: Which rule, from 0.
        sharpe_before: Its Sharpe ratio on what the choice is based on, a bar.
        sharpe_after: The same on the bars it is followed on.
    """

    learned_from: int
    first: int
    end: int
    chosen: int
    sharpe_before: float
    sharpe_after: float


@frozen(eq=False)
class WalkForward:
    """
    The windows of a history, and the returns chained over all of them.

    Attributes:
        windows: In the order of time, apart and without a gap.
        returns: Shape (bars,), from the first window's first bar on.
    """

    windows: tuple[Window, ...]
    returns: Floats

    def __repr__(self) -> str:
        chosen = len({window.chosen for window in self.windows})
        return (
            f"WalkForward({len(self.windows)} windows, {chosen} rule{'s' * (chosen > 1)} chosen, "
            f"{len(self.returns):,} bars: 1 became {self.growth[-1]:.4f})"
        )

    @property
    def growth(self) -> Floats:
        """What one unit of currency becomes, shape (bars,)."""
        grown: Floats = np.cumprod(1 + self.returns, dtype=np.float64)
        return grown


def walk_forward(
    returns: Floats, *, train: int, test: int, training: Training = Training.ANCHORED
) -> WalkForward:
    """
    Follow in each window the rule with the best Sharpe ratio before it.

    Args:
        returns: Shape (rules, bars), of each rule's own account. Going from one rule to
            another costs nothing here beyond what their accounts paid.
        train: Bars that the first choice is based on, and each one where training rolls;
            at least 2.
        test: Bars that a choice is followed, at least 1; the last window may be shorter.
        training: On what a choice is based.

    Raises:
        InvalidValue: too few bars for one window, or a return that is no number.
    """
    check_member("training", training, Training)
    train, test = whole_number("train", train), whole_number("test", test)
    returns = numbers_of(returns)
    if returns.ndim != 2 or not len(returns) or not np.all(np.isfinite(returns)):
        raise InvalidValue("returns must be finite numbers of shape (rules, bars)")
    bars = returns.shape[1]
    if train < 2 or test < 1 or train >= bars:
        raise InvalidValue(
            f"train {train} and test {test} do not fit {bars} bars; train on at least 2 and "
            "leave at least 1 to test on"
        )
    windows = tuple(
        _window(returns, first, min(first + test, bars), train, training)
        for first in range(train, bars, test)
    )
    return WalkForward(windows, _chained(returns, windows))


def _window(returns: Floats, first: int, end: int, train: int, training: Training) -> Window:
    learned_from = 0 if training is Training.ANCHORED else first - train
    before = sharpe_ratios(returns[:, learned_from:first])
    chosen = int(np.argmax(before))
    after = sharpe_ratios(returns[[chosen], first:end]) if end - first > 1 else np.zeros(1)
    return Window(learned_from, first, end, chosen, float(before[chosen]), float(after[0]))


def _chained(returns: Floats, windows: Sequence[Window]) -> Floats:
    chained: Floats = np.concatenate([returns[w.chosen, w.first : w.end] for w in windows])
    return chained
