"""Trades and ended orders over gateways that are late, odd, incomplete or read-only."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from attrs import evolve
from ib_async import Contract, Order, OrderState
from tests.contract import broker_frames as frames
from tests.contract.broker_stages import PATIENCE, eventually
from tests.contract.order_stages import SimulatedOrderStage
from tests.contract.scripted_gateway import GREETING, Answer, Frame, ScriptedGateway

from adapters.calendar import SessionTable
from adapters.clocks import FrozenClock
from adapters.gateway import order_messages
from adapters.gateway.hours import Hours
from adapters.gateway.listings import Listing
from adapters.gateway.orders import Action, OrderType, Status, Terms
from adapters.gateway.orders import Order as GatewayOrder
from adapters.gateway.wire import format_field
from adapters.ib import translate_trades
from adapters.ib.connection import IBConnection
from adapters.ib.order_entry import IBOrderEntry
from adapters.ib.order_news import OrderNews
from adapters.ib.pending import CompletedOrderRow
from adapters.ib.witness import IBWitness
from sellcore.errors import BrokerUnavailable
from sellcore.order import Side

NOON = datetime(2022, 5, 20, 16, tzinfo=UTC)
ID = "0000e0d5.67fe667b.01.01"
RECORDED = Path(__file__).parents[3].parent / "shared" / "data" / "ib"
READ_ONLY = "Error validating request.-'bU' : cause - The API interface is in Read-Only mode."


class Asking:
    """A witness that reads from a scripted gateway."""

    def __init__(self, gateway: ScriptedGateway, connection: IBConnection) -> None:
        self.gateway, self.connection = gateway, connection
        self.witness, self.entry = IBWitness(connection), IBOrderEntry(connection)


@contextmanager
def asking(
    answers: dict[int, Answer], *, timeout: float = PATIENCE / 2, greeting: Frame = GREETING
) -> Iterator[Asking]:
    """Log in to a gateway with these answers."""
    with ScriptedGateway(answers, greeting=greeting) as gateway:
        connection = IBConnection("127.0.0.1", gateway.port, 1, FrozenClock(NOON), timeout=timeout)
        try:
            connection.connect()
            yield Asking(gateway, connection)
        finally:
            connection.close()


def trades(*rows: Sequence[object]) -> Answer:
    """Answer a request for executions with rows, whose request id is filled in."""

    def answer(fields: list[str]) -> list[Frame]:
        told = [(r[0], fields[2], *r[2:]) if r[:2] == (11, None) else r for r in rows]
        return [*told, frames.execution_end(fields[2])]

    return answer


def test_everything_of_everybody_is_asked_for() -> None:
    """The filter is empty: all clients, all accounts, all day."""
    with asking({7: trades(), 99: lambda _: [frames.COMPLETED_ORDERS_END]}) as it:
        it.witness.trades()
        it.witness.completed_orders()
        ((*head, request), rest) = (it.gateway.asked(7)[0][:3], it.gateway.asked(7)[0][3:])
        assert head == ["7", "3"]
        assert rest == ["0", "", "", "", "", "", ""]
        assert int(request) >= 2_000_000_000
        assert it.gateway.asked(99) == [["99", "0"]]


@pytest.mark.parametrize("shares", ["100", "0.1234", "99.00000001", "1E2"])
def test_shares_are_the_decimal_on_the_wire(shares: str) -> None:
    """No float lies between."""
    with asking({7: trades(frames.execution(None, shares=shares))}) as it:
        (trade,), _ = it.witness.trades()
        assert trade.shares == Decimal(shares)


@pytest.mark.parametrize(
    ("time", "hour"),
    [
        ("20220520 10:00:00 US/Eastern", 14),
        ("20220520 10:00:00 America/New_York", 14),
        ("20220520 10:00:00 Eastern Standard Time", 14),
        ("20220520 16:00:00 Central European Standard Time", 14),
        ("20220520 15:00:00 British Summer Time", 14),
        ("20220520 17:00:00 Etc/GMT-3", 14),
        ("20220520-14:00:00", 14),
        ("20220520  14:00:00 UTC", 14),
        ("20220520  15:00:00", 14),
    ],
)
def test_time_is_read_in_every_zone(time: str, hour: int) -> None:
    """One without a zone is the clock of the gateway's machine, which the greeting names."""
    with asking({7: trades(frames.execution(None, time=time))}) as it:
        (trade,), _ = it.witness.trades()
        assert trade.time == datetime(2022, 5, 20, hour, tzinfo=UTC)


