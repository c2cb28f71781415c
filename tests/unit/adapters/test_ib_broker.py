"""Reading the account over gateways that are read-only, odd, slow or incomplete."""

import _thread
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count

import pytest
from attrs import evolve
from tests.contract import broker_frames as frames
from tests.contract.broker_stages import (
    AAPL,
    DESCRIBED,
    KO,
    PATIENCE,
    UNKNOWN,
    eventually,
    held,
    interruptible,
    stop_order,
)
from tests.contract.scripted_gateway import Answer, ScriptedGateway

from adapters.clocks import FrozenClock
from adapters.ib.broker import IBBroker
from adapters.ib.connection import IBConnection
from sellcore.contract import ContractDetails, NoDetails
from sellcore.errors import BrokerUnavailable
from sellcore.instant import from_epoch

NOON = datetime(2025, 3, 24, 12, tzinfo=UTC)
READ_ONLY = "Error validating request.-'bU' : cause - The API interface is in Read-Only mode."


class Reading:
    """A broker that reads from a scripted gateway for the length of a ``with`` block."""

    def __init__(self, answers: dict[int, Answer], timeout: float = PATIENCE / 2) -> None:
        self.clock = FrozenClock(NOON)
        self.gateway = ScriptedGateway(answers)
        self._timeout = timeout

    def __enter__(self) -> "Reading":
        self.gateway.__enter__()
        port = self.gateway.port
        self.connection = IBConnection("127.0.0.1", port, 1, self.clock, timeout=self._timeout)
        self.broker = IBBroker(self.connection)
        self.connection.connect()
        return self

    def __exit__(self, *_: object) -> None:
        self.connection.close()
        self.gateway.__exit__()


def test_positions_are_not_subscribed_to() -> None:
    """Each reading is one request with an end; the subscription is taken back."""
    with Reading({61: lambda _: [frames.POSITION_END]}) as reading:
        reading.broker.positions()
        reading.broker.positions()
        asked = [fields[0] for fields in reading.gateway.received]
        assert asked[:4] == ["71", "61", "64", "61"]


def test_change_told_before_the_end_marker_wins() -> None:
    """A fill between request and end marker comes as a second message."""
    told = [frames.position(held(KO, "100")), frames.position(held(KO, "60"))]
    with Reading({61: lambda _: [*told, frames.POSITION_END]}) as reading:
        assert [p.quantity for p in reading.broker.positions()] == [Decimal(60)]


def test_closed_position_is_not_held() -> None:
    """A quantity of 0 takes the entry away."""
    told = [frames.position(held(KO, "100")), frames.position(held(KO, "0"))]
    with Reading({61: lambda _: [*told, frames.POSITION_END]}) as reading:
        assert reading.broker.positions() == ()


def test_same_instrument_in_two_accounts_is_two_positions() -> None:
    """Accounts are never added up."""
    mine, yours = held(KO, "100"), evolve(held(KO, "7"), account="U2")
    answer = [frames.position(mine), frames.position(yours), frames.POSITION_END]
    with Reading({61: lambda _: answer}) as reading:
        assert set(reading.broker.positions()) == {mine, yours}


@pytest.mark.parametrize(
    ("quantity", "quoted"),
    [("", "quantity ''"), ("many", "quantity 'many'"), ("nan", "quantity NaN")],
)
def test_position_that_cannot_be_read_spoils_the_reading(quantity: str, quoted: str) -> None:
    """One holding left out would look like one that was sold."""
    broken = list(frames.position(held(KO, "1")))
    broken[14] = quantity
    answer = [frames.position(held(AAPL, "5")), broken, frames.POSITION_END]
    with (
        Reading({61: lambda _: answer}) as reading,
        pytest.raises(BrokerUnavailable) as refusal,
    ):
        reading.broker.positions()
    assert str(refusal.value) == f"positions: the answer cannot be read: {quoted}"


def test_position_message_that_is_cut_short_spoils_the_reading() -> None:
    """So does one that lacks fields."""
    answer = [frames.position(held(KO, "1"))[:9], frames.POSITION_END]
    with (
        Reading({61: lambda _: answer}) as reading,
        pytest.raises(BrokerUnavailable, match="positions: the answer cannot be read"),
    ):
        reading.broker.positions()


