"""Checks on the market: session, time, bars, average, suspended trading."""

from datetime import timedelta

from sellcore.instant import iso
from sellcore.order import SendAt
from sellcore.selling.facts import Facts
from sellcore.selling.verdict import Check

STALE = timedelta(minutes=3)
"""Bars that were last read longer ago say nothing of now."""


def market_is_open(facts: Facts) -> Check:
    """Check that its own exchange is in session, and not just opening or closing."""
    policy, session = facts.policy, facts.session
    if facts.record.intent.send_at is SendAt.ANY_TIME:
        return Check("session", True, "the broker holds it until the market opens")
    if session is None:
        return Check("session", False, "its market is closed", "it waits for the open", True)
    opened = facts.now >= session.open + policy.open_buffer
    closes = facts.now >= session.close - policy.close_buffer
    found = f"in session until {iso(session.close)}"
    if not opened:
        found = f"it opened less than {policy.open_buffer.total_seconds():g} s ago"
    elif closes:
        found = f"it closes within {policy.close_buffer.total_seconds():g} s"
    return Check("session", opened and not closes, found, "it waits for the session", True)


def is_in_time(facts: Facts) -> Check:
    """Check that its bar may still be acted on."""
    return Check(
        "deadline",
        facts.record.not_before <= facts.now <= facts.record.deadline,
        f"to be sent from {iso(facts.record.not_before)} to {iso(facts.record.deadline)}",
        "the next bar decides anew",
    )


def bars_are_fresh(facts: Facts) -> Check:
    """Check that its bars were read minutes ago at most, and nothing contradicts them."""
    read = facts.bars_read_at
    fresh = read is not None and facts.now - read <= STALE and facts.doubt is None
    found = facts.doubt or ("bars never read" if read is None else f"bars read at {iso(read)}")
    return Check("bars", fresh, found, "they are read again each minute", for_now=True)


def average_has_converged(facts: Facts) -> Check:
    """Check that the average is made of as many bars as it needs."""
    return Check(
        "average",
        facts.bars_used >= facts.bars_needed,
        f"made of {facts.bars_used} bars, needs {facts.bars_needed}",
        "assign a shorter average, or wait for more bars",
    )


def is_not_suspended(facts: Facts) -> Check:
    """Check that trading in it is not suspended, as far as anybody tells."""
    told = {None: "nobody tells whether it trades", False: "trading", True: "trading is suspended"}
    return Check(
        "trading",
        facts.suspended is not True,
        told[facts.suspended],
        "it waits for trading to resume",
        for_now=True,
    )
