"""The account beside two known libraries, each told to fill where we fill."""

import importlib.util
import warnings
from collections.abc import Callable
from types import ModuleType

import numpy as np
import pytest
from tests.backtest_builders import SHARED, daily, hourly, plain_sides, random_walk, real_days
from tests.builders import rule

from sellcore import BarSeries, MovingAverageRule
from sellcore.backtest import Assumptions, Costs, Entry, Fill, backtest

PERCENT = Costs(per_share=0, minimum=0, maximum_pct=None, percent=0.1, slippage_bps=0)
SLIPPING = Costs(per_share=0, minimum=0, maximum_pct=None, percent=0.1, slippage_bps=5)

pytestmark = pytest.mark.filterwarnings("ignore")  # theirs are not ours to mend


def peer(name: str) -> ModuleType:
    if importlib.util.find_spec(name) is None:
        pytest.skip(f"{name} is not installed; make peers installs it")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return importlib.import_module(name)


def made_up_days() -> BarSeries:
    opens, closes = random_walk(500, 11)
    return daily(closes, opens)


def spy() -> BarSeries:
    return real_days("daily/spy_2008_2017_splitadj.parquet")


def made_up_hours() -> BarSeries:
    return hourly(random_walk(1_500, 4, step=0.004)[1])


HISTORIES = [
    pytest.param(made_up_days, "SMA,20,D", id="days"),
    pytest.param(made_up_hours, "EMA,20,1H", id="hours"),
    pytest.param(
        spy,
        "SMA,50,D",
        id="SPY",
        marks=pytest.mark.skipif(not SHARED.is_dir(), reason="shared real bars are not here"),
    ),
]


def told(bars: BarSeries, wanted: MovingAverageRule) -> tuple[int, list[int]]:
    """Return the first bar that can be decided, and sides that the test finds itself."""
    sides = list(plain_sides(bars.close.tolist(), str(wanted.kind), wanted.length))
    return wanted.required_bars - 1, sides


def not_sold_at_once(bars: BarSeries, wanted: MovingAverageRule) -> BarSeries:
    """Cut a history's first bars: one bar holds one order with vectorbt, not entry and sale."""
    first, sides = told(bars, wanted)
    while sides[first] < 0:
        bars = bars[1:]
        first, sides = told(bars, wanted)
    return bars


@pytest.mark.parametrize(("history", "text"), HISTORIES)
@pytest.mark.parametrize("fill", Fill)
@pytest.mark.parametrize("entry", Entry)
def test_vectorbt_counts_the_same_equity(
    history: Callable[[], BarSeries], text: str, fill: Fill, entry: Entry
) -> None:
    """Its orders are given a price: the open of the bar behind the signal, or the close."""
    vectorbt, pandas = peer("vectorbt"), peer("pandas")
    wanted = rule(text)
    bars = not_sold_at_once(history(), wanted)
    first, sides = told(bars, wanted)
    late = fill is Fill.NEXT_OPEN
    buy, sell = np.zeros(len(bars), bool), np.zeros(len(bars), bool)
    for row in range(first, len(bars) - late):
        sell[row + late] = sides[row] < 0
        buy[row + late] = sides[row] > 0 and entry is Entry.RECLAIM
    buy[first] = True
    price = bars.open.copy() if late else bars.close.copy()
    price[first] = bars.open[first]
    if entry is Entry.HELD:
        sell[int(np.argmax(sell)) + 1 :] = False

    theirs = vectorbt.Portfolio.from_signals(
        pandas.Series(bars.close),
        buy,
        sell,
        price=pandas.Series(price),
        init_cash=100_000.0,
        size=np.inf,
        fees=0.001,
        slippage=0.0005,
        freq="1D",
    ).value()

    assumed = Assumptions(fill=fill, entry=entry, costs=SLIPPING, whole_shares=False)
    ours = backtest({"X": bars}, wanted, assumed)
    assert ours.equity.tolist() == pytest.approx(theirs.to_numpy()[first:].tolist(), rel=1e-9)


@pytest.mark.parametrize(("history", "text"), HISTORIES)
@pytest.mark.parametrize("entry", Entry)
def test_backtesting_py_counts_the_same_equity(
    history: Callable[[], BarSeries], text: str, entry: Entry
) -> None:
    """It fills at the next open by itself, in whole units, with a commission in percent."""
    backtesting, pandas = peer("backtesting"), peer("pandas")
    bars, wanted = history(), rule(text)
    first, sides = told(bars, wanted)

    class Follow(backtesting.Strategy):
        def init(self) -> None:
            self.entered = False

        def next(self) -> None:
            row = len(self.data) - 1
            back = entry is Entry.RECLAIM and row >= first and sides[row] > 0
            if not self.position and (row == first - 1 or back):
                self.buy()
            elif self.position and row >= first and sides[row] < 0:
                self.position.close()

    columns = {
        name.title(): getattr(bars, name) for name in ("open", "high", "low", "close", "volume")
    }
    frame = pandas.DataFrame(columns, index=pandas.to_datetime(bars.start, unit="s"))
    theirs = backtesting.Backtest(frame, Follow, cash=100_000, commission=0.001).run()
    equity = theirs["_equity_curve"]["Equity"].to_numpy()

    ours = backtest({"X": bars}, wanted, Assumptions(entry=entry, costs=PERCENT))
    assert ours.equity.tolist() == pytest.approx(equity[first:].tolist(), rel=1e-9)
    assert len(ours.trades) == len(theirs["_trades"])