def test_order_message_that_is_cut_short_spoils_the_reading() -> None:
    """An order we do not know of could sell what we sell."""
    answer = [frames.open_order(stop_order(11, 0))[:40], frames.OPEN_ORDER_END]
    with (
        Reading({16: lambda _: answer}) as reading,
        pytest.raises(BrokerUnavailable, match="answer cannot be read"),
    ):
        reading.broker.open_orders()


def test_order_that_cannot_be_read_spoils_the_reading() -> None:
    """A side is not guessed, and the order not left out."""
    order = ["HODL" if field == "SELL" else field for field in frames.open_order(stop_order(11, 0))]
    with (
        Reading({16: lambda _: [order, frames.OPEN_ORDER_END]}) as reading,
        pytest.raises(BrokerUnavailable) as refusal,
    ):
        reading.broker.open_orders()
    assert str(refusal.value) == ("open orders: the answer cannot be read: order action 'HODL'")


def test_read_only_gateway_says_which_box_to_untick() -> None:
    """A gateway in read-only mode may refuse to tell open orders; it stays connected."""
    with Reading({16: lambda _: [frames.error(-1, 321, READ_ONLY)]}) as reading:
        with pytest.raises(BrokerUnavailable) as refusal:
            reading.broker.open_orders()
        assert str(refusal.value) == (
            "open orders: the API is in read-only mode and does not tell; untick 'Read-Only API' "
            "in the API settings of TWS or IB Gateway"
        )
        assert reading.connection.fault() is None


def test_other_refusal_is_quoted() -> None:
    """What the gateway says about a question it does not answer is passed on."""
    with (
        Reading({61: lambda _: [frames.error(-1, 321, "too many sub-accounts")]}) as reading,
        pytest.raises(BrokerUnavailable) as refusal,
    ):
        reading.broker.positions()
    assert str(refusal.value) == ("positions: refused by the gateway (321: too many sub-accounts)")


@pytest.mark.parametrize(
    ("status", "open_"),
    [
        ("PreSubmitted", True),
        ("Submitted", True),
        ("PendingCancel", True),
        ("Inactive", True),
        ("Filled", False),
        ("Cancelled", False),
        ("ApiCancelled", False),
    ],
)
def test_only_finished_orders_are_left_out(status: str, open_: bool) -> None:
    """An inactive order can come back, one that is being cancelled can still fill."""
    order = evolve(stop_order(11, 0), status=status)
    answer = [frames.open_order(order), frames.order_status(order), frames.OPEN_ORDER_END]
    with Reading({16: lambda _: answer}) as reading:
        assert [o.status for o in reading.broker.open_orders()] == [status] * open_


def test_partly_filled_order_shows_what_is_left() -> None:
    """The status message knows; it may also come before the order."""
    order = evolve(stop_order(11, 77), remaining=Decimal(40))
    answer = [frames.order_status(order), frames.open_order(order), frames.OPEN_ORDER_END]
    with Reading({16: lambda _: answer}) as reading:
        assert reading.broker.open_orders() == (order,)


def test_status_of_one_list_says_nothing_in_the_next() -> None:
    """Where none comes with an order, all of it counts as still to be filled."""
    order = evolve(stop_order(7001, 1), remaining=Decimal(40))
    lists = [
        [frames.open_order(order), frames.order_status(order), frames.OPEN_ORDER_END],
        [frames.open_order(order), frames.OPEN_ORDER_END],
    ]
    with Reading({16: lambda _: lists.pop(0)}) as reading:
        told = [reading.broker.open_orders() for _ in range(2)]

    assert [order.remaining for orders in told for order in orders] == [Decimal(40), Decimal(100)]


def test_order_told_twice_counts_once() -> None:
    """A repeated message is not a second order, two orders by hand are two."""
    first, second = stop_order(11, 0), stop_order(12, 0)
    answer = [frames.open_order(o) for o in (first, second, first)] + [frames.OPEN_ORDER_END]
    with Reading({16: lambda _: answer}) as reading:
        assert {o.perm_id for o in reading.broker.open_orders()} == {11, 12}
        assert len(reading.broker.open_orders()) == 2


