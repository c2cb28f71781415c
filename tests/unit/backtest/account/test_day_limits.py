"""What a day may have at most: a watch and a history count the same sales to it."""

from datetime import date
from itertools import product

import pytest
from tests.backtest_builders import daily, hourly
from tests.builders import AAPL, MSFT, rule
from tests.desk import FRIDAY, MINUTE, MONDAY, SESSIONS
from tests.selling_desk import SellingDesk

from sellcore import BarSeries, aggregate
from sellcore.backtest import FREE, Assumptions, Fill, backtest
from sellcore.backtest.account.orders import OrderState
from sellcore.instant import from_epoch, to_epoch
from sellcore.policy import AtClose, Policy
from sellcore.ports.quotes import MarketQuote
from sellcore.selling.limits import SellingPolicy
from sellcore.timeframe import Granularity

HOLDINGS = {"NASDAQ:AAPL": AAPL, "NASDAQ:MSFT": MSFT}
SMA5 = rule("SMA,5,1H")
REOPENS = (85.0, 90.0, 97.99, 98.0, 120.0)
"""Prices at Monday's open; the average of Friday's close is 98."""

LIMITS = (
    SellingPolicy(),
    SellingPolicy(max_orders_per_day=1),
    SellingPolicy(max_orders_per_day=1, recheck_at_open=False),
    SellingPolicy(max_value_per_day=18_500.0),
    SellingPolicy(max_value_per_order=9_500.0),
    SellingPolicy(max_value_per_order=8_900.0),
    SellingPolicy(max_shares_per_order=99),
)


def watched(reopens: tuple[float, float], limits: SellingPolicy) -> dict[str, str]:
    """Return what becomes of both sales of Friday's close on Monday morning, live."""
    desk = SellingDesk(FRIDAY.close - 5 * MINUTE, rules=dict.fromkeys(HOLDINGS, rule()))
    desk.policy, desk.selling_policy = Policy(at_close=AtClose.NEXT_OPEN), limits
    desk.hold(AAPL)
    for instrument, bid in zip(HOLDINGS.values(), reopens, strict=True):
        desk.drops_at_the_close(instrument)
        desk.market.told[instrument] = MarketQuote(bid=bid)
    desk.watch(FRIDAY.close + 30 * MINUTE)
    desk.broker.drop("over the weekend")
    desk.true.moment = MONDAY.open - 5 * MINUTE
    desk.watch(MONDAY.open + 12 * MINUTE)
    return {record.intent.instrument.ticker: str(record.state) for record in desk.records}


def counted(reopens: tuple[float, float], limits: SellingPolicy) -> dict[str, str]:
    """Return the same of a history whose bars are those that the watch was shown."""
    desk = SellingDesk()
    desk.drops_at_the_close()
    whole = desk.feed.tapes[MSFT, Granularity.HALF_HOUR].whole
    hours = aggregate(whole.until(to_epoch(MONDAY.close)), SESSIONS)
    first = int(hours.start.searchsorted(to_epoch(MONDAY.open)))
    bars = {}
    for ticker, price in zip(HOLDINGS, reopens, strict=True):
        opens = hours.open.copy()
        opens[:first], opens[first] = 100.0, price
        bars[ticker] = BarSeries(
            hours.start, hours.end, opens, hours.high, hours.low, hours.close, hours.volume
        )
    assumed = Assumptions(costs=FREE, capital=20_000.0, limits=limits)
    found = backtest(bars, SMA5, assumed, since=date(2022, 5, 20))
    decided = to_epoch(FRIDAY.close)
    assert from_epoch(int(hours.start[first])) == MONDAY.open
    return {each.ticker: str(each.state) for each in found.orders if each.decided_at == decided}


@pytest.mark.parametrize("limits", LIMITS, ids=range(len(LIMITS)))
@pytest.mark.parametrize("reopens", list(product(REOPENS, (90.0, 98.0))))
def test_a_watch_and_a_history_end_the_sales_of_a_close_alike(
    reopens: tuple[float, float], limits: SellingPolicy
) -> None:
    """Sent, lapsed or denied: a sale that lapses leaves its place in the day to the next one."""
    assert counted(reopens, limits) == watched(reopens, limits)


