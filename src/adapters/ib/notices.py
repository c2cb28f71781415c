"""What the broker's error codes mean to a reader, and how its texts are quoted."""

from enum import Enum

from sellcore import plain_text
from sellcore.request import Cause

LONGEST_TEXT = 300
"""Characters of a broker's text that are ever shown or logged."""

CLIENT_ID_IN_USE = 326
TOO_MANY_MESSAGES = 100

_FARMS = range(2100, 2200)
"""Reports about data farms and the like; none of them answers a request."""

_REMARKS = {165, 366, 399, 1101, 1102, 10167}
"""Said about a request, or beside one, without ending it."""

_PARTLY_SUBSCRIBED = {10090, 10091}
"""Some ticks of those that were asked for will not come, others do."""

NOT_SUBSCRIBED = frozenset({354, 10089, 10168, 10186} | _PARTLY_SUBSCRIBED)
"""The login may not see these ticks; what it may see does not change within a day."""

_INVALID_REQUEST = {320, 321, 322}
"""The gateway could not read or would not accept a request."""


class LineEvent(Enum):
    """What a notice says about the link between the gateway and the broker's servers."""

    LOST = "lost"
    BACK = "restored"
    BACK_WITHOUT_DATA = "restored, data lost"


LINE_EVENTS = {
    1100: LineEvent.LOST,
    1300: LineEvent.LOST,
    2110: LineEvent.LOST,
    1101: LineEvent.BACK_WITHOUT_DATA,
    1102: LineEvent.BACK,
}
"""Notices that make a reader stop relying on the broker, or begin again."""


def one_line(text: str) -> str:
    """Return ``text`` on one short line without control characters: it is untrusted."""
    if len(text) <= LONGEST_TEXT and text.isalnum():  # most are names and numbers
        return text
    return plain_text.one_line(text, LONGEST_TEXT)


def is_remark(code: int) -> bool:
    """Say whether an error addressed to a request leaves that request open."""
    return code in _FARMS or code in _REMARKS


def refuses_ticks(code: int) -> bool:
    """Say whether an error addressed to a request for ticks means that none will come."""
    return not is_remark(code) and code not in _PARTLY_SUBSCRIBED


def is_about_market_rule(text: str) -> bool:
    """Say whether an error, which names no request, is about a market rule."""
    return "market rule" in text.lower()


def refuses_unaddressed(code: int) -> bool:
    """Say whether an error without a request id refuses one that carries none."""
    return code in _INVALID_REQUEST


def history_cause(code: int, text: str) -> Cause | None:
    """
    Return why a request for bars failed, or None while it is still open.

    One code stands for several things, so 162 and 165 are told apart by their
    text.
    """
    words = text.lower()
    if code in (162, 165):
        if "pacing" in words:
            return Cause.PACING
        if "no data" in words or "no items" in words:
            return Cause.NO_DATA
        if code == 165:
            return None
        if "cancel" in words:
            return Cause.TIMEOUT
        if "disconnect" in words or "connectivity" in words:
            return Cause.DISCONNECTED
        return Cause.REFUSED
    if code in (TOO_MANY_MESSAGES, 420):
        return Cause.PACING
    if code == 366:
        return Cause.TIMEOUT  # the gateway lost track of the query: it will not answer
    if code in (504, 1100, 1300, 2110):
        return Cause.DISCONNECTED
    return None if is_remark(code) else Cause.REFUSED


REFUSES_AN_ORDER = frozenset(
    {103, 106, 107, 109, 110, 133, 163, 200, 201, 203, 320, 321, 322, 382, 383, 387, 388}
    | {391, 392, 426, 434, 435, 436, 505, 511, 512, 579, *range(10242, 10253)}
)
"""
Codes with which a new order is not taken.

All others about an order are remarks, some of which sound final and are not:
10349 presets its time in force, 399 delays it, 404 holds it, 10148 may mean that
it has filled. Even of these, the lists of the broker have the last word.
"""
