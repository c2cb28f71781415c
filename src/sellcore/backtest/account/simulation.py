"""
An account through its history, from one event to the next.

Bars on which nothing is decided or filled cost nothing. Events are taken in the
order of time; at one moment first what was met within the bar that ends there,
then decisions, then fills at that close, then fills at the opens; among those
sales before purchases, then by ticker.
"""

from collections.abc import Sequence
from heapq import heappop, heappush

from sellcore.backtest.account import daily_loss, safety
from sellcore.backtest.account.book import Book, Holding
from sellcore.backtest.account.filling import fill, is_whole
from sellcore.backtest.account.fills import meets
from sellcore.backtest.account.orders import OrderState, WorkingOrder, limit_of, settled
from sellcore.backtest.account.phases import Moment, Phase
from sellcore.backtest.account.state import Account, Lane, Ledger
from sellcore.backtest.account.times import AccountTimes
from sellcore.backtest.assumptions import Assumptions, Entry, Fill
from sellcore.backtest.dates import DAY
from sellcore.backtest.decisions import Decisions
from sellcore.order import Side
from sellcore.order_type import OrderType
from sellcore.selling.reopening import not_below_any_more
from sellcore.timeframe import Timeframe


def simulate(
    decided: Sequence[Decisions],
    assumptions: Assumptions,
    times: AccountTimes,
    *,
    trades: bool = True,
) -> Ledger:
    """
    Take an account through its history.

    Args:
        decided: One for each ticker, ordered by ticker, each with a bar to decide.
        assumptions: For fills, entries, costs and limits.
        times: Of the same tickers.
        trades: False for buy-and-hold: it enters alike, and then does nothing.
    """
    book = Book(assumptions.capital, {each.ticker: Holding() for each in decided})
    lanes = [Lane(place, each, book.holdings[each.ticker]) for place, each in enumerate(decided)]
    account = Account(lanes, assumptions, times, book, trades)
    for lane in lanes:
        _enter(account, lane)
    while account.events:
        time, phase, _, place, row = heappop(account.events)
        lane = lanes[place]
        if phase is Phase.DECIDE:
            _decide(account, lane, row)
        elif lane.order is not None:
            _attempt(account, lane, lane.order, row, (time, phase))
    for lane in lanes:
        _settle(account, lane, OrderState.WORKING)
    return Ledger(tuple(sorted(account.orders, key=lambda order: order.number)), book)


def _enter(account: Account, lane: Lane) -> None:
    """Order the entry: at the market, whatever the volume, as it was held before the history."""
    row = lane.decisions.first
    account.begun += 1
    lane.order = WorkingOrder(
        number=account.begun,
        ticker=lane.ticker,
        side=Side.BUY,
        decided_at=int(lane.decisions.bars.start[row]),
        reason="held from the first bar that can be decided",
        kind=OrderType.MARKET,
        limit=None,
        entry=True,
    )
    _await(account, lane, Phase.AT_OPEN, row)


def _begin(account: Account, lane: Lane, row: int) -> WorkingOrder:
    """Return the order that the decision of a bar leads to, as the live rule gives its reason."""
    account.begun += 1
    given, bars = account.assumptions, lane.decisions.bars
    side = Side.SELL if lane.holding.shares else Side.BUY
    evaluation = lane.decisions.evaluation(row)
    limit = None
    if given.order_type is OrderType.LIMIT:
        limit = limit_of(side, float(bars.close[row]), given.limit_offset_pct)
    return WorkingOrder(
        number=account.begun,
        ticker=lane.ticker,
        side=side,
        decided_at=int(bars.end[row]),
        reason=evaluation.reason,
        kind=given.order_type,
        limit=limit,
        average=None if evaluation.evidence is None else evaluation.evidence.average,
        shares=lane.holding.shares,
    )


def _await(account: Account, lane: Lane, phase: Phase, row: int) -> None:
    """Put what happens next to a ticker in its place."""
    bars = lane.decisions.bars
    time = int(bars.start[row] if phase is Phase.AT_OPEN else bars.end[row])
    # A purchase that is decided anew is cancelled: what comes of it may be a sale.
    buys = phase is not Phase.DECIDE and lane.order is not None and lane.order.side is Side.BUY
    heappush(account.events, (time, phase, buys, lane.place, row))


def _look_from(account: Account, lane: Lane, row: int) -> None:
    """Wait for the next bar, from ``row`` on, that leads to an order."""
    holds = lane.holding.shares > 0
    if not account.trades or not (holds or account.assumptions.entry is Entry.RECLAIM):
        return
    rows = lane.decisions.below if holds else lane.decisions.above
    place = int(rows.searchsorted(row))
    if place < len(rows):
        _await(account, lane, Phase.DECIDE, int(rows[place]))


def _decide(account: Account, lane: Lane, row: int) -> None:
    if lane.order is not None:  # a purchase that still works, on a bar that closed below
        _settle(account, lane, OrderState.CANCELLED)
        if not lane.holding.shares:
            _look_from(account, lane, row + 1)
            return
    lane.order = _begin(account, lane, row)
    same = account.assumptions.fill is Fill.SAME_CLOSE
    if stopped := _stopped(account, int(lane.decisions.bars.end[row])):
        _settle(account, lane, OrderState.DENIED, (stopped,))
        _look_from(account, lane, row + 1)
    elif same:
        _await(account, lane, Phase.AT_CLOSE, row)
    elif row + 1 < len(lane.decisions.bars):
        _await(account, lane, Phase.AT_OPEN, row + 1)
    else:
        _settle(account, lane, OrderState.NO_BAR)