def test_a_sale_that_lapses_uses_up_no_order_of_its_day() -> None:
    """X opens above its average and is never sent; Y, decided at the same close, goes out."""
    closes = [10.0, 10, 10, 10, 10.5, 11, 9, 8, 8, 8, 8, 8]
    above = [10.0, 10, 10, 10, 10.5, 10.5, 11, 10.2, 8, 8, 8, 8]
    limits = SellingPolicy(max_orders_per_day=1)

    found = backtest(
        {"X": daily(closes, above), "Y": daily(closes)},
        rule("SMA,5,D"),
        Assumptions(costs=FREE, limits=limits),
    )

    told = [(order.ticker, order.state) for order in found.orders[2:4]]
    assert told == [("X", OrderState.LAPSED), ("Y", OrderState.FILLED)]


@pytest.mark.parametrize("most", [1, 2, 3])
def test_a_day_has_as_many_sales_as_it_may_and_no_more(most: int) -> None:
    """Four tickers close below at once: so many go out, in the order of their names."""
    closes = [10.0, 10, 10, 10, 10.5, 11, 9, 8, 8, 8, 8, 8]

    found = backtest(
        {each: daily(closes) for each in "WXYZ"},
        rule("SMA,5,D"),
        Assumptions(costs=FREE, limits=SellingPolicy(max_orders_per_day=most)),
    )

    first = found.orders[4:8]
    assert [order.ticker for order in first if order.filled] == list("WXYZ")[:most]
    assert all(order.denied[0].startswith(f"order {most + 1} of") for order in first[most:])


@pytest.mark.parametrize(("most", "state"), [(989.99, OrderState.DENIED), (990, OrderState.FILLED)])
def test_a_sale_is_worth_what_it_meets_where_that_is_more(most: float, state: OrderState) -> None:
    """Decided at 9.00 and opened at 9.90: 100 shares are worth 990, as live counts them."""
    closes = [10.0, 10, 10, 10, 10.5, 11, 9, 8, 8, 8]
    opens = [10.0, 10, 10, 10, 10, 11, 11, 9.9, 8, 8]

    found = backtest(
        {"X": daily(closes, opens)},
        rule("SMA,5,D"),
        Assumptions(costs=FREE, capital=1_000.0, limits=SellingPolicy(max_value_per_order=most)),
    )

    assert found.orders[1].state is state


def test_what_a_bar_comes_to_is_not_known_at_its_open() -> None:
    """Sold at 9.00, and the bar closes at 12: the sale was worth 900 and not 1,200."""
    closes = [10.0, 10, 10, 10, 10.5, 11, 9, 12, 12, 12]
    limits = SellingPolicy(max_value_per_order=950.0)

    found = backtest(
        {"X": daily(closes)},
        rule("SMA,5,D"),
        Assumptions(costs=FREE, capital=1_000.0, limits=limits),
    )

    assert found.orders[1].state is OrderState.FILLED


def test_a_sale_at_its_own_close_is_worth_that_close() -> None:
    """Nothing of the next open is known when it is filled at the close that it was decided on."""
    closes = [10.0, 10, 10, 10, 10.5, 11, 9, 20, 20]
    limits = SellingPolicy(max_value_per_order=905.0)

    found = backtest(
        {"X": daily(closes, [10.0, 10, 10, 10, 10, 11, 11, 20, 20])},
        rule("SMA,5,D"),
        Assumptions(
            costs=FREE, capital=1_000.0, limits=limits, fill=Fill.SAME_CLOSE, allow_jumps=True
        ),
    )

    assert found.orders[1].state is OrderState.FILLED


def test_a_day_of_the_limits_is_a_utc_date() -> None:
    """Sydney passes midnight UTC at eleven: what is sent behind it is of the next day."""
    falls = hourly([10.0] * 7 + [9.0] + [8.0] * 8)  # signals on its first hour
    later = hourly([10.0] * 8 + [9.0] + [8.0] * 7)  # on its second
    shift = 23 * 3_600 - int(falls.start[0]) % 86_400  # the first hour begins at 23:00 UTC
    limits = SellingPolicy(max_orders_per_day=1)

    def moved(bars: BarSeries, by: int) -> BarSeries:
        return BarSeries(
            bars.start + by,
            bars.end + by,
            *(bars.open, bars.high, bars.low, bars.close, bars.volume),
        )

    def ends(by: int) -> dict[str, list[OrderState]]:
        bars = {"X": moved(falls, by), "Y": moved(later, by)}
        found = backtest(bars, SMA5, Assumptions(costs=FREE, limits=limits))
        return {
            each: [order.state for order in found.orders[2:] if order.ticker == each][:1]
            for each in bars
        }

    both, one = (
        {"X": [OrderState.FILLED], "Y": [state]} for state in (OrderState.FILLED, OrderState.DENIED)
    )
    assert [ends(shift - hours * 3_600) for hours in (2, 1, 0)] == [one, both, one]
