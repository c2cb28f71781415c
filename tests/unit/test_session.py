"""Sessions, and the broker's word on them."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from tests.builders import new_york

from sellcore.errors import InvalidValue
from sellcore.session import Session, overlay

FRIDAY, MONDAY, TUESDAY = (new_york(date(2022, 5, day)) for day in (20, 23, 24))


def test_session_is_kept_in_utc() -> None:
    """The zone says where hours are cut; instants are UTC."""
    assert FRIDAY.open == datetime(2022, 5, 20, 13, 30, tzinfo=UTC)
    assert FRIDAY.open.tzinfo is UTC
    assert FRIDAY.close == datetime(2022, 5, 20, 20, tzinfo=UTC)


def test_session_holds_its_first_instant_and_not_the_one_after_its_last() -> None:
    """[open, close)."""
    instant = timedelta(microseconds=1)

    assert [
        FRIDAY.contains(moment)
        for moment in (FRIDAY.open - instant, FRIDAY.open, FRIDAY.close - instant, FRIDAY.close)
    ] == [False, True, True, False]


@pytest.mark.parametrize("length", [timedelta(0), timedelta(hours=-1)])
def test_session_that_does_not_last_is_refused(length: timedelta) -> None:
    """A session opens before it closes."""
    with pytest.raises(InvalidValue, match="session 2022-05-20"):
        Session(FRIDAY.day, FRIDAY.open, FRIDAY.open + length, FRIDAY.zone)


def test_naive_hours_are_refused() -> None:
    """A time without a zone is no instant."""
    with pytest.raises(InvalidValue, match="has no time zone"):
        Session(FRIDAY.day, datetime(2022, 5, 20, 9, 30), FRIDAY.close, FRIDAY.zone)


def test_same_instants_in_other_zones_are_the_same_session() -> None:
    """Equality is by instant."""
    tokyo = timezone(timedelta(hours=9))

    assert (
        Session(
            FRIDAY.day, FRIDAY.open.astimezone(tokyo), FRIDAY.close.astimezone(tokyo), FRIDAY.zone
        )
        == FRIDAY
    )


def test_without_a_word_of_the_broker_the_table_stands() -> None:
    """Nothing told, nothing changed, in order."""
    assert overlay([MONDAY, FRIDAY], {}) == (FRIDAY, MONDAY)


def test_early_close_told_by_the_broker_replaces_the_tables_hours() -> None:
    """An exchange closed early on short notice."""
    early = new_york(MONDAY.day, "13:00")

    assert overlay([FRIDAY, MONDAY, TUESDAY], {MONDAY.day: early}) == (FRIDAY, early, TUESDAY)


def test_day_told_closed_by_the_broker_is_no_session() -> None:
    """A day of mourning that no table knew."""
    assert overlay([FRIDAY, MONDAY, TUESDAY], {MONDAY.day: None}) == (FRIDAY, TUESDAY)


def test_session_that_only_the_broker_knows_is_taken_in() -> None:
    """An exchange outside the tables has at least the days that were told."""
    saturday = new_york(date(2022, 5, 21))

    assert overlay([FRIDAY, MONDAY], {saturday.day: saturday}) == (FRIDAY, saturday, MONDAY)
    assert overlay([], {saturday.day: saturday, date(2022, 5, 22): None}) == (saturday,)
