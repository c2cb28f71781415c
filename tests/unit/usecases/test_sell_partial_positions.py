"""An answer that leaves out a position: one is no proof that it is gone."""

import pytest
from tests.builders import MSFT
from tests.desk import MINUTE
from tests.selling_desk import ELEVEN, SellingDesk

from adapters.fake_order_desk import Fate


def leaves_out(desk: SellingDesk, answers: int, behind: str) -> None:
    """Let so many answers in turn, behind a call, leave out the position."""
    position = desk.broker.held("DU0000001", MSFT.con_id)
    assert position is not None

    def hide() -> None:
        desk.hold_quietly("0")

    def show() -> None:
        desk.broker.hold(position)

    def begin() -> None:
        for _ in range(answers):
            desk.stage.before("broker.positions", hide)
            desk.stage.behind("broker.positions", show)

    desk.stage.behind(behind, begin)


def test_position_that_one_answer_leaves_out_is_sold_all_the_same() -> None:
    """The account is read again at once, and the sale is judged on that."""
    desk = SellingDesk()
    leaves_out(desk, 1, "journal.prepare")

    desk.run(0.6)

    assert (desk.ends, desk.held()) == (["filled"], 0)


def test_position_that_two_answers_leave_out_is_gone() -> None:
    """There is nothing to sell."""
    desk = SellingDesk()
    desk.stage.behind("journal.prepare", lambda: desk.hold_quietly("0"))

    desk.run(0.6)

    assert (desk.sent, desk.ends) == ([], ["denied"])
    assert "0 shares held; there is nothing to sell" in desk.record.words


def test_order_that_works_is_not_taken_back_for_one_incomplete_answer() -> None:
    """It sells what is held; the next answer shows it."""
    desk = SellingDesk()
    desk.entry.fate = Fate.WORKS
    leaves_out(desk, 1, "entry.place")

    desk.run(3)

    assert desk.ends == ["working"]
    assert len(desk.broker.working()) == 1
    assert desk.telling("unknown") == []


@pytest.mark.parametrize("which", [1, 2])
def test_excess_is_taken_back_by_two_answers_that_show_the_position(which: int) -> None:
    """Sixty were sold by hand; an answer that leaves the rest out says nothing of it."""
    desk = SellingDesk()
    desk.entry.fate = Fate.WORKS

    def sell_by_hand() -> None:
        desk.hold_quietly("40")
        for _ in range(1, which):
            desk.stage.behind("witness.trades", lambda: None)
        leaves_out(desk, 1, "witness.trades")

    desk.clock.at(ELEVEN + 3 * MINUTE, sell_by_hand)

    desk.run(8)

    assert desk.telling("unknown") == [
        "NASDAQ:MSFT: 40 shares are held and 100 are being sold; our order is asked to go"
    ]
    (told,) = (notice.at for notice in desk.told.sent if str(notice.cause) == "unknown")
    assert told == ELEVEN + 4 * MINUTE


def test_order_is_taken_back_where_two_answers_leave_the_position_out() -> None:
    """Somebody has sold it by hand."""
    desk = SellingDesk()
    desk.entry.fate = Fate.WORKS
    desk.stage.behind("entry.place", lambda: desk.hold_quietly("0"))

    desk.run(3)

    assert desk.ends == ["cancelled"]
    assert desk.broker.working() == ()


@pytest.mark.parametrize("which", [1, 2, 3])
def test_position_that_one_of_the_first_answers_leaves_out_is_no_new_holding(which: int) -> None:
    """Its bar is decided and sold like any other: a new one would wait for the next."""
    desk = SellingDesk()
    answer, asked = desk.broker.positions, iter(range(1, 1000))
    desk.broker.positions = (  # type: ignore[method-assign]
        lambda: () if next(asked) == which else answer()
    )

    desk.run()

    assert (desk.ends, desk.held()) == (["filled"], 0)
    assert not any("new holding" in alert for alert in desk.alerts)
