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


LINKS = {
    "America/Anchorage": ("US/Alaska",),
    "America/Chicago": ("US/Central", "CST6CDT", "CST", "CDT"),
    "America/Denver": ("US/Mountain", "MST", "MDT"),
    "America/Los_Angeles": ("US/Pacific", "PST8PDT", "PST", "PDT"),
    "America/New_York": ("US/Eastern", "EST5EDT", "EST", "EDT"),
    "America/Toronto": ("Canada/Eastern",),
    "Asia/Hong_Kong": ("Hongkong", "HKT"),
    "Asia/Jerusalem": ("Israel",),
    "Asia/Kolkata": ("Asia/Calcutta", "IST"),
    "Asia/Seoul": ("ROK", "KST"),
    "Asia/Shanghai": ("PRC",),
    "Asia/Singapore": ("Singapore", "SGT"),
    "Asia/Tokyo": ("Japan", "JST"),
    "Australia/Sydney": ("AET", "AEST", "AEDT"),
    "Europe/Brussels": ("MET", "CET", "CEST"),
    "Europe/Dublin": ("Eire",),
    "Europe/Helsinki": ("EET", "EEST"),
    "Europe/Istanbul": ("Turkey",),
    "Europe/Lisbon": ("Portugal", "WET"),
    "Europe/London": ("GB", "GB-Eire", "GMT", "BST"),
    "Europe/Moscow": ("MSK",),
    "Europe/Warsaw": ("Poland",),
    "Pacific/Auckland": ("NZST", "NZT"),
    "Pacific/Honolulu": ("US/Hawaii",),
    "UTC": ("Z", "UTC"),
}
"""The broker's own ids and the usual short names."""

WINDOWS = {
    "Africa/Cairo": "Egypt",
    "Africa/Johannesburg": "South Africa",
    "America/Anchorage": "Alaskan",
    "America/Bogota": "SA Pacific",
    "America/Buenos_Aires": "Argentina",
    "America/Chicago": "Central",
    "America/Denver": "Mountain",
    "America/Halifax": "Atlantic",
    "America/Indiana/Indianapolis": "US Eastern",
    "America/Los_Angeles": "Pacific",
    "America/New_York": "Eastern",
    "America/Phoenix": "US Mountain",
    "America/Regina": "Canada Central",
    "America/Santiago": "Pacific SA",
    "America/Sao_Paulo": "E. South America",
    "America/St_Johns": "Newfoundland",
    "Asia/Bangkok": "SE Asia",
    "Asia/Dubai": "Arabian",
    "Asia/Jerusalem": "Israel",
    "Asia/Kolkata": "India",
    "Asia/Riyadh": "Arab",
    "Asia/Seoul": "Korea",
    "Asia/Shanghai": "China",
    "Asia/Singapore": "Singapore",
    "Asia/Taipei": "Taipei",
    "Asia/Tokyo": "Tokyo",
    "Atlantic/Reykjavik": "Greenwich",
    "Australia/Adelaide": "Cen. Australia",
    "Australia/Brisbane": "E. Australia",
    "Australia/Hobart": "Tasmania",
    "Australia/Perth": "W. Australia",
    "Australia/Sydney": "AUS Eastern",
    "Europe/Berlin": "W. Europe",
    "Europe/Bucharest": "GTB",
    "Europe/Budapest": "Central Europe",
    "Europe/Chisinau": "E. Europe",
    "Europe/Istanbul": "Turkey",
    "Europe/Kaliningrad": "Kaliningrad",
    "Europe/Kyiv": "FLE",
    "Europe/London": "GMT",
    "Europe/Moscow": "Russian",
    "Europe/Paris": "Romance",
    "Europe/Warsaw": "Central European",
    "Pacific/Auckland": "New Zealand",
    "Pacific/Honolulu": "Hawaiian",
}
"""As Unicode's table of Windows zones has them, each with "Standard Time" behind it."""

WORDED = {
    "America/Anchorage": ("Alaska Standard Time",),
    "America/Mexico_City": ("Central Standard Time (Mexico)",),
    "America/Sao_Paulo": ("Brasilia Standard Time",),
    "Asia/Hong_Kong": ("Hong Kong Standard Time",),
    "Asia/Seoul": ("Korean Standard Time",),
    "Australia/Perth": ("Australian Western Standard Time",),
    "Australia/Sydney": ("Australian Eastern Standard Time", "Australian Eastern Daylight Time"),
    "Europe/Brussels": ("Middle Europe Summer Time",),
    "Europe/Dublin": ("Irish Standard Time",),
    "Europe/Helsinki": ("Eastern European Standard Time", "Eastern European Summer Time"),
    "Europe/Istanbul": ("Turkey Time",),
    "Europe/Lisbon": ("Western Europe Standard Time", "Western European Summer Time"),
    "Europe/London": ("British Summer Time", "Greenwich Mean Time"),
    "Europe/Moscow": ("Moscow Standard Time",),
    "Pacific/Honolulu": ("Hawaii Standard Time",),
    "UTC": ("Coordinated Universal Time",),
}
"""As machines in English write them."""


@pytest.mark.parametrize(
    ("told", "zone"),
    [
        *((name, zone) for zone, names in LINKS.items() for name in names),
        *((f"{words} Standard Time", zone) for zone, words in WINDOWS.items()),
        *((f"{words} Daylight Time", zone) for zone, words in WINDOWS.items()),
        *((name, zone) for zone, names in WORDED.items() for name in names),
    ],
)
def test_every_usual_name_is_known(told: str, zone: str) -> None:
    """A bar whose zone is not known is no bar, and one in the wrong zone a wrong one."""
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