def test_time_without_any_zone_spoils_the_answer() -> None:
    """Where not even the greeting names one, an hour is not guessed."""
    answer = trades(frames.execution(None, time="20220520  15:00:00"))
    greeting = (178, "20250415 19:38:30 Mitteleurop\u00e4ische Zeit")
    with (
        asking({7: answer}, greeting=greeting) as it,
        pytest.raises(BrokerUnavailable, match="no zone that is known"),
    ):
        it.witness.trades()


HUGE = "1.7976931348623157E308"
BROKEN: dict[str, tuple[Frame, str]] = {
    "short": (frames.execution(None)[:20], "a trade is malformed"),
    "empty": ((11,), "a trade is malformed"),
    "no number": (frames.execution(None, shares="many"), "quantity 'many'"),
    "negative": (frames.execution(None, shares="-0.5"), "a trade of -0.5 at 201.94"),
    "nan": (frames.execution(None, shares="nan"), "quantity NaN"),
    "endless": (frames.execution(None, shares=HUGE), "quantity 1.7976931348623157E+308"),
    "unset price": (
        frames.execution(None, price=HUGE),
        "a trade of 100 at 1.7976931348623157e+308",
    ),
    "side": (frames.execution(None, side="?"), "order action '?'"),
    "time": (frames.execution(None, time="yesterday"), "time 'yesterday'"),
    "no id": (frames.execution(None, exec_id=""), "a trade without an id"),
}


@pytest.mark.parametrize(("broken", "why"), BROKEN.values(), ids=BROKEN)
def test_trade_that_cannot_be_read_spoils_the_answer(broken: Frame, why: str) -> None:
    """One trade left out would look like shares that were not sold; the line says what it met."""
    with (
        asking({7: trades(frames.execution(None), broken)}) as it,
        pytest.raises(BrokerUnavailable) as told,
    ):
        it.witness.trades()
    assert str(told.value).endswith(f"answer cannot be read: {why}")


def test_trade_of_no_shares_is_one() -> None:
    """A correction takes a trade back by it."""
    taken_back = frames.execution(None, "0000e0d5.67fe667b.01.02", shares=0)
    with asking({7: trades(frames.execution(None), taken_back)}) as it:
        assert [trade.shares for trade in it.witness.trades()[0]] == [Decimal(100), Decimal(0)]


def test_trade_told_twice_counts_once() -> None:
    """The same id is the same trade."""
    with asking({7: trades(frames.execution(None), frames.execution(None))}) as it:
        assert len(it.witness.trades()[0]) == 1


@pytest.mark.parametrize("late", [False, True])
def test_cost_may_come_before_its_trade_or_behind_it(late: bool) -> None:
    """They are matched by the trade's id."""
    rows = [frames.commission(), frames.execution(None)]
    with asking({7: trades(*(reversed(rows) if late else rows))}) as it:
        (trade,), (cost,) = it.witness.trades()
        assert (cost.exec_id, cost.amount, cost.realized) == (trade.exec_id, 1.0, None)


def test_cost_behind_the_end_marker_is_there_the_next_time() -> None:
    """The gateway need not tell it again, not even over the next line."""
    with asking({7: trades(frames.execution(None))}) as it:
        assert it.witness.trades()[1] == ()
        it.gateway.say(*frames.commission())
        eventually(lambda: it.witness.trades()[1] != ())
        (cost,) = it.witness.trades()[1]
        it.connection.connect()
        assert it.witness.trades()[1] == (cost,)


def test_cost_that_is_told_anew_counts_as_told_last() -> None:
    """Once, and with what it came to in the end."""
    rows = [frames.execution(None), frames.commission(), frames.commission(amount="1.25")]
    with asking({7: trades(*rows)}) as it:
        (cost,) = it.witness.trades()[1]
        assert cost.amount == 1.25


def test_cost_of_a_trade_that_is_not_told_is_left_out() -> None:
    """Yesterday's is nobody's any more."""
    with asking({7: trades(frames.commission("other.01"), frames.execution(None))}) as it:
        assert it.witness.trades()[1] == ()


