"""``--arm-until HH:MM``."""

import os
import time
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sellcli.flags.arm_until import arm_until
from sellcore.errors import ConfigError

NEW_YORK = ZoneInfo("America/New_York")
BERLIN = ZoneInfo("Europe/Berlin")
MORNING = datetime(2022, 5, 20, 13, 35, tzinfo=UTC)


def test_it_is_a_time_of_today_on_this_clock():
    """Half past three here is another instant there."""
    assert arm_until("15:58", MORNING, NEW_YORK) == datetime(2022, 5, 20, 19, 58, tzinfo=UTC)
    assert arm_until(" 15:58 ", MORNING, BERLIN) == datetime(2022, 5, 20, 13, 58, tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "zone", "text", "moment"),
    [
        (datetime(2022, 5, 19, 23, tzinfo=UTC), "Asia/Tokyo", "08:30", (2022, 5, 19, 23, 30)),
        (datetime(2022, 5, 19, 23, tzinfo=UTC), "Asia/Tokyo", "09:30", (2022, 5, 20, 0, 30)),
        (datetime(2022, 5, 21, 1, tzinfo=UTC), "America/New_York", "21:30", (2022, 5, 21, 1, 30)),
    ],
)
def test_today_is_the_date_on_this_clock(now, zone, text, moment):
    """In Greenwich it may be another."""
    assert arm_until(text, now, ZoneInfo(zone)) == datetime(*moment, tzinfo=UTC)


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="its zone cannot be set for a process")
def test_without_a_zone_it_is_the_clock_of_the_machine(monkeypatch):
    """As `date` would show it."""
    before = os.environ.get("TZ")
    try:
        os.environ["TZ"] = "America/New_York"
        time.tzset()
        assert arm_until("15:58", MORNING) == datetime(2022, 5, 20, 19, 58, tzinfo=UTC)
    finally:
        if before is None:
            del os.environ["TZ"]
        else:
            os.environ["TZ"] = before
        time.tzset()


NO_TIMES = ["", "16", "16:5", "1:05", "24:00", "12:60", "16.05", "4pm", "16:05:00", "-1:00"]


@pytest.mark.parametrize("text", [*NO_TIMES, "\u0661\u0666:\u0660\u0665"])
def test_what_is_no_time_of_day_is_refused(text):
    """With an example of one."""
    with pytest.raises(ConfigError, match=r"is not a time of day as HH:MM, e\.g\. 16:05"):
        arm_until(text, MORNING, NEW_YORK)


@pytest.mark.parametrize("text", ["09:34", "09:35", "00:00"])
def test_what_has_passed_is_refused(text):
    """It never means tomorrow."""
    with pytest.raises(ConfigError, match=f"{text} has passed, it is 09:35 here"):
        arm_until(text, MORNING, NEW_YORK)


def test_what_the_clock_skips_is_refused():
    """In spring there is no half past two."""
    night = datetime(2022, 3, 13, 5, tzinfo=UTC)

    with pytest.raises(ConfigError, match="02:30 does not exist today"):
        arm_until("02:30", night, NEW_YORK)
    assert arm_until("03:00", night, NEW_YORK) == datetime(2022, 3, 13, 7, tzinfo=UTC)


def test_what_the_clock_shows_twice_is_the_first_time():
    """The shorter leave."""
    night = datetime(2022, 11, 6, 4, 30, tzinfo=UTC)

    assert arm_until("01:30", night, NEW_YORK) == datetime(2022, 11, 6, 5, 30, tzinfo=UTC)
    with pytest.raises(ConfigError, match="has passed"):
        arm_until("01:30", datetime(2022, 11, 6, 5, 45, tzinfo=UTC), NEW_YORK)


@given(st.datetimes(timezones=st.just(UTC)).filter(lambda at: 1950 < at.year < 2100), st.times())
def test_leave_is_of_today_or_refused(now, clock):
    """Never longer than to the end of the day on that clock."""
    try:
        until = arm_until(f"{clock:%H:%M}", now, BERLIN)
    except ConfigError:
        return
    assert now < until <= now + timedelta(hours=25)
    assert until.astimezone(BERLIN).date() == now.astimezone(BERLIN).date()
    assert f"{until.astimezone(BERLIN):%H:%M}" == f"{clock:%H:%M}"
