"""The real ib_async client, unchanged, drives every step of a session."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from ib_async import IB, Contract, LimitOrder, MarketOrder, RequestError, Stock, Trade
from tests.gateway.gateway_stand import START, Running, a_scenario, running

from adapters.gateway.faults import Fault, FaultKind
from adapters.gateway.scenario import Scenario, default_scenario

MSFT = Contract(conId=272093, exchange="SMART")
Session = Callable[[IB, Running], Awaitable[None]]


async def connected(gateway: Running, client_id: int = 11) -> IB:
    ib = IB()
    ib.RaiseRequestErrors = True
    await ib.connectAsync(
        gateway.host, gateway.port, clientId=client_id, timeout=20, raiseSyncErrors=True
    )
    return ib


async def move(gateway: Running, moment: datetime) -> None:
    """Let time pass as an application does, from a thread of its own."""
    await asyncio.get_running_loop().run_in_executor(None, gateway.until, moment)


def hold(session: Session, scenario: Scenario | None = None) -> None:
    async def whole(gateway: Running) -> None:
        ib = await connected(gateway)
        try:
            await session(ib, gateway)
        finally:
            ib.disconnect()
            await asyncio.sleep(0)

    with running(scenario or default_scenario()) as gateway:
        asyncio.run(whole(gateway))


@pytest.fixture(autouse=True)
def no_complaint_from_the_client(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Fail on any line that ib_async logs about a message it cannot decode."""
    caplog.set_level(logging.WARNING)
    yield
    complaints = [
        record.getMessage()
        for record in caplog.records
        if record.name != "ib_async.wrapper" or record.exc_info or "Error handling" in record.msg
    ]
    assert complaints == []


def test_connect_brings_positions_and_orders() -> None:
    """Connecting with every synchronisation on raises nothing and fills the client's state."""

    async def session(ib: IB, gateway: Running) -> None:
        assert ib.managedAccounts() == ["DU0000001"]
        assert {p.contract.symbol: p.position for p in ib.positions()} == {
            "MSFT": 100,
            "AAPL": 150,
            "KO": 400,
            "JPM": 80,
            "SPY": 60,
            "NVDA": 10.7,
            "BLCO": 25,
            "TSLA": -20,
        }
        (stop,) = await ib.reqAllOpenOrdersAsync()
        assert (stop.order.orderType, stop.order.auxPrice) == ("STP", 228.0)
        assert await ib.reqCurrentTimeAsync() == START
        assert {v.tag for v in ib.accountValues()} >= {"NetLiquidation", "TotalCashValue"}
        assert len(ib.portfolio()) == 8

    hold(session)


def test_contract_is_qualified_by_id_and_by_symbol() -> None:
    """Both ways lead to the same contract."""

    async def session(ib: IB, gateway: Running) -> None:
        (by_symbol,) = await ib.qualifyContractsAsync(Stock("MSFT", "SMART", "USD"))
        (details,) = await ib.reqContractDetailsAsync(Contract(conId=272093))
        assert by_symbol == details.contract
        assert details.contract.primaryExchange == "NASDAQ"
        assert details.minTick == 0.01
        hours = details.liquidSessions()
        assert hours[0].start == datetime(2022, 5, 20, 13, 30, tzinfo=UTC)

    hold(session)


@pytest.mark.parametrize(
    ("size", "duration", "count"),
    [
        ("5 secs", "3600 S", 240),
        ("15 secs", "1 D", 4 * 390),
        ("30 secs", "1 D", 780),
        ("1 min", "1 D", 390),
        ("2 mins", "1 D", 195),
        ("3 mins", "1 D", 130),
        ("5 mins", "1 D", 78),
        ("10 mins", "1 D", 39),
        ("15 mins", "1 D", 26),
        ("20 mins", "1 D", 20),
        ("30 mins", "31 D", 13 * 31),
        ("1 hour", "5 D", 35),
        ("2 hours", "5 D", 20),
        ("3 hours", "5 D", 15),
        ("4 hours", "5 D", 10),
        ("8 hours", "5 D", 5),
        ("1 day", "20 D", 20),
        ("1 day", "3 Y", 156 * 5 + 4 - 1),
        ("1 week", "8 W", 9),
        ("1 month", "1 Y", 13),
    ],
)
def test_history_of_every_size_is_decoded(size: str, duration: str, count: int) -> None:
    """Aware times in UTC or dates, finite prices, as many bars as trading hours make."""

    async def session(ib: IB, gateway: Running) -> None:
        bars = await ib.reqHistoricalDataAsync(MSFT, "", duration, size, "TRADES", True, 2)
        assert len(bars) == count
        assert all(b.low <= min(b.open, b.close) <= max(b.open, b.close) <= b.high for b in bars)
        first = bars[0].date
        assert first.tzinfo is UTC if isinstance(first, datetime) else isinstance(first, date)

    hold(session)


