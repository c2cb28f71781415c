"""The beginning of a watch that may sell: what it does before anything else."""

from tests.builders import AAPL, ACCOUNT, MSFT
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


def test_person_is_asked_for_a_holding_that_the_first_answer_left_out() -> None:
    """An answer may be incomplete, and later nobody is asked any more."""
    desk = SellingDesk(rules={})
    position = desk.broker.held(ACCOUNT, MSFT.con_id)
    assert position is not None
    desk.stage.before("broker.positions", lambda: desk.hold_quietly("0"))
    desk.stage.behind("broker.positions", lambda: desk.broker.hold(position))
    asked: list[str] = []

    begin(desk.ports(), desk.terms(ELEVEN), asked.append)

    assert asked == ["NASDAQ:MSFT"]
