"""Against a real paper account; reads only. Run by ``SELLCLI_PAPER=host:port make test-paper``."""

import os
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta

import pytest

from adapters.clocks import SystemClock
from adapters.ib.broker import IBBroker
from adapters.ib.connection import IBConnection
from adapters.ib.market_data import IBMarketData
from adapters.ib.order_entry import IBOrderEntry
from adapters.ib.pacing import Pace, Pacer
from adapters.ib.quotes import IBQuotes
from adapters.ib.witness import IBWitness
from sellcore.contract import ContractDetails
from sellcore.instrument import Instrument, Kind
from sellcore.request import BarRequest, Duration, FetchedBars, Unit
from sellcore.selling.account_kind import AccountKind, kind_of
from sellcore.timeframe import Granularity

WHERE = os.environ.get("SELLCLI_PAPER", "")

pytestmark = pytest.mark.skipif(
    not WHERE, reason="set SELLCLI_PAPER=host:port of a paper account's gateway"
)


@pytest.fixture(scope="module")
def line() -> Iterator[IBConnection]:
    """Log in, to a paper account and no other."""
    host, _, port = WHERE.partition(":")
    with closing(IBConnection(host, int(port or 4002), 917, SystemClock())) as connection:
        login = connection.connect()
        kinds = {kind_of(account) for account in login.accounts}
        assert kinds == {AccountKind.PAPER}, f"not a paper login: {login.accounts}"
        yield connection


@pytest.fixture(scope="module")
def stocks(line: IBConnection) -> list[Instrument]:
    """Return the stocks that are held."""
    held = [p.instrument for p in IBBroker(line).positions() if p.instrument.kind is Kind.STOCK]
    if not held:
        pytest.skip("the paper account holds no stock; buy a few shares by hand")
    return held


def test_clocks_agree(line: IBConnection) -> None:
    """Within the ten seconds beyond which nothing is decided."""
    skew = SystemClock().now() - IBBroker(line).server_time()
    assert abs(skew) < timedelta(seconds=10)


def test_account_is_told_in_full(line: IBConnection) -> None:
    """Positions, open orders, ended orders and trades come with their end markers."""
    broker, witness = IBBroker(line), IBWitness(line)
    assert all(order.order_ref is not None for order in broker.open_orders())
    assert all(order.perm_id for order in witness.completed_orders())
    executions, commissions = witness.trades()
    assert {c.exec_id for c in commissions} <= {e.exec_id for e in executions}


def test_contracts_are_described(line: IBConnection, stocks: list[Instrument]) -> None:
    """Hours, zone and the increments of prices are known for each stock."""
    for told in IBBroker(line).details(stocks).values():
        assert isinstance(told, ContractDetails)
        assert told.hours
        assert told.price_steps


def test_bars_come(line: IBConnection, stocks: list[Instrument]) -> None:
    """A month of half hours of one stock, in order."""
    data = IBMarketData(line, Pacer(SystemClock(), Pace(4)))
    request = BarRequest(stocks[0], Granularity.HALF_HOUR, Duration(31, Unit.DAYS))
    (answer,) = data.fetch([request])
    assert isinstance(answer, FetchedBars), answer
    assert len(answer.stamp) > 100
    assert (answer.stamp[1:] > answer.stamp[:-1]).all()


def test_quotes_take_no_longer_than_promised(line: IBConnection, stocks: list[Instrument]) -> None:
    """Whatever the subscriptions are, a look is over soon."""
    began = SystemClock().now()
    IBQuotes(line).quotes(stocks[:3])
    assert SystemClock().now() - began < timedelta(seconds=2)


def test_order_numbers_are_above_all_that_were_used(line: IBConnection) -> None:
    """Nothing is sent: the numbers are only drawn."""
    first, second = IBOrderEntry(line).order_ids(2, 1000)
    assert 1000 < first < second