def test_history_in_text_has_its_zone() -> None:
    """FormatDate 1 gives aware times in the exchange's zone."""

    async def session(ib: IB, gateway: Running) -> None:
        end = datetime(2022, 5, 18, 20, 0, tzinfo=UTC)
        bars = await ib.reqHistoricalDataAsync(MSFT, end, "1 D", "30 mins", "TRADES", True, 1)
        assert bars[0].date == datetime(2022, 5, 18, 13, 30, tzinfo=UTC)
        assert bars[-1].date == datetime(2022, 5, 18, 19, 30, tzinfo=UTC)

    hold(session)


def test_schedule_and_head_timestamp_are_decoded() -> None:
    """Sessions in order, and the instant that history begins at."""

    async def session(ib: IB, gateway: Running) -> None:
        schedule = await ib.reqHistoricalScheduleAsync(MSFT, 5)
        assert [s.refDate for s in schedule.sessions] == [f"202205{d}" for d in range(16, 21)]
        head = await ib.reqHeadTimeStampAsync(MSFT, "TRADES", True, 2)
        assert head == datetime(2019, 5, 1, 13, 30, tzinfo=UTC)

    hold(session)


def test_failed_requests_end_at_once() -> None:
    """No time-out is waited for: unknown contract, no data."""

    async def session(ib: IB, gateway: Running) -> None:
        for contract, end, code in (
            (Stock("ZZZ", "SMART"), "", 200),
            (MSFT, "20100101-00:00:00", 162),
        ):
            with pytest.raises(RequestError) as caught:
                await ib.reqHistoricalDataAsync(contract, end, "1 D", "1 day", "TRADES", True)
            assert caught.value.code == code

    hold(session)


def test_live_bars_and_ticks_follow_the_clock() -> None:
    """A new bar each minute; the last price is that of the bar."""

    async def session(ib: IB, gateway: Running) -> None:
        await move(gateway, START + timedelta(minutes=6))
        bars = await ib.reqHistoricalDataAsync(
            MSFT, "", "1 D", "1 min", "TRADES", True, 2, keepUpToDate=True
        )
        ticker = ib.reqMktData(MSFT)
        born: list[bool] = []
        bars.updateEvent += lambda _, new: born.append(new)
        count = len(bars)
        await move(gateway, START + timedelta(minutes=16))
        await ib.reqCurrentTimeAsync()
        assert len(bars) == count + 10
        assert sum(born) == 10
        assert ticker.last == bars[-1].close
        assert ticker.bid < ticker.last < ticker.ask
        ib.cancelHistoricalData(bars)
        ib.cancelMktData(MSFT)

    hold(session)


def test_orders_fill_rest_and_are_cancelled() -> None:
    """A market sell fills, a limit rests and is cancelled, the position shrinks."""

    async def done(ib: IB, trade: Trade) -> str:
        for _ in range(5):
            await ib.reqCurrentTimeAsync()
        return str(trade.orderStatus.status)

    async def session(ib: IB, gateway: Running) -> None:
        await move(gateway, START + timedelta(minutes=30))
        (contract,) = await ib.qualifyContractsAsync(MSFT)
        filled = ib.placeOrder(contract, MarketOrder("SELL", 40, tif="DAY", orderRef="a"))
        resting = ib.placeOrder(contract, LimitOrder("SELL", 10, 900, tif="DAY", orderRef="b"))
        assert await done(ib, filled) == "Filled"
        assert filled.fills[0].commissionReport.execId == filled.fills[0].execution.execId
        assert await done(ib, resting) == "Submitted"
        ib.cancelOrder(resting.order)
        assert await done(ib, resting) == "Cancelled"
        (position,) = [p for p in ib.positions() if p.contract.conId == 272093]
        assert position.position == 60
        assert [f.execution.orderRef for f in await ib.reqExecutionsAsync()] == ["a"]

    hold(session)


def test_reconnect_finds_everything_again() -> None:
    """After the socket is dropped the same object connects anew."""
    drop = Fault(FaultKind.DROP_SOCKET, START + timedelta(minutes=2), parameters={"client_id": -1})

    async def session(ib: IB, gateway: Running) -> None:
        lost = asyncio.Event()
        ib.disconnectedEvent += lost.set
        await move(gateway, START + timedelta(minutes=3))
        await asyncio.wait_for(lost.wait(), 10)
        await ib.connectAsync(gateway.host, gateway.port, clientId=11, timeout=20)
        assert len(ib.positions()) == 2

    hold(session, a_scenario(drop))


def test_taken_client_id_is_told_by_326() -> None:
    """The second client hears 326 before the line is cut."""

    async def session(ib: IB, gateway: Running) -> None:
        other = IB()
        codes: list[int] = []
        other.errorEvent += lambda _, code, *rest: codes.append(code)
        with pytest.raises(TimeoutError):
            await other.connectAsync(gateway.host, gateway.port, clientId=11, timeout=0.5)
        assert 326 in codes

    hold(session)
