"""One reading of the account: what is held, what is new, and what the broker says of it."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from attrs import evolve
from tests.builders import AAPL, ACCOUNT, MSFT, MSFT_CALL, a_position, an_order, new_york
from tests.desk import FRIDAY, HOUR, MINUTE, MONDAY, Desk

from sellcore.contract import ContractDetails
from sellcore.errors import BrokerUnavailable, CalendarError, ConfigError
from sellcore.instrument import Instrument
from sellcore.ports.connection import Login
from sellcore.position import Position
from sellcore.session import Session
from sellcore.split_guard import Sighting
from sellcore.trading_days import TradingDays
from sellcore.usecases.account import (
    ambiguous_tickers,
    choose_account,
    read_account,
    refresh_sessions,
    stocks,
)
from sellcore.usecases.tell import tell
from sellcore.usecases.watch_state import WatchState

NOW = FRIDAY.open
MSFT_CAD = Instrument(5, "MSFT", "NASDAQ", "CAD")


def a_desk() -> tuple[Desk, WatchState]:
    desk = Desk(NOW)
    desk.broker.connect()
    return desk, WatchState(ACCOUNT, NOW)


def read(desk: Desk, state: WatchState) -> list[Instrument]:
    return list(read_account(desk.ports(), state))


def describe(desk: Desk, instrument: Instrument, **hours: Session | None) -> None:
    told = {date.fromisoformat(day.strip("_").replace("_", "-")): s for day, s in hours.items()}
    desk.broker.describe(ContractDetails(instrument, "America/New_York", Decimal("0.01"), told))


def held(state: WatchState) -> list[int]:
    return [position.instrument.con_id for position in state.positions]


def test_positions_of_the_account_are_read_by_ticker_and_contract() -> None:
    """Those of other accounts, and those that are flat, are not among them."""
    desk, state = a_desk()
    desk.hold(AAPL, -3)
    desk.hold(MSFT_CAD)
    desk.broker.hold(Position("DU0000002", Instrument(1, "IBM", "NYSE", "USD"), Decimal(5), 1.0))

    assert read(desk, state) == [p.instrument for p in state.positions]
    assert held(state) == [AAPL.con_id, 5, MSFT.con_id]
    desk.broker.hold(a_position(0, AAPL))
    assert read(desk, state) == []
    assert held(state) == [5, MSFT.con_id]


def test_orders_of_the_account_are_read_beside_them() -> None:
    """Another account's say nothing about our shares; one that names none may be ours."""
    desk, state = a_desk()
    ours, theirs = an_order(), evolve(an_order(account="DU0000002"), perm_id=7)
    nobodys = evolve(an_order(account=""), perm_id=8)
    desk.broker.work(ours)
    desk.broker.work(theirs)
    desk.broker.work(nobodys)

    read(desk, state)

    assert state.orders == (ours, nobodys)


@pytest.mark.parametrize("silent", ["positions", "open_orders", "details"])
def test_reading_that_is_cut_short_changes_nothing(silent: str) -> None:
    """Half an account is none."""
    desk, state = a_desk()
    read(desk, state)
    before = (state.positions, state.orders, dict(state.contracts.details), dict(state.last_seen))
    desk.hold(AAPL)
    desk.broker.work(an_order())

    def refuse(*_: object) -> None:
        raise BrokerUnavailable("no complete answer")

    setattr(desk.broker, silent, refuse)
    with pytest.raises(BrokerUnavailable):
        read(desk, state)

    assert before == (state.positions, state.orders, state.contracts.details, state.last_seen)


def test_position_bears_the_name_that_the_broker_gives_it() -> None:
    """Positions are told without their primary exchange."""
    desk, state = a_desk()
    desk.broker.hold(a_position(100, evolve(MSFT, exchange="SMART")))

    read(desk, state)

    assert state.positions[0].instrument.ticker == "NASDAQ:MSFT"
    assert stocks(state) == state.positions