def test_oldest_costs_are_forgotten_first() -> None:
    """A program that runs for months must not grow with every trade of its account."""
    news = OrderNews(1)
    for number in range(10_005):
        news.commission([str(field) for field in frames.commission(f"{number}.01")])

    kept = [int(cost.exec_id.partition(".")[0]) for cost in news.costs()]
    assert kept == list(range(5, 10_005))


@pytest.mark.parametrize(("quantity", "filled"), [(-1.0, 0.0), (100.0, -5.0)])
def test_ended_order_of_less_than_nothing_is_none(quantity: float, filled: float) -> None:
    """It spoils the answer, rather than lessen what was sold."""
    order = Order(action="SELL", totalQuantity=quantity, filledQuantity=filled)
    row = CompletedOrderRow(Contract(conId=1), order, OrderState(status="Cancelled"))

    with pytest.raises(ValueError, match="an order for"):
        translate_trades.completed_order(row)


@pytest.mark.parametrize("amount", ["", "much", frames.UNSET_DOUBLE])
def test_cost_that_cannot_be_read_is_not_known(amount: str) -> None:
    """The trade is certain all the same."""
    with asking({7: trades(frames.execution(None), frames.commission(ID, amount))}) as it:
        told, costs = it.witness.trades()
        assert (len(told), costs) == (1, ())


def test_live_trade_beside_the_answer_belongs_to_no_answer() -> None:
    """It has the request id -1, and is in the next answer."""
    live = frames.execution(-1, "other.01", client_id=99)
    with asking({7: trades(frames.execution(None), live)}) as it:
        assert [trade.exec_id for trade in it.witness.trades()[0]] == [ID]


def test_answer_that_does_not_end_is_none_and_the_line_stays() -> None:
    """Executions carry a number, so a late answer cannot be taken for another's."""
    with asking({7: lambda f: [frames.execution(f[2])]}, timeout=1.0) as it:
        with pytest.raises(BrokerUnavailable, match="executions: no complete answer within 1 s"):
            it.witness.trades()
        assert it.connection.fault() is None
        (late,) = it.gateway.asked(7)
        stale = [frames.execution(late[2], "stale.01"), frames.execution_end(late[2])]
        answer = trades(frames.execution(None))
        it.gateway.answers[7] = lambda fields: [*stale, *answer(fields)]
        assert [trade.exec_id for trade in it.witness.trades()[0]] == [ID]


def test_refusal_of_a_request_for_trades_is_quoted() -> None:
    """An error under its number ends it."""
    with (
        asking({7: lambda f: [frames.error(f[2], 321, READ_ONLY)]}) as it,
        pytest.raises(BrokerUnavailable, match="untick 'Read-Only API'"),
    ):
        it.witness.trades()


def test_ended_orders_that_do_not_end_cost_the_line() -> None:
    """They carry no number: the late end would complete the next question."""
    with asking({}, timeout=1.0) as it:
        with pytest.raises(BrokerUnavailable, match="completed orders: no complete answer"):
            it.witness.completed_orders()
        assert it.connection.fault() is not None


def test_read_only_gateway_may_refuse_to_tell() -> None:
    """The error names no request, and ends this one."""
    with (
        asking({99: lambda _: [frames.error(-1, 321, READ_ONLY)]}) as it,
        pytest.raises(BrokerUnavailable, match="untick 'Read-Only API'"),
    ):
        it.witness.completed_orders()


MSFT = Listing(
    con_id=272093,
    symbol="MSFT",
    exchange="NASDAQ",
    currency="USD",
    sec_type="STK",
    min_tick=0.01,
    zone="America/New_York",
    long_name="MICROSOFT CORP",
    trading_class="NMS",
    local_symbol="MSFT",
    market_rule_ids="26",
    valid_exchanges="SMART",
    hours=Hours("NASDAQ", SessionTable()),
)


def ended(status: Status = Status.FILLED, filled: int = 100, perm_id: int = 600) -> GatewayOrder:
    """Return an order that has ended at the simulated gateway."""
    return GatewayOrder(
        perm_id=perm_id,
        client_id=1,
        order_id=7,
        listing=MSFT,
        action=Action.SELL,
        terms=Terms(Decimal(100), OrderType.MARKET),
        account="DU0000001",
        placed=NOON,
        works_from=NOON,
        order_ref="sellcli:1",
        status=status,
        filled=Decimal(filled),
        finished=NOON,
        outcome="Cancelled by System:\n" if status is Status.CANCELLED else "Filled Size: 100",
    )


