"""The beginning of a watch that may sell: what it does before anything else."""

from tests.builders import AAPL
from tests.selling_desk import ELEVEN, SellingDesk

from sellcore.usecases.watch import begin


def test_journal_and_broker_are_compared_before_a_person_is_asked_for_rules() -> None:
    """To answer may take an hour, and an order may have gone astray."""
    desk = SellingDesk()
    desk.hold(AAPL)
    asked: dict[str, list[str]] = {}

    def ask(ticker: str) -> None:
        asked[ticker] = list(desk.stage.calls)

    begin(desk.ports(), desk.terms(ELEVEN), ask)

    assert list(asked) == ["NASDAQ:AAPL"]
    assert "witness.completed_orders, done" in asked["NASDAQ:AAPL"]
    assert "journal.seen, done" in asked["NASDAQ:AAPL"]