def test_holding_that_is_back_as_it_was_is_not_new() -> None:
    """One reading had left it out; that is told once."""
    desk, state = a_desk()
    read(desk, state)
    desk.broker.hold(a_position(0))
    read(desk, state)
    desk.broker.hold(a_position())

    assert read(desk, state) == []
    assert read(desk, state) == []

    assert desk.alerts == ["NASDAQ:MSFT was missing from the account and is back as it was"]


@pytest.mark.parametrize(("quantity", "cost"), [("99", 50.0), ("100", 50.5)])
def test_holding_that_is_back_otherwise_is_new(quantity: str, cost: float) -> None:
    """It was sold, and bought again."""
    desk, state = a_desk()
    read(desk, state)
    desk.broker.hold(a_position(0))
    read(desk, state)
    desk.broker.hold(a_position(quantity, MSFT, cost))
    desk.true.moment += MINUTE

    assert read(desk, state) == [MSFT]
    assert desk.alerts == []
    assert state.sightings[MSFT] == Sighting(NOW + MINUTE)


def test_account_is_seen_from_the_first_reading_on() -> None:
    """Later readings do not move that."""
    desk, state = a_desk()
    read(desk, state)
    desk.true.moment += HOUR
    read(desk, state)

    assert state.sightings[MSFT] == Sighting(NOW)


def test_splits_of_a_holding_count_together() -> None:
    """Two for one, and then three for one, are six for one; each is told."""
    desk, state = a_desk()
    read(desk, state)
    desk.broker.hold(a_position(200, MSFT, 25.0))
    read(desk, state)
    assert state.sightings[MSFT] == Sighting(NOW, 2.0)
    desk.broker.hold(a_position(600, MSFT, 25 / 3))
    read(desk, state)

    assert state.sightings[MSFT] == Sighting(NOW, 6.0)
    assert desk.alerts == [
        "NASDAQ:MSFT: 100 shares have become 200 at the same cost: a split",
        "NASDAQ:MSFT: 200 shares have become 600 at the same cost: a split",
    ]


def test_details_are_asked_for_once_a_day_and_of_stocks_only() -> None:
    """Midnight UTC lies between; a call has no sessions of its own."""
    desk, state = a_desk()
    desk.broker.hold(a_position(1, MSFT_CALL))
    asked: list[list[Instrument]] = []
    answer = desk.broker.details

    def count(instruments: list[Instrument]) -> object:
        asked.append(list(instruments))
        return answer(instruments)

    desk.broker.details = count  # type: ignore[assignment, method-assign]
    for moment in (NOW, NOW + MINUTE, NOW + 10 * HOUR, NOW + 11 * HOUR, NOW + 12 * HOUR):
        desk.true.moment = moment
        read(desk, state)

    assert asked == [[MSFT], [MSFT]]
    assert [p.instrument for p in stocks(state)] == [MSFT]


def test_hours_of_days_that_the_broker_speaks_of_no_more_are_kept() -> None:
    """Friday's early close holds on Monday; where it says something new, that counts."""
    desk, state = a_desk()
    early = new_york(FRIDAY.day, "13:00")
    describe(desk, MSFT, _2022_05_20=early, _2022_05_23=None)
    read(desk, state)
    describe(desk, MSFT, _2022_05_23=MONDAY)
    desk.true.moment += timedelta(days=1)
    read(desk, state)

    assert state.contracts.details[MSFT].hours == {FRIDAY.day: early, MONDAY.day: MONDAY}


def test_two_stocks_without_details_are_told_once_each() -> None:
    """They are asked for at every reading, and the one is no news of the other."""
    desk, state = a_desk()
    desk.broker.hold(a_position(5, AAPL))
    desk.broker.hold(a_position(5, evolve(AAPL, con_id=8, symbol="KO")))
    for _ in range(3):
        read(desk, state)

    why = "the broker knows no contract with this id"
    assert sorted(desk.alerts) == [f"NASDAQ:AAPL: {why}", f"NASDAQ:KO: {why}"]


def test_two_tickers_that_are_ambiguous_are_told_once_each() -> None:
    """At every reading they are as ambiguous as before."""
    desk, state = a_desk()
    for con_id, instrument in ((5, MSFT), (6, AAPL), (7, AAPL)):
        desk.hold(evolve(instrument, con_id=con_id, currency="CAD"))
    for _ in range(3):
        read(desk, state)

    told = [text.partition(" ")[0] for text in desk.alerts]
    assert sorted(told) == ["NASDAQ:AAPL", "NASDAQ:MSFT"]