def frame_of(order: GatewayOrder, version: int = 178) -> list[str]:
    """Return its completedOrder message."""
    return [format_field(field) for field in order_messages.completed_order(order, version)]


@pytest.mark.parametrize("version", range(157, 179))
def test_ended_order_is_read_at_every_version(version: int) -> None:
    """Its layout grows with the server; quantity, status and words stay where they belong."""
    order = ended(Status.CANCELLED, 40)
    answer = [frame_of(order, version), frames.COMPLETED_ORDERS_END]
    with asking({99: lambda _: answer}, greeting=(version, "20220520 12:00:00 EST")) as it:
        (told,) = it.witness.completed_orders()
        assert (told.con_id, told.account, told.side) == (272093, "DU0000001", Side.SELL)
        assert (told.quantity, told.filled) == (Decimal(100), Decimal(40))
        assert (told.status, told.explanation) == ("Cancelled", "Cancelled by System:")
        assert (told.perm_id, told.order_ref) == (600, "sellcli:1")
        assert told.ended_at == NOON


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("20260411 22:18:53 US/Eastern", datetime(2026, 4, 12, 2, 18, 53, tzinfo=UTC)),
        ("20260411-22:18:53", datetime(2026, 4, 11, 22, 18, 53, tzinfo=UTC)),
        ("20260411 22:18:53", datetime(2026, 4, 11, 20, 18, 53, tzinfo=UTC)),
        ("20260411 22:18:53 Nowhere", None),
        ("", None),
        ("soon", None),
    ],
)
def test_end_of_an_order_is_told_where_it_can_be_read(text: str, expected: datetime | None) -> None:
    """By the zone it names, or else the gateway's own; otherwise nobody knows when."""
    order = Order(action="SELL", totalQuantity=100.0)
    row = CompletedOrderRow(Contract(conId=1), order, OrderState(completedTime=text))
    assert translate_trades.completed_order(row, "Europe/Berlin").ended_at == expected


def test_ended_order_that_cannot_be_read_spoils_the_answer() -> None:
    """One left out would look like an order that was lost."""
    answer = [frame_of(ended()), frame_of(ended())[:40], frames.COMPLETED_ORDERS_END]
    with (
        asking({99: lambda _: answer}) as it,
        pytest.raises(BrokerUnavailable, match="answer cannot be read"),
    ):
        it.witness.completed_orders()


def test_ended_order_of_less_than_nothing_spoils_the_answer() -> None:
    """Nobody knows what it means."""
    answer = [frame_of(ended(Status.CANCELLED, -40)), frames.COMPLETED_ORDERS_END]
    with (
        asking({99: lambda _: answer}) as it,
        pytest.raises(BrokerUnavailable, match=r"an order for 100\.0, -40\.0 filled$"),
    ):
        it.witness.completed_orders()


def test_ended_order_for_a_part_of_a_share_is_read() -> None:
    """Other programs send such ones; none of it may be filled."""
    orders = [
        evolve(ended(filled=filled), terms=Terms(Decimal("0.5"), OrderType.MARKET))
        for filled in ("0.25", 0)
    ]
    answer = [frame_of(evolve(each, status=Status.CANCELLED)) for each in orders]
    with asking({99: lambda _: [*answer, frames.COMPLETED_ORDERS_END]}) as it:
        told = [(order.quantity, order.filled) for order in it.witness.completed_orders()]
        assert set(told) == {(Decimal("0.5"), Decimal("0.25")), (Decimal("0.5"), Decimal(0))}


def test_ended_order_told_twice_counts_once() -> None:
    """Another one beside it stays another."""
    rows = [frame_of(ended()), frame_of(ended(perm_id=601)), frame_of(ended())]
    with asking({99: lambda _: [*rows, frames.COMPLETED_ORDERS_END]}) as it:
        assert [order.perm_id for order in it.witness.completed_orders()] == [600, 601]