def test_order_that_is_changed_while_it_is_told_is_as_told_last() -> None:
    """Whoever entered it may change it between request and end marker."""
    before = stop_order(11, 0)
    after = evolve(before, quantity=Decimal(60), remaining=Decimal(60), stop_price=200.0)
    answer = [frames.open_order(o) for o in (before, after)] + [frames.OPEN_ORDER_END]
    with Reading({16: lambda _: answer}) as reading:
        (order,) = reading.broker.open_orders()
        assert (order.quantity, order.stop_price) == (60, 200.0)


def test_orders_told_at_the_login_are_not_an_answer() -> None:
    """Some gateways push open orders and their end marker before anybody asks."""
    order = stop_order(11, 0)
    reading = Reading({16: lambda _: [frames.OPEN_ORDER_END]})
    login = reading.gateway.answers[71]
    pushed = [frames.open_order(order), frames.order_status(order), frames.OPEN_ORDER_END]
    reading.gateway.answers[71] = lambda fields: [*pushed, *login(fields)]
    with reading:
        assert reading.broker.open_orders() == ()


def described(fields: list[str]) -> list[frames.Frame]:
    """Answer a request for contract details with those of AAPL, or of nothing."""
    if fields[3] == str(AAPL.con_id):
        return list(frames.contract_details(fields[2], DESCRIBED))
    return [frames.error(fields[2], 200, "No security definition has been found")]


def test_good_description_is_kept_for_the_day_and_a_bad_one_is_not() -> None:
    """Hours are told anew each day; what failed may work the next time."""
    with Reading({9: described}) as reading:
        for _ in range(2):
            details = reading.broker.details([AAPL, UNKNOWN])
            assert isinstance(details[AAPL], ContractDetails)
            assert isinstance(details[UNKNOWN], NoDetails)
        con_ids = [fields[3] for fields in reading.gateway.asked(9)]
        assert sorted(con_ids) == sorted([str(AAPL.con_id), *[str(UNKNOWN.con_id)] * 2])
        reading.clock.set(NOON + timedelta(days=1))
        reading.broker.details([AAPL])
        assert len(reading.gateway.asked(9)) == 4


def test_contract_is_asked_for_by_its_id_alone() -> None:
    """A symbol could mean another contract."""
    with Reading({9: described}) as reading:
        reading.broker.details([AAPL])
        (asked,) = reading.gateway.asked(9)
        assert [text for text in asked[3:] if text not in ("", "0", "0.0")] == ["265598"]


def test_broken_description_says_so_and_spoils_no_other() -> None:
    """A message that cannot be read is a reason, not an exception."""

    def answer(fields: list[str]) -> list[frames.Frame]:
        frame, end = frames.contract_details(fields[2], DESCRIBED)
        return [frame[:20] if fields[3] == str(KO.con_id) else frame, end]

    with Reading({9: answer}) as reading:
        details = reading.broker.details([KO, AAPL])
        assert isinstance(details[AAPL], ContractDetails)
        missing = details[KO]
        assert isinstance(missing, NoDetails)
        assert "cannot be read" in missing.reason


@pytest.mark.parametrize(("told", "magnifier"), [(100, 100), (1, 1), (0, 1)])
def test_unit_that_prices_are_quoted_in_is_told(told: int, magnifier: int) -> None:
    """London's shares are quoted in pence, and held in pounds; 0 says nothing."""
    london = evolve(DESCRIBED, instrument=evolve(AAPL, price_magnifier=told))
    answer = lambda fields: list(frames.contract_details(fields[2], london))  # noqa: E731
    with Reading({9: answer}) as reading:
        details = reading.broker.details([AAPL])[AAPL]
        assert isinstance(details, ContractDetails)
        assert details.instrument.price_magnifier == magnifier


def test_description_that_does_not_come_is_a_reason() -> None:
    """One contract without an answer costs one time-out, not the line."""
    with Reading({9: lambda f: described(f) if f[3] == "265598" else ()}, timeout=3.0) as reading:
        details = reading.broker.details([KO, AAPL])
        missing = details[KO]
        assert isinstance(missing, NoDetails)
        assert missing.reason == "no answer in time"
        assert isinstance(details[AAPL], ContractDetails)
        assert reading.connection.fault() is None


