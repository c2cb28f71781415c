"""From the names a gateway gives time zones to IANA names."""

import re
from functools import cache
from zoneinfo import ZoneInfo

_WORDED = re.compile(r"(?P<short>[^()]*)\((?P<words>[^()]+)\)\s*")

_NAMES = {
    # The broker's own ids, and links that a lean time zone database leaves out.
    "US/EASTERN": "America/New_York",
    "US/CENTRAL": "America/Chicago",
    "US/MOUNTAIN": "America/Denver",
    "US/PACIFIC": "America/Los_Angeles",
    "US/ALASKA": "America/Anchorage",
    "US/HAWAII": "Pacific/Honolulu",
    "CANADA/EASTERN": "America/Toronto",
    "GB": "Europe/London",
    "GB-EIRE": "Europe/London",
    "EIRE": "Europe/Dublin",
    "JAPAN": "Asia/Tokyo",
    "HONGKONG": "Asia/Hong_Kong",
    "SINGAPORE": "Asia/Singapore",
    "ISRAEL": "Asia/Jerusalem",
    "ASIA/CALCUTTA": "Asia/Kolkata",
    "PRC": "Asia/Shanghai",
    "ROK": "Asia/Seoul",
    "POLAND": "Europe/Warsaw",
    "PORTUGAL": "Europe/Lisbon",
    "TURKEY": "Europe/Istanbul",
    # Short names. The database knows some as fixed offsets; an exchange's hours follow
    # the clock on its wall, so they stand for the place here, summer time included.
    "EST": "America/New_York",
    "EDT": "America/New_York",
    "EST5EDT": "America/New_York",
    "CST": "America/Chicago",
    "CDT": "America/Chicago",
    "CST6CDT": "America/Chicago",
    "MST": "America/Denver",
    "MDT": "America/Denver",
    "PST": "America/Los_Angeles",
    "PDT": "America/Los_Angeles",
    "PST8PDT": "America/Los_Angeles",
    "GMT": "Europe/London",
    "BST": "Europe/London",
    "WET": "Europe/Lisbon",
    "MET": "Europe/Brussels",
    "CET": "Europe/Brussels",
    "CEST": "Europe/Brussels",
    "EET": "Europe/Helsinki",
    "EEST": "Europe/Helsinki",
    "MSK": "Europe/Moscow",
    "IST": "Asia/Kolkata",
    "SGT": "Asia/Singapore",
    "HKT": "Asia/Hong_Kong",
    "JST": "Asia/Tokyo",
    "KST": "Asia/Seoul",
    "AET": "Australia/Sydney",
    "AEST": "Australia/Sydney",
    "AEDT": "Australia/Sydney",
    "NZST": "Pacific/Auckland",
    "NZT": "Pacific/Auckland",
    "Z": "UTC",
    # Worded and Windows names, as operators' machines are set.
    "EASTERN": "America/New_York",
    "CENTRAL": "America/Chicago",
    "MOUNTAIN": "America/Denver",
    "PACIFIC": "America/Los_Angeles",
    "US EASTERN": "America/Indiana/Indianapolis",
    "US MOUNTAIN": "America/Phoenix",
    "ATLANTIC": "America/Halifax",
    "NEWFOUNDLAND": "America/St_Johns",
    "ALASKAN": "America/Anchorage",
    "ALASKA": "America/Anchorage",
    "HAWAIIAN": "Pacific/Honolulu",
    "HAWAII": "Pacific/Honolulu",
    "CANADA CENTRAL": "America/Regina",
    "E. SOUTH AMERICA": "America/Sao_Paulo",
    "BRASILIA": "America/Sao_Paulo",
    "ARGENTINA": "America/Buenos_Aires",
    "SA PACIFIC": "America/Bogota",
    "PACIFIC SA": "America/Santiago",
    "CENTRAL STANDARD TIME (MEXICO)": "America/Mexico_City",
    "GREENWICH MEAN TIME": "Europe/London",
    "GREENWICH": "Atlantic/Reykjavik",
    "COORDINATED UNIVERSAL TIME": "UTC",
    "BRITISH": "Europe/London",
    "IRISH": "Europe/Dublin",
    "W. EUROPE": "Europe/Berlin",
    "WESTERN EUROPE": "Europe/Lisbon",
    "WESTERN EUROPEAN": "Europe/Lisbon",
    "CENTRAL EUROPE": "Europe/Budapest",
    "CENTRAL EUROPEAN": "Europe/Warsaw",
    "MIDDLE EUROPE": "Europe/Brussels",
    "ROMANCE": "Europe/Paris",
    "E. EUROPE": "Europe/Chisinau",
    "EASTERN EUROPEAN": "Europe/Helsinki",
    "FLE": "Europe/Kyiv",
    "GTB": "Europe/Bucharest",
    "TURKEY TIME": "Europe/Istanbul",
    "RUSSIAN": "Europe/Moscow",
    "MOSCOW": "Europe/Moscow",
    "KALININGRAD": "Europe/Kaliningrad",
    "SOUTH AFRICA": "Africa/Johannesburg",
    "EGYPT": "Africa/Cairo",
    "ARABIAN": "Asia/Dubai",
    "ARAB": "Asia/Riyadh",
    "INDIA": "Asia/Kolkata",
    "SE ASIA": "Asia/Bangkok",
    "CHINA": "Asia/Shanghai",
    "HONG KONG": "Asia/Hong_Kong",
    "TAIPEI": "Asia/Taipei",
    "TOKYO": "Asia/Tokyo",
    "KOREA": "Asia/Seoul",
    "KOREAN": "Asia/Seoul",
    "W. AUSTRALIA": "Australia/Perth",
    "AUSTRALIAN WESTERN": "Australia/Perth",
    "CEN. AUSTRALIA": "Australia/Adelaide",
    "E. AUSTRALIA": "Australia/Brisbane",
    "AUS EASTERN": "Australia/Sydney",
    "AUSTRALIAN EASTERN": "Australia/Sydney",
    "TASMANIA": "Australia/Hobart",
    "NEW ZEALAND": "Pacific/Auckland",
}

_SEASON = re.compile(r" (STANDARD|DAYLIGHT|SUMMER)( TIME)?\Z")


@cache
def zone_of(name: str) -> str | None:
    """
    Return the IANA name of the zone a gateway calls ``name``, or None.

    Knows the broker's ids (``US/Eastern``, ``JST``), both parts of
    ``EST (Eastern Standard Time)``, and Windows names in either season.
    """
    text = " ".join(name.split())
    worded = _WORDED.fullmatch(text)
    # The words go first: CST alone may be Chicago or Shanghai.
    spellings = (text, worded["words"], worded["short"]) if worded else (text,)
    for spelling in spellings:
        key = spelling.strip().upper()
        found = _NAMES.get(key) or _NAMES.get(_SEASON.sub("", key))
        if found:
            return found
    return text if _known(text) else None


def _known(key: str) -> bool:
    try:
        ZoneInfo(key)
    except (ValueError, LookupError, OSError):
        return False
    return True
