"""Time zones as gateways name them."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.ib.zones import _NAMES, zone_of


@pytest.mark.parametrize(
    ("told", "zone"),
    [
        ("US/Eastern", "America/New_York"),
        ("EST (Eastern Standard Time)", "America/New_York"),
        ("EST5EDT", "America/New_York"),
        ("Eastern Daylight Time", "America/New_York"),
        ("CST (Central Standard Time)", "America/Chicago"),
        ("CST (China Standard Time)", "Asia/Shanghai"),
        ("China Standard Time", "Asia/Shanghai"),
        ("Central European Standard Time", "Europe/Warsaw"),
        ("W. Europe Standard Time", "Europe/Berlin"),
        ("Romance Standard Time", "Europe/Paris"),
        ("British Summer Time", "Europe/London"),
        ("Greenwich Mean Time", "Europe/London"),
        ("GMT Standard Time", "Europe/London"),
        ("GB-Eire", "Europe/London"),
        ("MET", "Europe/Brussels"),
        ("MET (Middle Europe Time)", "Europe/Brussels"),
        ("JST", "Asia/Tokyo"),
        ("JST (Japan Standard Time)", "Asia/Tokyo"),
        ("Tokyo Standard Time", "Asia/Tokyo"),
        ("Hongkong", "Asia/Hong_Kong"),
        ("IST (Israel Standard Time)", "Asia/Jerusalem"),
        ("IST (India Standard Time)", "Asia/Kolkata"),
        ("  us/eastern ", "America/New_York"),
        ("Europe/Zurich", "Europe/Zurich"),
        ("UTC", "UTC"),
    ],
)
def test_names_of_gateways_become_iana_names(told: str, zone: str) -> None:
    """A zone is known by the broker's id, by its words, and by its Windows name."""
    assert zone_of(told) == zone


@pytest.mark.parametrize(
    "told", ["", " ", "Middle Earth Standard Time", "../../etc/passwd", "/etc/localtime", "a\0b"]
)
def test_unknown_name_is_no_zone(told: str) -> None:
    """A name that is nobody's is not guessed at, and never reaches the file system."""
    assert zone_of(told) is None


@pytest.mark.parametrize("zone", sorted(set(_NAMES.values())))
def test_every_zone_of_the_table_exists(zone: str) -> None:
    """What the table points to is in the time zone database."""
    assert ZoneInfo(zone).utcoffset(datetime(2024, 1, 2)) is not None


@given(st.text())
def test_any_text_is_a_zone_or_none(told: str) -> None:
    """Untrusted text never raises, and what comes back is a usable zone."""
    found = zone_of(told)
    assert found is None or ZoneInfo(found)