def test_line_lost_while_contracts_are_described_is_no_answer() -> None:
    """Half of the descriptions is not handed on."""
    with Reading({}) as reading:
        reading.gateway.answers[9] = lambda _: reading.gateway.drop() or ()
        with pytest.raises(BrokerUnavailable, match="closed the connection"):
            reading.broker.details([KO, AAPL])


def test_many_contracts_are_described() -> None:
    """More than fit in flight at once, each asked once."""
    instruments = [evolve(AAPL, con_id=n) for n in range(1, 61)]

    def answer(fields: list[str]) -> list[frames.Frame]:
        told = evolve(DESCRIBED, instrument=evolve(AAPL, con_id=int(fields[3])))
        return list(frames.contract_details(fields[2], told))

    with Reading({9: answer}) as reading:
        details = reading.broker.details(instruments)
        assert all(isinstance(told, ContractDetails) for told in details.values())
        assert len(reading.gateway.asked(9)) == 60


@pytest.mark.parametrize("version", [157, 163, 164, 173, 177])
def test_rows_of_every_server_version_find_their_question(version: int) -> None:
    """Layouts differ with the version; a row that fits none is a reason, never a crash."""
    with Reading({9: described}) as reading:
        reading.connection.close()
        with ScriptedGateway({9: described}, greeting=(version, "x")) as gateway:
            connection = IBConnection("127.0.0.1", gateway.port, 1, reading.clock, timeout=15)
            connection.connect()
            answer = IBBroker(connection).details([UNKNOWN])[UNKNOWN]
            assert isinstance(answer, NoDetails)
            assert "200: No security definition" in answer.reason
            connection.close()


def test_ctrl_c_while_positions_are_read_ends_the_wait() -> None:
    """The interrupt reaches the caller; the open question is not left to the next one."""
    with interruptible(), Reading({61: lambda _: _thread.interrupt_main() or ()}) as reading:
        with pytest.raises(KeyboardInterrupt):
            reading.broker.positions()
        eventually(lambda: reading.connection.fault() is not None)
        why = str(reading.connection.fault())
        assert why.endswith(" was lost: positions: given up before the answer was complete")
        reading.connection.connect()
        reading.gateway.answers[61] = lambda _: [frames.POSITION_END]
        assert reading.broker.positions() == ()


@pytest.mark.parametrize("seconds", ["99999999999999999", "-99999999999999999", str(10**30)])
def test_time_that_no_calendar_has_is_no_answer(seconds: str) -> None:
    """A gateway that writes rubbish ends no day: it is asked again."""
    with pytest.raises((OverflowError, OSError, ValueError)) as system:
        from_epoch(int(seconds))
    with (
        Reading({49: lambda _: [(49, 1, seconds)]}) as reading,
        pytest.raises(BrokerUnavailable) as refusal,
    ):
        reading.broker.server_time()
    assert str(refusal.value) == f"server time: the answer cannot be read: {system.value}"


def test_each_reading_of_the_brokers_clock_is_a_new_one() -> None:
    """An old one would let our own clock seem to run ahead, or hide that it does."""
    seconds = count(1_653_062_400)
    with Reading({49: lambda _: [(49, 1, next(seconds))]}) as reading:
        first, then = reading.broker.server_time(), reading.broker.server_time()
        assert then - first == timedelta(seconds=1)


def test_descriptions_are_asked_for_side_by_side() -> None:
    """Five hundred that wait for each other would not be done before the open."""
    asked: list[tuple[str, int]] = []

    def answer(fields: list[str]) -> list[frames.Frame]:
        asked.append((fields[2], int(fields[3])))
        if len(asked) < 3:
            return []  # each is answered once all have been asked
        told = {
            con_id: evolve(DESCRIBED, instrument=evolve(AAPL, con_id=con_id)) for _, con_id in asked
        }
        return [
            f for number, con_id in asked for f in frames.contract_details(number, told[con_id])
        ]

    wanted = [evolve(AAPL, con_id=con_id) for con_id in (1, 2, 3)]
    with Reading({9: answer}, timeout=2.0) as reading:
        found = reading.broker.details(wanted)

    assert [type(found[instrument]) for instrument in wanted] == [ContractDetails] * 3
