"""Orders that sell behind their end, and sales of which the journal knows nothing."""

from datetime import timedelta

import pytest
from attrs import evolve
from tests.builders import AAPL, MSFT, rule
from tests.desk import HOUR, MINUTE
from tests.journal_builders import an_execution
from tests.selling_desk import DECIDED, ELEVEN, SellingDesk

from adapters.fake_order_desk import Fate
from sellcore.order import Side
from sellcore.selling import testimony
from sellcore.usecases.late_trades import SOLD_LATE, tell_late_trades


def turn_up(desk: SellingDesk) -> None:
    """Let the order that was lost be taken and filled after all."""
    desk.entry._accept(desk.entry.sent[0], Fate.FILLS)


@pytest.mark.parametrize(("fate", "end"), [(Fate.LOST, "not sent"), (Fate.REJECTED, "rejected")])
def test_order_that_sells_behind_its_end_is_told_and_on_record(fate: Fate, end: str) -> None:
    """Once, however often it is met again; what has ended stays as it is."""
    desk = SellingDesk()
    desk.entry.expect(fate)
    desk.clock.at(DECIDED + 3 * MINUTE, lambda: turn_up(desk))

    desk.run(75)

    assert (desk.ends, desk.held(), len(desk.sent)) == ([end], 0, 1)
    text = (
        f"NASDAQ:MSFT: 100 shares were sold by an order that is on record as {end}; look at the "
        "position and the orders in TWS"
    )
    assert desk.telling("unknown") == [text]
    entries = desk.journal.entries(desk.record.intent_id)
    assert [e.words for e in entries if e.what == "SOLD_LATE"] == [text]


def test_sale_that_went_as_meant_is_no_late_one() -> None:
    """Filled in whole, or cancelled with a part: the trades are its own."""
    desk = SellingDesk()
    desk.entry.fate = Fate.WORKS

    def sell_a_part() -> None:
        desk.entry.fill(desk.entry.order(1), 40)
        desk.entry.end(desk.entry.order(1))

    desk.clock.at(DECIDED + MINUTE, sell_a_part)
    desk.clock.at(DECIDED + 2 * MINUTE, lambda: setattr(desk.entry, "fate", Fate.FILLS))

    desk.run(90)

    assert (desk.ends, desk.held(), desk.telling("unknown")) == (["cancelled", "filled"], 0, [])


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, 1),
        ({"order_ref": "by hand"}, 0),
        ({"side": Side.BUY}, 0),
        ({"exec_id": "e1.02", "shares": 0}, 0),
    ],
)
def test_sale_with_our_reference_that_is_not_in_the_journal_is_told(
    changes: dict[str, object], told: int
) -> None:
    """Another sellcli sells for the same account; what is told anew takes the older's place."""
    desk = SellingDesk(ELEVEN - HOUR)
    trade = evolve(
        an_execution("e1.01", time=desk.true.moment),
        con_id=MSFT.con_id,
        order_ref="sellcli:0123456789abcdef",
    )
    desk.entry.witness.traded(trade)
    desk.entry.witness.traded(evolve(trade, **changes))

    desk.run(-40)

    text = (
        "100 shares of contract 272093 were sold with a reference of sellcli, "
        "sellcli:0123456789abcdef, that is not in this journal: does another sellcli sell for "
        "this account? end one of the two"
    )
    assert desk.telling("unknown") == [text] * told


@pytest.mark.parametrize("days", [0, 6, 30])
def test_trades_that_are_told_for_long_belong_to_their_intents(days: int) -> None:
    """As long as an older intent is unknown, they are told again and again."""
    desk = SellingDesk().run()
    assert desk.ends == ["filled"]
    ports, state = desk.ports(), desk.state
    assert ports.selling is not None
    assert state is not None
    read_at = desk.true.moment + timedelta(days=days)
    told = testimony.Testimony(read_at, (), (), (), tuple(desk.journal.trades()[0]))

    tell_late_trades(ports, ports.selling, state, told)

    assert desk.telling("unknown") == []


def test_trade_of_today_leaves_an_old_one_with_its_intent() -> None:
    """However far apart the two are: only what is of no intent is told."""
    desk = SellingDesk().run()
    ports, state = desk.ports(), desk.state
    assert ports.selling is not None
    assert state is not None
    read_at = desk.true.moment + timedelta(days=30)
    strange = an_execution("e9.01", time=read_at)
    executions = (*desk.journal.trades()[0], strange)
    told = testimony.Testimony(read_at, (), (), (), executions)

    tell_late_trades(ports, ports.selling, state, told)

    (text,) = desk.telling("unknown")
    assert strange.order_ref in text


def test_trade_of_an_order_that_still_works_is_no_late_one() -> None:
    """Its intent is open, and takes the trade down with the next reading."""
    desk = SellingDesk()
    desk.entry.fate = Fate.WORKS
    desk.run(5)
    ports, state = desk.ports(), desk.state
    assert ports.selling is not None
    assert state is not None
    trade = evolve(
        an_execution("e1.01", time=desk.true.moment),
        con_id=MSFT.con_id,
        order_ref=desk.record.intent.order_ref,
    )
    told = testimony.Testimony(desk.true.moment, (), (), (), (trade,))

    tell_late_trades(ports, ports.selling, state, told)

    assert desk.record.state.open
    assert desk.telling("unknown") == []


@pytest.mark.parametrize("known", [True, False])
def test_two_sales_that_are_not_as_meant_are_told_once_each(known: bool) -> None:
    """Late ones as well as strange ones: each is told again and again by the broker."""
    desk = SellingDesk(rules={"NASDAQ:MSFT": rule(), "NASDAQ:AAPL": rule()})
    desk.hold(AAPL)
    desk.falls(AAPL)
    desk.entry.expect(Fate.REJECTED, Fate.REJECTED)
    desk.run(4)
    assert desk.ends == ["rejected", "rejected"]
    refs = [
        record.intent.order_ref if known else f"sellcli:{n}"
        for n, record in enumerate(desk.records)
    ]
    trades = tuple(
        evolve(an_execution(f"e{n}.01", time=desk.true.moment), order_ref=ref)
        for n, ref in enumerate(refs)
    )
    ports, state = desk.ports(), desk.state
    assert ports.selling is not None
    assert state is not None
    told = testimony.Testimony(desk.true.moment, (), (), (), trades)

    for _ in range(3):
        tell_late_trades(ports, ports.selling, state, told)

    assert len(desk.telling("unknown")) == 2
    late = [
        e for r in desk.records for e in desk.journal.entries(r.intent_id) if e.what == SOLD_LATE
    ]
    assert len(late) == (2 if known else 0)