def _stopped(account: Account, now: int) -> str | None:
    """Return why nothing is ordered at the end of a bar, or None."""
    given = account.assumptions
    if given.max_daily_loss_pct is None:
        return None
    return daily_loss.stopped(
        account.book,
        account.decided,
        account.times,
        now,
        given.capital,
        given.max_daily_loss_pct,
    )


def _attempt(account: Account, lane: Lane, order: WorkingOrder, row: int, moment: Moment) -> None:
    """Let an order meet the market of a bar: at its open, at its close, or within it."""
    bars, phase = lane.decisions.bars, moment[1]
    price = float(bars.open[row] if phase is Phase.AT_OPEN else bars.close[row])
    if not order.sent and not _send(account, lane, order, row, moment, price):
        _look_from(account, lane, _next_decided(row, phase))
        return
    if order.limit is not None and (
        phase is Phase.WITHIN or not meets(order.side, order.limit, price)
    ):
        best = float(bars.high[row] if order.side is Side.SELL else bars.low[row])
        if phase is Phase.AT_OPEN:
            _await(account, lane, Phase.WITHIN, row)
            return
        if not meets(order.side, order.limit, best):
            _carry(account, lane, order, row, phase)
            return
        price = order.limit
    if refused := fill(account, lane, order, row, moment, price):
        _settle(account, lane, OrderState.DENIED, (refused,))
    elif is_whole(order, lane):
        _settle(account, lane, OrderState.FILLED)
    else:
        _carry(account, lane, order, row, phase)
        return
    _look_from(account, lane, _next_decided(row, phase))


def _send(
    account: Account, lane: Lane, order: WorkingOrder, row: int, moment: Moment, price: float
) -> bool:
    """
    Say whether an order goes out; a sale is judged as live judges it, at the price it meets.

    What goes out counts to its day, as the journal counts it: a sale that lapses or is
    denied does not, nor do purchases, which live does not make.
    """
    order.sent = True
    policy = account.assumptions.limits
    if order.side is Side.BUY or policy is None:
        return True
    close = float(lane.decisions.bars.close[row - 1 if moment[1] is Phase.AT_OPEN else row])
    value = order.shares * max(price, close)
    day = moment[0] // DAY
    before_it = account.sales.get(day, safety.DayTotal())
    whole = account.assumptions.whole_shares
    if denied := safety.denials(policy, order.shares, value, before_it, whole=whole):
        _settle(account, lane, OrderState.DENIED, denied)
    elif policy.recheck_at_open and (lapsed := _lapse(account, lane, order, row, moment)):
        _settle(account, lane, OrderState.LAPSED, (lapsed,))
    else:
        account.sales[day] = safety.DayTotal(before_it.orders + 1, before_it.value + value)
        return True
    return False


def _lapse(
    account: Account, lane: Lane, order: WorkingOrder, row: int, moment: Moment
) -> str | None:
    """Return why a sale that waited for the open of another day lapses, as live judges it."""
    bars = lane.decisions.bars
    if moment[1] is not Phase.AT_OPEN or order.average is None:
        return None
    decided, met = (account.times.date_of(int(bars.end[each])) for each in (row - 1, row))
    if decided == met:
        return None
    return not_below_any_more(float(bars.open[row]), order.average, lane.decisions.rule)


def _next_decided(row: int, phase: Phase) -> int:
    """Return the first bar whose close comes after an attempt in bar ``row``."""
    return row + 1 if phase is Phase.AT_CLOSE else row


def _carry(account: Account, lane: Lane, order: WorkingOrder, row: int, phase: Phase) -> None:
    """Let what is left of an order work on in the next bar, unless its time is over."""
    decisions, decided = lane.decisions, _next_decided(row, phase)
    if row + 1 == len(decisions.bars):
        if order.limit is not None and _is_last_of_day(account, lane, row):
            _settle(account, lane, OrderState.LAPSED)
        return
    dates = [account.times.date_of(int(decisions.bars.end[each])) for each in (row, row + 1)]
    if order.limit is not None and dates[0] != dates[1]:
        _settle(account, lane, OrderState.LAPSED)
        _look_from(account, lane, decided)
    elif order.side is Side.BUY and decisions.side[decided] < 0:
        _await(account, lane, Phase.DECIDE, decided)
    else:
        same = account.assumptions.fill is Fill.SAME_CLOSE
        _await(account, lane, Phase.AT_CLOSE if same else Phase.AT_OPEN, row + 1)


def _is_last_of_day(account: Account, lane: Lane, row: int) -> bool:
    """Say whether a ticker's last bar ends its day; of hours only a later day can tell."""
    decisions, times = lane.decisions, account.times
    is_whole_day = decisions.rule.timeframe is Timeframe.DAY
    return is_whole_day or times.date_of(int(decisions.bars.end[row])) < int(times.date[-1])


def _settle(account: Account, lane: Lane, state: OrderState, denied: tuple[str, ...] = ()) -> None:
    """Put the order that works on a ticker, if any, on record."""
    if lane.order is not None:
        account.orders.append(settled(lane.order, state, denied))
        lane.order = None