def test_ended_orders_without_a_permanent_id_are_kept_apart() -> None:
    """Those that the broker never took have none; each has its own reference."""
    rows = [frame_of(evolve(ended(perm_id=0), order_ref=ref)) for ref in ("sellcli:1", "sellcli:2")]
    with asking({99: lambda _: [*rows, frames.COMPLETED_ORDERS_END]}) as it:
        told = it.witness.completed_orders()
        assert [order.order_ref for order in told] == ["sellcli:1", "sellcli:2"]


def test_ended_orders_told_unasked_are_no_answer() -> None:
    """Some gateways push them, with an end marker or without."""
    pushed = [frame_of(ended(perm_id=1)), frames.COMPLETED_ORDERS_END]
    with asking({61: lambda _: [*pushed, frames.POSITION_END]}) as it:
        it.gateway.answers[99] = lambda _: [frame_of(ended()), frames.COMPLETED_ORDERS_END]
        for frame in pushed:
            it.gateway.say(*frame)
        it.entry.replies(0.2)
        assert [told.perm_id for told in it.witness.completed_orders()] == [600]


@pytest.mark.parametrize(
    ("status", "filled", "expected"),
    [("Filled", "", 100), ("Cancelled", "", 0), ("Cancelled", frames.UNSET_DOUBLE, 0)],
)
def test_fill_that_is_not_named(status: str, filled: str, expected: int) -> None:
    """A filled order has all its shares, any other none that it names."""
    order = Order(action="SELL", totalQuantity=100.0)
    order.filledQuantity = float(filled or frames.UNSET_DOUBLE)
    row = CompletedOrderRow(Contract(conId=1), order, OrderState(status=status))
    assert translate_trades.completed_order(row).filled == expected


def test_recorded_fill_is_a_trade() -> None:
    """A real gateway at 173 names no zone: its machine's clock is that of the greeting."""
    if not RECORDED.is_dir():
        pytest.skip("../shared is absent: there is no recorded traffic to read")
    told = json.loads((RECORDED / "wire_frames_v173.json").read_text("utf-8"))["frames"]
    fields = next(f for f in told["market_buy_100_AAPL_2025-04-15"] if f[0] == "11")
    greeting = told["handshake_replies"][0]
    answer = trades((11, None, *fields[2:]))
    with asking({7: answer}, greeting=greeting) as it:
        (trade,), _ = it.witness.trades()
    assert (trade.exec_id, trade.con_id) == ("0000e0d5.67fe667b.01.01", 265598)
    assert (trade.side, trade.shares, trade.price) == (Side.BUY, Decimal(100), 201.94)
    assert trade.time == datetime(2025, 4, 15, 18, 38, 31, tzinfo=UTC)
    assert (trade.perm_id, trade.order_id, trade.client_id) == (600745656, 5, 100)


def test_recorded_empty_days_are_read() -> None:
    """The end markers of a real gateway at 176, and rows it sent beside them."""
    if not RECORDED.is_dir():
        pytest.skip("../shared is absent: there is no recorded traffic to read")
    exchanges = json.loads((RECORDED / "wire_session_v176.json").read_text("utf-8"))["exchanges"]
    told = {e["request_id_and_second_field"]: e["responses"] for e in exchanges}
    (end,) = told["7_3"]
    answers: dict[int, Answer] = {
        7: lambda fields: [*told["6_2"], (*end[:2], fields[2])],
        99: lambda _: [*told["61_1"], *told["99_0"]],
    }
    with asking(answers, greeting=told["API_"][0]) as it:
        assert it.witness.trades() == ((), ())
        assert it.witness.completed_orders() == ()


def test_trades_of_other_clients_are_told_and_no_news(tmp_path: Path) -> None:
    """What another program sells is on the list; it wakes nobody here."""
    with SimulatedOrderStage(tmp_path) as stage:
        other = stage.connect_as(8)
        other.connect()
        entry = IBOrderEntry(other)
        (number,) = entry.order_ids(1, 0)
        sale = stage.sale()
        entry.place([evolve(sale, order_id=number, order_ref="theirs")])
        while not any(reply.text == "Filled" for reply in entry.replies(5)):
            pass
        (trade,), _ = stage.witness.trades()
        assert (trade.client_id, trade.order_ref) == (8, "theirs")
        (told,) = stage.witness.completed_orders()
        assert told.order_ref == "theirs"
        assert stage.entry.replies(0.2) == ()
        other.close()
