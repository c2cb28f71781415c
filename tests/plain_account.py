"""An account of many tickers, counted moment by moment as the manual words it; shares no engine."""

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction

from attrs import define, field
from tests.backtest_builders import commission, most_shares, plain_sides

from sellcore import BarSeries, MovingAverageRule
from sellcore.backtest import Assumptions, Entry, Fill
from sellcore.instant import from_epoch
from sellcore.order_type import OrderType

BUY, SELL = 1, -1


@define
class PlainOrder:
    """An order while it works; ``wanted`` of a purchase is known when it meets the market."""

    side: int
    decided: int
    limit: float | None = None
    is_entry: bool = False
    wanted: float | None = None
    filled: float = 0.0
    waits_within: bool = False
    is_sent: bool = False


@define
class PlainTicker:
    """One ticker of the account; its days are those of UTC."""

    name: str
    bars: BarSeries
    first: int
    sides: Sequence[int]
    shares: float = 0.0
    order: PlainOrder | None = None
    rows: dict[int, int] = field(init=False)
    ends: dict[int, int] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.rows = {begin: row for row, begin in enumerate(self.bars.start.tolist())}
        self.ends = {end: row for row, end in enumerate(self.bars.end.tolist())}

    def day(self, row: int) -> str:
        return str(from_epoch(int(self.bars.start[row])).date())

    def price(self, now: int) -> float:
        closed = [row for end, row in self.ends.items() if end <= now]
        return float(self.bars.close[max(closed)]) if closed else float(self.bars.open[0])

    def is_last(self, row: int) -> bool:
        return row + 1 == len(self.bars)


@define
class PlainAccount:
    """
    The account.

    ``fills`` holds time, ticker, side, shares and price; ``equity`` what it was worth at each
    close.
    """

    given: Assumptions
    tickers: list[PlainTicker]
    cash: float
    fills: list[tuple[int, str, int, float, float]] = field(factory=list)
    equity: dict[int, float] = field(factory=dict)
    sent: dict[str, list[float]] = field(factory=dict)
    day: str = ""
    day_before: float = math.nan
    lowest: float = math.inf

    def worth(self, now: int) -> float:
        return self.cash + sum(each.shares * each.price(now) for each in self.tickers)


def plain_account(
    bars: Mapping[str, BarSeries], rules: Mapping[str, MovingAverageRule], given: Assumptions
) -> PlainAccount:
    """Count the account; every ticker has a bar that can be decided."""
    tickers = []
    for name in sorted(bars):
        rule = rules[name]
        sides = list(plain_sides(bars[name].close.tolist(), str(rule.kind), rule.length))
        tickers.append(PlainTicker(name, bars[name], rule.required_bars - 1, sides))
    account = PlainAccount(given, tickers, given.capital, day_before=given.capital)
    begins = [int(begin) for each in tickers for begin in each.bars.start[each.first :]]
    ends = [int(end) for each in tickers for end in each.bars.end[each.first :]]
    for now in sorted({*begins, *ends}):
        _met_within(account, now)
        if now in ends:
            _begin_day(account, now)
            _decide(account, now)
            if given.fill is Fill.SAME_CLOSE:
                _fill_at_closes(account, now)
            account.equity[now] = account.worth(now)
            account.lowest = min(account.lowest, account.equity[now])
        _fill_at_opens(account, now)
    return account


def _in_turn(account: PlainAccount) -> list[PlainTicker]:
    """Return those with an order, sales before purchases, then by name."""
    working = [each for each in account.tickers if each.order is not None]
    return sorted(working, key=lambda each: (each.order.side == BUY, each.name))


def _begin_day(account: PlainAccount, now: int) -> None:
    ticker = next(each for each in account.tickers if now in each.ends)
    day = ticker.day(ticker.ends[now])
    if day != account.day:
        account.day_before = next(reversed(account.equity.values()), account.given.capital)
        account.day, account.lowest = day, math.inf


def _decide(account: PlainAccount, now: int) -> None:
    for ticker in account.tickers:
        row = ticker.ends.get(now, -1)
        if row < ticker.first:
            continue
        side, order = ticker.sides[row], ticker.order
        if order is not None and order.side == BUY and side < 0:
            ticker.order = order = None  # cancelled by a close below
        if order is None and ticker.shares and side < 0:
            _send(account, ticker, row, SELL)
        reclaims = account.given.entry is Entry.RECLAIM
        if order is None and not ticker.shares and side > 0 and reclaims:
            _send(account, ticker, row, BUY)


def _send(account: PlainAccount, ticker: PlainTicker, row: int, side: int) -> None:
    given, most = account.given, account.given.max_daily_loss_pct
    lowest = min(account.lowest, account.worth(int(ticker.bars.end[row])))
    loss = (account.day_before - lowest) / account.day_before * 100
    if most is not None and loss >= most:
        return
    if ticker.is_last(row) and given.fill is Fill.NEXT_OPEN:
        return
    limit = None
    if given.order_type is OrderType.LIMIT:
        limit = float(ticker.bars.close[row]) * (1 + side * given.limit_offset_pct / 100)
    ticker.order = PlainOrder(side, row, limit)


