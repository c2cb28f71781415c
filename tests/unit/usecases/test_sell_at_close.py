"""The last bar of a session: sold at the next open, at once, before its end, or not at all."""

from datetime import timedelta

import pytest
from tests.builders import MSFT
from tests.desk import FRIDAY, MINUTE, MONDAY, SECOND
from tests.selling_desk import SellingDesk

from adapters.fake_order_desk import Fate
from sellcore.order import SendAt
from sellcore.order_type import OrderType
from sellcore.policy import AtClose, Policy
from sellcore.ports.quotes import MarketQuote
from sellcore.selling.limits import SellingPolicy

CLOSED = FRIDAY.close + MINUTE
"""When the last hour of Friday is final."""


def at_close(choice: AtClose) -> SellingDesk:
    """Return a desk on Friday afternoon, whose last hour will close below its average."""
    desk = SellingDesk(FRIDAY.close - 5 * MINUTE)
    desk.policy = Policy(at_close=choice, pre_close=timedelta(seconds=60))
    desk.drops_at_the_close()
    return desk


def weekend(desk: SellingDesk, minutes: float = 12) -> SellingDesk:
    """Watch Friday's evening and Monday's morning, with a restart between."""
    desk.watch(FRIDAY.close + 30 * MINUTE)
    desk.broker.drop("over the weekend")
    desk.true.moment = MONDAY.open - 5 * MINUTE
    desk.watch(MONDAY.open + timedelta(minutes=minutes))
    return desk


def test_next_open_sells_on_monday_morning_once() -> None:
    """Decided on Friday, sent a few seconds after the open at the earliest."""
    desk = weekend(at_close(AtClose.NEXT_OPEN))

    assert (len(desk.sent), desk.ends) == (1, ["filled"])
    record = desk.record
    assert record.decided_at == CLOSED
    assert record.not_before == MONDAY.open
    assert record.deadline == MONDAY.open + 10 * MINUTE
    assert record.sent_at is not None
    assert timedelta(seconds=5) <= record.sent_at - MONDAY.open <= 2 * MINUTE
    assert record.intent.send_at is SendAt.NEXT_OPEN


def test_sale_of_what_is_gone_by_monday_is_denied_and_its_signal_told_once() -> None:
    """That it was decided is in the log, whatever is held when that is read again."""
    desk = at_close(AtClose.NEXT_OPEN)
    desk.watch(FRIDAY.close + 30 * MINUTE)
    desk.broker.drop("over the weekend")
    desk.hold_quietly("0")
    desk.events.clear()
    desk.true.moment = MONDAY.open - 5 * MINUTE

    desk.watch(MONDAY.open + 12 * MINUTE)

    assert (desk.sent, desk.ends) == ([], ["denied"])
    assert desk.decisions == []


@pytest.mark.parametrize("minutes", [0, 0.5, 4, 9])
@pytest.mark.parametrize("choice", [AtClose.NEXT_OPEN, AtClose.SUBMIT])
def test_last_bar_that_is_decided_behind_the_next_open_is_sold_that_morning(
    choice: AtClose, minutes: float
) -> None:
    """Nobody watched over the weekend; there is no other open to wait for."""
    desk = at_close(choice)
    desk.watch(FRIDAY.close - MINUTE)
    desk.broker.drop("over the weekend")
    desk.true.moment = MONDAY.open + timedelta(minutes=minutes)

    desk.watch(MONDAY.open + 20 * MINUTE)

    assert (len(desk.sent), desk.ends) == (1, ["filled"])
    assert desk.record.deadline == MONDAY.open + 10 * MINUTE
    assert desk.record.not_before <= desk.record.decided_at + MINUTE
    assert desk.record.sent_at is not None
    assert desk.record.sent_at <= MONDAY.open + timedelta(minutes=minutes + 2)


def test_next_open_is_not_sent_while_the_market_is_closed() -> None:
    """Not on Friday night, and not before the bell."""
    desk = at_close(AtClose.NEXT_OPEN)

    desk.watch(FRIDAY.close + 60 * MINUTE)
    desk.true.moment = MONDAY.open - 30 * MINUTE
    desk.watch(MONDAY.open - SECOND)

    assert (desk.sent, desk.ends) == ([], ["prepared"])


@pytest.mark.parametrize(
    ("price", "sent"), [(97.99, 1), (98.0, 0), (98.01, 0), (150.0, 0), (90.0, 1)]
)
def test_next_open_is_rechecked_against_the_average(price: float, sent: int) -> None:
    """98 on Friday: not below it any more is no reason to sell."""
    desk = at_close(AtClose.NEXT_OPEN)
    desk.market.told[MSFT] = MarketQuote(bid=price)

    weekend(desk)

    assert len(desk.sent) == sent
    assert desk.ends == (["filled"] if sent else ["lapsed"])
    if not sent:
        assert (
            desk.record.words == f"at {price:.4f} after the open, not below SMA(5) 98.0000 any more"
        )
        assert desk.causes == ["signal", "lapsed"]
        assert desk.outcome.errors[0].startswith("NASDAQ:MSFT: SELL 100: lapsed: at ")