def test_stock_without_details_is_told_once_and_asked_for_again() -> None:
    """It may be described later."""
    desk, state = a_desk()
    desk.broker.hold(a_position(5, AAPL))
    read(desk, state)
    read(desk, state)
    assert desk.alerts == ["NASDAQ:AAPL: the broker knows no contract with this id"]
    assert [p.instrument for p in stocks(state)] == [MSFT]

    describe(desk, AAPL)
    read(desk, state)

    assert [p.instrument for p in stocks(state)] == [AAPL, MSFT]


def test_ticker_of_three_stocks_is_as_ambiguous_as_one_of_two() -> None:
    """Dollars, Canadian dollars and pesos."""
    desk, state = a_desk()
    desk.hold(MSFT_CAD)
    desk.hold(evolve(MSFT_CAD, con_id=999, currency="MXN"))

    read(desk, state)

    assert ambiguous_tickers(state) == {"NASDAQ:MSFT"}


def test_short_position_makes_a_ticker_as_ambiguous_as_a_long_one() -> None:
    """The rule may have been meant for either of them."""
    desk, state = a_desk()
    desk.hold(MSFT_CAD, -30)

    read(desk, state)

    assert ambiguous_tickers(state) == {"NASDAQ:MSFT"}


def test_ticker_of_two_stocks_is_ambiguous_and_told_once() -> None:
    """A call on it does not count."""
    desk, state = a_desk()
    desk.broker.hold(a_position(1, MSFT_CALL))
    read(desk, state)
    assert ambiguous_tickers(state) == frozenset()
    desk.hold(MSFT_CAD)
    desk.hold(AAPL)
    desk.broker.hold(a_position(0, MSFT_CALL))
    read(desk, state)
    read(desk, state)

    assert ambiguous_tickers(state) == {"NASDAQ:MSFT"}
    assert desk.alerts == [
        "NASDAQ:MSFT names more than one holding: contract 5 in CAD, contract 272093 in USD; "
        "none is decided until only one is left"
    ]


def test_stocks_of_one_exchange_share_their_sessions() -> None:
    """As long as the broker says the same of both; they are made once."""
    desk, state = a_desk()
    desk.hold(AAPL)
    read(desk, state)
    refresh_sessions(desk.ports(), state)
    first = state.contracts.sessions[MSFT]
    assert state.contracts.sessions[AAPL] is first
    assert isinstance(first, TradingDays)

    refresh_sessions(desk.ports(), state)
    assert state.contracts.sessions[MSFT] is first


def test_broker_knows_the_hours_of_one_stock_better_than_the_table() -> None:
    """The other keeps the table's."""
    desk, state = a_desk()
    desk.hold(AAPL)
    early = new_york(FRIDAY.day, "13:00")
    describe(desk, MSFT, _2022_05_20=early)
    read(desk, state)

    refresh_sessions(desk.ports(), state)

    assert early in state.contracts.sessions[MSFT]
    assert FRIDAY not in state.contracts.sessions[MSFT]
    assert FRIDAY in state.contracts.sessions[AAPL]


def test_hours_that_are_told_the_next_day_take_the_place_of_those_before() -> None:
    """An early close is announced late; and a watch that runs for weeks needs days ahead."""
    desk, state = a_desk()
    read(desk, state)
    refresh_sessions(desk.ports(), state)
    assert MONDAY in state.contracts.sessions[MSFT]
    early = new_york(MONDAY.day, "13:00")
    describe(desk, MSFT, _2022_05_23=early)
    desk.true.moment += timedelta(days=1)

    read(desk, state)
    refresh_sessions(desk.ports(), state)

    assert early in state.contracts.sessions[MSFT]
    assert MONDAY not in state.contracts.sessions[MSFT]
    assert state.contracts.sessions[MSFT][-1].day == date(2022, 5, 31)  # a holiday lies between


