"""What every connection promises: the fake's, and IB's before two gateways."""

import pytest
from tests.contract.broker_stages import (
    ACCOUNT,
    FakeStage,
    ScriptedStage,
    SimulatedStage,
    Stage,
    Turn,
)

from sellcore.errors import BrokerUnavailable


class ConnectionContract:
    """One test for each promise of the port."""

    stage: type[Stage]

    def test_before_the_login_there_is_a_fault(self) -> None:
        """Nothing can be relied on before ``connect``."""
        with self.stage() as stage:
            assert stage.connection.fault() is not None

    def test_login_names_the_accounts_and_ends_the_fault(self) -> None:
        """After ``connect`` the broker can be asked."""
        with self.stage() as stage:
            login = stage.connection.connect()
            assert login.accounts == (ACCOUNT,)
            assert login.server
            assert stage.connection.fault() is None

    def test_lost_line_is_a_fault_and_a_new_generation(self) -> None:
        """Whatever was read before the loss has an older number."""
        with self.stage(story=[Turn.DROPPED]) as stage:
            stage.connection.connect()
            before = stage.connection.generation()
            stage.play()
            assert stage.connection.fault() is not None
            assert stage.connection.generation() > before

    def test_line_can_be_opened_again_after_a_loss(self) -> None:
        """A new login ends the fault, and does not turn the generation back."""
        with self.stage(story=[Turn.DROPPED]) as stage:
            stage.connection.connect()
            stage.play()
            lost = stage.connection.generation()
            assert stage.connection.connect().accounts == (ACCOUNT,)
            assert stage.connection.fault() is None
            assert stage.connection.generation() >= lost

    def test_opening_a_line_anew_is_a_new_generation(self) -> None:
        """What was read over the first line has to be read again over the second."""
        with self.stage() as stage:
            stage.connection.connect()
            before = stage.connection.generation()
            stage.connection.connect()
            assert stage.connection.fault() is None
            assert stage.connection.generation() > before

    @pytest.mark.parametrize("back", [Turn.SERVERS_BACK, Turn.SERVERS_BACK_WITHOUT_DATA])
    def test_servers_behind_the_gateway_can_go_and_come_back(self, back: Turn) -> None:
        """Losing them is a fault and a new generation; their return ends the fault."""
        with self.stage(story=[Turn.SERVERS_LOST, back]) as stage:
            stage.connection.connect()
            before = stage.connection.generation()
            stage.play()
            lost = stage.connection.generation()
            assert lost > before
            assert stage.connection.fault() is not None
            stage.play()
            assert stage.connection.fault() is None
            if back is Turn.SERVERS_BACK_WITHOUT_DATA:
                assert stage.connection.generation() > lost

    def test_faults_are_one_line(self) -> None:
        """A fault can be shown as it is."""
        with self.stage(story=[Turn.DROPPED]) as stage:
            stage.connection.connect()
            stage.play()
            fault = stage.connection.fault()
            assert fault
            assert fault.isprintable()

    def test_hanging_up_twice_is_safe(self) -> None:
        """After ``close`` there is a fault, and reading is refused."""
        with self.stage() as stage:
            stage.connection.connect()
            stage.connection.close()
            stage.connection.close()
            assert stage.connection.fault() is not None
            with pytest.raises(BrokerUnavailable):
                stage.broker.positions()

    def test_line_can_be_opened_again_after_hanging_up(self) -> None:
        """``close`` is not the end of the object."""
        with self.stage() as stage:
            stage.connection.connect()
            stage.connection.close()
            assert stage.connection.connect().accounts == (ACCOUNT,)
            assert stage.broker.positions() == ()


class TestFakeConnection(ConnectionContract):
    """The fake."""

    stage = FakeStage


class TestIBConnectionOverScript(ConnectionContract):
    """The adapter before scripted answers."""

    stage = ScriptedStage


class TestIBConnectionOverSimulatedGateway(ConnectionContract):
    """The adapter before the gateway that ships with the product."""

    stage = SimulatedStage