def test_next_open_without_recheck_sells_whatever_the_price() -> None:
    """Where the trader says so."""
    desk = at_close(AtClose.NEXT_OPEN)
    desk.market.told[MSFT] = MarketQuote(bid=150.0)
    desk.selling_policy = SellingPolicy(recheck_at_open=False)

    weekend(desk)

    assert desk.ends == ["filled"]


def test_next_open_waits_for_a_first_price() -> None:
    """Nothing has traded yet: Friday's bars are no price of today."""
    desk = at_close(AtClose.NEXT_OPEN)
    traded = MONDAY.open + 4 * MINUTE
    for granularity in list(desk.feed.tapes):
        tape = desk.feed.tapes[granularity]
        desk.feed.lose(MSFT, tape.granularity, *[end for end in tape.closes if end > MONDAY.open])
    desk.clock.at(traded, lambda: desk.market.told.update({MSFT: MarketQuote(last=91.0)}))

    weekend(desk)

    assert desk.record.sent_at is not None
    assert traded <= desk.record.sent_at <= traded + MINUTE


def test_next_open_that_never_trades_is_denied() -> None:
    """When its time is up."""
    desk = at_close(AtClose.NEXT_OPEN)
    for instrument, granularity in list(desk.feed.tapes):
        tape = desk.feed.tapes[instrument, granularity]
        desk.feed.lose(MSFT, granularity, *[end for end in tape.closes if end > MONDAY.open])

    weekend(desk)

    assert (desk.sent, desk.ends) == ([], ["denied"])
    no_price = "nothing has traded since the open, and nobody quotes it"
    assert desk.record.words.endswith(f"; the next bar decides anew; {no_price}")
    assert f"NASDAQ:MSFT is not sold yet: {no_price}" in desk.alerts


def test_submit_sends_at_once_and_the_broker_holds_it() -> None:
    """On Friday evening; it fills on Monday."""
    desk = at_close(AtClose.SUBMIT)
    desk.entry.fate = Fate.WORKS
    desk.clock.at(MONDAY.open + SECOND, lambda: desk.entry.fill(desk.entry.order(1)))

    weekend(desk)

    assert desk.record.sent_at == CLOSED
    assert desk.record.deadline == MONDAY.open + 10 * MINUTE
    assert desk.record.intent.send_at is SendAt.ANY_TIME
    assert (len(desk.sent), desk.ends) == (1, ["filled"])


def test_submit_sets_its_limit_by_the_close() -> None:
    """There is no newer price while the market is closed: half a percent below 90."""
    desk = at_close(AtClose.SUBMIT)
    desk.selling_policy = SellingPolicy(order_type=OrderType.LIMIT)
    desk.describe(MSFT, ("0", "0.01"))

    desk.watch(FRIDAY.close + 5 * MINUTE)

    assert desk.sent == ["SELL 100 LMT 89.55 DAY"]


def test_submit_is_not_rechecked() -> None:
    """The order is the broker's by then."""
    desk = at_close(AtClose.SUBMIT)
    desk.market.told[MSFT] = MarketQuote(bid=150.0)

    weekend(desk)

    assert desk.ends == ["filled"]


def test_submitted_order_that_ended_over_the_weekend_is_found_by_the_position() -> None:
    """The broker has forgotten the rest."""
    for held, end in (("100", "cancelled"), ("0", "filled")):
        desk = at_close(AtClose.SUBMIT)
        desk.entry.fate = Fate.WORKS

        def night(desk: SellingDesk = desk, held: str = held) -> None:
            desk.broker.finish(desk.entry.order(1).perm_id)
            desk.entry.witness.next_day()
            desk.hold_quietly(held)

        desk.watch(FRIDAY.close + 30 * MINUTE)
        night()
        desk.broker.drop("over the weekend")
        desk.true.moment = MONDAY.open - 5 * MINUTE
        desk.watch(MONDAY.open - MINUTE)

        assert (len(desk.sent), desk.ends) == (1, [end])


def test_pre_close_sells_within_the_session() -> None:
    """A minute before its end."""
    desk = at_close(AtClose.PRE_CLOSE)

    desk.watch(FRIDAY.close + 5 * MINUTE)

    assert desk.ends == ["filled"]
    assert desk.record.sent_at == FRIDAY.close - MINUTE
    assert desk.record.intent.send_at is SendAt.NOW


def test_pre_close_is_not_sent_in_the_last_seconds() -> None:
    """The halt ends too late: it is denied, and not sent at the next open."""
    desk = at_close(AtClose.PRE_CLOSE)
    desk.switch.why = "wait"
    desk.clock.at(FRIDAY.close - 5 * SECOND, lambda: setattr(desk.switch, "why", None))

    desk.watch(FRIDAY.close + 15 * MINUTE)

    assert (desk.sent, desk.ends) == ([], ["denied"])
    assert "its market is closed" in desk.record.words


def test_skip_sells_nothing() -> None:
    """The signal is on record, and no intent is."""
    desk = weekend(at_close(AtClose.SKIP))

    assert (desk.sent, desk.ends) == ([], [])
    assert ("16:00", "signal") in desk.outcomes()


def test_hour_within_the_session_is_never_rechecked() -> None:
    """Only what waited for an open is."""
    desk = SellingDesk()
    desk.market.told[MSFT] = MarketQuote(bid=150.0)

    desk.run()

    assert desk.ends == ["filled"]
