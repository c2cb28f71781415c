"""What every broker promises to a reader: the fake, and IB's before two gateways."""

from decimal import Decimal

import pytest
from attrs import evolve
from tests.contract.broker_stages import (
    AAPL,
    DESCRIBED,
    FRIDAY,
    FUTURE,
    KO,
    START,
    UNKNOWN,
    FakeStage,
    ScriptedStage,
    SimulatedStage,
    Stage,
    Turn,
    held,
    stop_order,
)

from sellcore.contract import ContractDetails, NoDetails
from sellcore.errors import BrokerUnavailable
from sellcore.instrument import Kind
from sellcore.order import OpenOrder


def told(order: OpenOrder) -> OpenOrder:
    """Return what of an order does not depend on who numbered it."""
    return evolve(order, order_id=0, perm_id=0, status="")


class BrokerContract:
    """One test for each promise of the port."""

    stage: type[Stage]

    def test_positions_are_all_there_exactly(self) -> None:
        """Long, short and fractional holdings come with their sign and every decimal."""
        positions = [held(AAPL, "-110", 201.8829709), held(KO, "10.7", 54.2)]
        with self.stage(positions) as stage:
            stage.connection.connect()
            assert set(stage.broker.positions()) == set(positions)

    def test_instrument_of_a_position_has_its_listing_exchange(self) -> None:
        """The ticker is the one people type."""
        with self.stage([held(AAPL, "100")]) as stage:
            stage.connection.connect()
            (position,) = stage.broker.positions()
            assert position.instrument.ticker == "NASDAQ:AAPL"
            assert position.instrument.currency == "USD"
            assert position.instrument.kind is Kind.STOCK

    def test_what_is_no_stock_is_shown_as_something_else(self) -> None:
        """A future is held, and nobody takes it for a stock."""
        with self.stage([held(FUTURE, "1")]) as stage:
            stage.connection.connect()
            (position,) = stage.broker.positions()
            assert position.instrument.con_id == FUTURE.con_id
            assert position.instrument.kind is Kind.OTHER

    def test_flat_account_is_empty(self) -> None:
        """No positions and no orders are proper answers."""
        with self.stage() as stage:
            stage.connection.connect()
            assert stage.broker.positions() == ()
            assert stage.broker.open_orders() == ()

    def test_each_call_reads_anew(self) -> None:
        """What was sold elsewhere shows at the next reading."""
        with self.stage([held(KO, "100"), held(AAPL, "5")], story=[Turn.SOLD_BY_HAND]) as stage:
            stage.connection.connect()
            first = stage.broker.positions()
            stage.play()
            second = stage.broker.positions()
            quantities = [
                {p.instrument: p.quantity for p in positions} for positions in (first, second)
            ]
            assert quantities[0] == {KO: Decimal(100), AAPL: Decimal(5)}
            assert quantities[1] == {KO: Decimal(60), AAPL: Decimal(5)}

    def test_open_orders_of_everybody_are_there(self) -> None:
        """Orders by hand and of other programs count like ours."""
        orders = [stop_order(11, 0), stop_order(12, 77, 40), stop_order(13, 1, 7, "sellcli:1")]
        with self.stage([held(AAPL, "100")], orders) as stage:
            stage.connection.connect()
            found = stage.broker.open_orders()
            assert {told(order) for order in found} == {told(order) for order in orders}
            assert sum(order.ours for order in found) == 1
            assert len({order.perm_id for order in found}) == 3

    def test_known_contract_is_described(self) -> None:
        """Exchange, zone, tick and today's regular hours are the broker's own."""
        with self.stage([held(AAPL, "100")]) as stage:
            stage.connection.connect()
            details = stage.broker.details([AAPL])[AAPL]
            assert isinstance(details, ContractDetails)
            assert details.instrument.ticker == "NASDAQ:AAPL"
            assert details.zone == "America/New_York"
            assert details.min_tick == DESCRIBED.min_tick
            assert details.hours[FRIDAY.day] == FRIDAY

    def test_unknown_contract_does_not_spoil_the_others(self) -> None:
        """Every instrument asked for has an answer of its own."""
        with self.stage([held(AAPL, "100")]) as stage:
            stage.connection.connect()
            details = stage.broker.details([UNKNOWN, AAPL, UNKNOWN])
            assert set(details) == {AAPL, UNKNOWN}
            assert isinstance(details[AAPL], ContractDetails)
            missing = details[UNKNOWN]
            assert isinstance(missing, NoDetails)
            assert missing.reason

    def test_nothing_asked_is_nothing_described(self) -> None:
        """No instruments, no details, no error."""
        with self.stage() as stage:
            stage.connection.connect()
            assert stage.broker.details([]) == {}

    def test_server_time_is_the_brokers_clock(self) -> None:
        """UTC, to the second."""
        with self.stage() as stage:
            stage.connection.connect()
            assert stage.broker.server_time() == START

    def test_without_a_line_nothing_is_read(self) -> None:
        """Before the login each question is refused, never answered with nothing."""
        with self.stage([held(AAPL, "100")]) as stage:
            for question in (
                stage.broker.positions,
                stage.broker.open_orders,
                stage.broker.server_time,
                lambda: stage.broker.details([AAPL]),
            ):
                with pytest.raises(BrokerUnavailable):
                    question()

    @pytest.mark.parametrize("turn", [Turn.DROPPED, Turn.SERVERS_LOST])
    def test_lost_broker_is_no_empty_account(self, turn: Turn) -> None:
        """Neither a closed socket nor lost servers look like a flat account."""
        with self.stage([held(AAPL, "100")], story=[turn]) as stage:
            stage.connection.connect()
            stage.play()
            with pytest.raises(BrokerUnavailable):
                stage.broker.positions()
            with pytest.raises(BrokerUnavailable):
                stage.broker.open_orders()

    def test_silence_is_no_answer(self) -> None:
        """Where the end of the answer does not come, the reading fails and the line is lost."""
        with self.stage([held(AAPL, "100")], story=[Turn.SILENT], timeout=3.0) as stage:
            stage.connection.connect()
            before = stage.connection.generation()
            stage.play()
            with pytest.raises(BrokerUnavailable, match="positions: no complete answer"):
                stage.broker.positions()
            assert stage.connection.fault() is not None
            assert stage.connection.generation() > before


class TestFakeBroker(BrokerContract):
    """The fake."""

    stage = FakeStage


class TestIBBrokerOverScript(BrokerContract):
    """The adapter before scripted answers."""

    stage = ScriptedStage


class TestIBBrokerOverSimulatedGateway(BrokerContract):
    """The adapter before the gateway that ships with the product."""

    stage = SimulatedStage