def _met_within(account: PlainAccount, now: int) -> None:
    """Fill limits that the bar which ends now reached, and end the orders of a day that ends."""
    for ticker in _in_turn(account):
        row, order = ticker.ends.get(now), ticker.order
        if row is None or order.limit is None or order.decided >= row:
            continue
        if order.waits_within:
            order.waits_within = False
            if _reached(ticker, row):
                _trade(account, ticker, row, now, order.limit)
        if account.given.fill is Fill.NEXT_OPEN:
            _end_of_day(ticker, row)


def _end_of_day(ticker: PlainTicker, row: int) -> None:
    if not ticker.is_last(row) and ticker.day(row) != ticker.day(row + 1):
        ticker.order = None


def _fill_at_closes(account: PlainAccount, now: int) -> None:
    for ticker in _in_turn(account):
        row, order = ticker.ends.get(now), ticker.order
        if row is None or order.is_entry:
            continue
        price = float(ticker.bars.close[row])
        if not _goes_out(account, ticker, row, now, price):
            continue
        if order.limit is None or _as_good(order, price):
            _trade(account, ticker, row, now, price)
        elif _reached(ticker, row):
            _trade(account, ticker, row, now, order.limit)
        if order.limit is not None:
            _end_of_day(ticker, row)


def _fill_at_opens(account: PlainAccount, now: int) -> None:
    for ticker in account.tickers:
        if ticker.rows.get(now) == ticker.first:
            ticker.order = PlainOrder(BUY, -1, is_entry=True)
    for ticker in _in_turn(account):
        row, order = ticker.rows.get(now), ticker.order
        if row is None or (account.given.fill is Fill.SAME_CLOSE and not order.is_entry):
            continue
        price = float(ticker.bars.open[row])
        if not _goes_out(account, ticker, row, now, price):
            continue
        if order.limit is None or _as_good(order, price):
            _trade(account, ticker, row, now, price)
        else:
            order.waits_within = True


def _goes_out(account: PlainAccount, ticker: PlainTicker, row: int, now: int, price: float) -> bool:
    """Hold a sale against the trader's limits when it is to be sent; drop what is too much."""
    order, limits = ticker.order, account.given.limits
    if order.is_sent or order.side == BUY or limits is None:
        return True
    order.is_sent = True
    bars, at = ticker.bars, order.decided
    value = ticker.shares * max(price, float(bars.close[at]))
    today = account.sent.setdefault(str(from_epoch(now).date()), [])
    small = ticker.shares <= limits.max_shares_per_order and value <= limits.max_value_per_order
    few = len(today) < limits.max_orders_per_day and sum(today) + value <= limits.max_value_per_day
    waited = at < row and ticker.day(at) != ticker.day(row)
    back = waited and price >= _average(ticker, at) and limits.recheck_at_open
    if small and few and not back:
        today.append(value)
        return True
    ticker.order = None
    return False


def _average(ticker: PlainTicker, row: int) -> float:
    """Return the SMA; the length is how many bars there were before the first decision."""
    length = ticker.first + 1
    window = ticker.bars.close[row + 1 - length : row + 1].tolist()
    return float(sum(Fraction(repr(close)) for close in window) / length)


def _reached(ticker: PlainTicker, row: int) -> bool:
    order, bars = ticker.order, ticker.bars
    return _as_good(order, float(bars.high[row] if order.side == SELL else bars.low[row]))


def _as_good(order: PlainOrder, price: float) -> bool:
    return price >= order.limit if order.side == SELL else price <= order.limit


def _trade(account: PlainAccount, ticker: PlainTicker, row: int, now: int, price: float) -> None:
    given, order = account.given, ticker.order
    paid = price * (1 + order.side * given.costs.slippage_bps / 10_000)
    if order.limit is not None:
        paid = max(paid, order.limit) if order.side == SELL else min(paid, order.limit)
    shares = ticker.shares
    if order.side == BUY:
        shares = _affordable(account, ticker, paid, now)
        if order.wanted is None:
            if not shares:
                ticker.order = None
                return
            order.wanted = shares
        shares = min(shares, order.wanted - order.filled)
    if given.volume_cap is not None and not order.is_entry:
        most = given.volume_cap * float(ticker.bars.volume[row])
        shares = min(shares, math.floor(most) if given.whole_shares else most)
    if shares > 0:
        order.filled += shares
        account.cash -= order.side * shares * paid + commission(shares, paid, given.costs)
        ticker.shares += order.side * shares
        account.fills.append((now, ticker.name, order.side, shares, paid))
    left = ticker.shares if order.side == SELL else order.wanted - order.filled
    if left <= 1e-9 * (order.wanted or 0.0):
        ticker.order = None


def _affordable(account: PlainAccount, ticker: PlainTicker, paid: float, now: int) -> float:
    given = account.given
    held = {each.name: each.shares * each.price(now) for each in account.tickers}
    held[ticker.name] = ticker.shares * paid
    equity = account.cash + sum(held.values())
    part = min(given.max_symbol_exposure, 1 / len(account.tickers))
    budget = min(
        account.cash,
        part * equity - held[ticker.name],
        given.max_gross_exposure * equity - sum(held.values()),
    )
    if budget <= 1e-12 * equity:
        return 0.0
    most = math.inf
    if given.limits is not None and not ticker.order.is_entry:
        most = float(
            min(given.limits.max_shares_per_order, given.limits.max_value_per_order // paid)
        )
    return min(most, most_shares(budget, paid, given.costs, given.whole_shares))