def test_sessions_reach_four_years_back_and_ten_days_ahead() -> None:
    """The longest history that any rule asks for, and the next open across any holiday."""
    desk, state = a_desk()
    read(desk, state)

    refresh_sessions(desk.ports(), state)

    days = [session.day for session in state.contracts.sessions[MSFT]]
    assert (days[0], days[-1]) == (date(2018, 5, 17), date(2022, 5, 27))


def test_exchange_that_no_calendar_knows_has_the_brokers_days_only() -> None:
    """Why is told once, with the ticker."""
    desk, state = a_desk()
    describe(desk, MSFT, _2022_05_20=FRIDAY)
    read(desk, state)
    ports = desk.ports()

    class NoCalendar:
        def sessions(self, *_: object) -> tuple[Session, ...]:
            raise CalendarError("no calendar of NASDAQ is known")

    for _ in range(2):
        refresh_sessions(evolve(ports, calendar=NoCalendar()), state)
        state.contracts.sessions_from.clear()

    assert state.contracts.sessions[MSFT] == (FRIDAY,)
    assert desk.alerts == ["NASDAQ:MSFT: no calendar of NASDAQ is known"]


def test_two_exchanges_that_no_calendar_knows_are_told_once_each() -> None:
    """By whichever of their stocks is met first."""
    desk, state = a_desk()
    desk.hold(evolve(AAPL, exchange="NYSE"))
    read(desk, state)

    class NoCalendar:
        def sessions(self, exchange: str, *_: object) -> tuple[Session, ...]:
            raise CalendarError(f"no calendar of {exchange} is known")

    for _ in range(3):
        refresh_sessions(evolve(desk.ports(), calendar=NoCalendar()), state)
        state.contracts.sessions_from.clear()

    assert sorted(desk.alerts) == [
        "NASDAQ:MSFT: no calendar of NASDAQ is known",
        "NYSE:AAPL: no calendar of NYSE is known",
    ]


def test_same_text_about_the_same_thing_is_told_once() -> None:
    """Another text is news, and so is the same about something else."""
    desk, state = a_desk()
    for about, text in (("a", "x"), ("a", "x"), ("b", "x"), ("a", "y"), ("a", "x")):
        tell(desk.ports(), state, about, text)

    assert desk.alerts == ["x", "x", "y", "x"]


def test_position_that_is_told_as_flat_is_none() -> None:
    """The broker lists what was sold today for a while."""
    desk, state = a_desk()
    desk.broker.positions = lambda: (a_position(0),)  # type: ignore[method-assign]

    assert read(desk, state) == []
    assert state.positions == ()


def test_stocks_of_two_exchanges_do_not_share_their_sessions() -> None:
    """Though the broker has told hours of neither."""
    desk, state = a_desk()
    london = Instrument(6, "VOD", "LSE", "GBP")
    desk.hold(london)
    read(desk, state)

    refresh_sessions(desk.ports(), state)

    assert FRIDAY in state.contracts.sessions[MSFT]
    assert {session.zone for session in state.contracts.sessions[london]} == {"Europe/London"}


@pytest.mark.parametrize(
    ("accounts", "wanted", "expected"),
    [
        (("DU1",), "", "DU1"),
        (("DU1", "DU2"), "DU2", "DU2"),
    ],
)
def test_account_is_the_one_named_or_the_only_one(
    accounts: tuple[str, ...], wanted: str, expected: str
) -> None:
    """No guess is ever made."""
    assert choose_account(Login(accounts, "here"), wanted) == expected


@pytest.mark.parametrize(
    ("accounts", "wanted", "words"),
    [
        (("DU1", "DU2"), "", "this login has the accounts DU1, DU2; name one with --account"),
        ((), "", "this login has the accounts none; name one with --account"),
        (("DU1",), "DU3", "account DU3 is not one of this login's: DU1; check --account"),
    ],
)
def test_account_that_is_not_clear_is_refused(
    accounts: tuple[str, ...], wanted: str, words: str
) -> None:
    """One line that says what to do."""
    with pytest.raises(ConfigError) as refusal:
        choose_account(Login(accounts, "here"), wanted)

    assert str(refusal.value) == words
