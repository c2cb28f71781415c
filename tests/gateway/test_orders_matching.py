"""What a trade on the tape does to an order: laws over any path of prices."""

from datetime import timedelta
from decimal import Decimal

from attrs import evolve
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tests.gateway.test_orders_messages import NOON, an_order

from adapters.gateway.matching import meet
from adapters.gateway.orders import Action, Order, OrderType, Terms, with_fill
from adapters.gateway.tape import Trade

PRICE = st.integers(100, 20_000).map(lambda cents: cents / 100)
ACTION = st.sampled_from(Action)


@st.composite
def trades(draw: st.DrawFn) -> Trade:
    """Draw one step of a path: from one price to another, nothing beyond them."""
    first, last = draw(PRICE), draw(PRICE)
    return Trade(NOON, last, min(first, last), max(first, last))


def an_order_of(kind: OrderType, action: Action, limit: float, stop: float) -> Order:
    terms = Terms(Decimal(10), kind, limit=limit, stop=stop)
    return an_order(terms=terms, action=action)


@settings(deadline=None)
@given(trades(), ACTION, PRICE)
def test_a_limit_is_never_exceeded_and_never_missed(
    trade: Trade, action: Action, limit: float
) -> None:
    """It trades exactly when the path reaches it, at the limit or better, on the path."""
    order, price = meet(an_order_of(OrderType.LIMIT, action, limit, 0.0), trade)
    reached = trade.high >= limit if action is Action.SELL else trade.low <= limit
    assert (price is not None) == reached
    if price is not None:
        assert trade.low <= price <= trade.high
        assert price >= limit if action is Action.SELL else price <= limit
    assert order.filled == 0


@settings(deadline=None)
@given(trades(), ACTION, PRICE)
def test_a_stop_trades_when_it_is_reached_at_the_stop_or_worse(
    trade: Trade, action: Action, stop: float
) -> None:
    """A gap takes the order with it; nothing trades while the stop is not touched."""
    order, price = meet(an_order_of(OrderType.STOP, action, 0.0, stop), trade)
    touched = trade.low <= stop if action is Action.SELL else trade.high >= stop
    assert order.triggered == touched
    assert (price is not None) == touched
    if price is not None:
        assert trade.low <= price <= trade.high
        assert price <= stop if action is Action.SELL else price >= stop


@settings(deadline=None)
@given(st.lists(trades(), max_size=8), ACTION, PRICE, PRICE)
def test_a_stop_limit_trades_within_its_limit_and_only_after_its_stop(
    path: list[Trade], action: Action, limit: float, stop: float
) -> None:
    """Over any path: elected once and for all, and never sold below or bought above its limit."""
    order = an_order_of(OrderType.STOP_LIMIT, action, limit, stop)
    touched = False
    for trade in path:
        order, price = meet(order, trade)
        touched = touched or (trade.low <= stop if action is Action.SELL else trade.high >= stop)
        assert order.triggered == touched
        if price is not None:
            assert touched
            assert price >= limit if action is Action.SELL else price <= limit


@settings(deadline=None)
@given(trades(), ACTION)
def test_a_market_order_takes_the_price_there_is(trade: Trade, action: Action) -> None:
    """Whatever it is."""
    assert meet(an_order_of(OrderType.MARKET, action, 0.0, 0.0), trade)[1] == trade.price


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(1, 100), PRICE), min_size=1, max_size=10))
def test_fills_add_up(fills: list[tuple[int, float]]) -> None:
    """Filled and remaining make the quantity; the average price lies among the prices."""
    total = sum(shares for shares, _ in fills)
    order = an_order(terms=Terms(Decimal(total), OrderType.MARKET))
    for n, (shares, price) in enumerate(fills):
        at = NOON + timedelta(seconds=n)
        order = with_fill(order, Decimal(shares), price, Decimal(1), at)
        assert order.filled + order.remaining == total
    prices = [price for _, price in fills]
    assert min(prices) - 1e-8 <= order.average_price <= max(prices) + 1e-8
    assert not order.live
    assert order.commission == len(fills)


@settings(deadline=None)
@given(trades(), ACTION, PRICE)
def test_an_elected_stop_stays_elected(trade: Trade, action: Action, stop: float) -> None:
    """Once triggered, a stop is a market order, wherever the price goes."""
    order = evolve(an_order_of(OrderType.STOP, action, 0.0, stop), triggered=True)
    assume(trade.price > 0)
    assert meet(order, trade) == (order, trade.price)
