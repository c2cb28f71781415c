"""Checks on the run: mode, arming, the halt file, the line and the clock."""

from sellcore.instant import iso
from sellcore.order import Mode
from sellcore.selling.facts import Facts
from sellcore.selling.verdict import Check


def mode_agrees(facts: Facts) -> Check:
    """Check that the intent is of this run's mode and account, and that mode may sell."""
    intent = facts.record.intent
    account = "" if facts.arming is None else facts.arming.account
    same = intent.mode is facts.mode and facts.mode is not Mode.DRY_RUN
    return Check(
        "mode",
        same and (facts.arming is None or account == intent.account),
        f"{intent.mode} intent of account {intent.account} in a {facts.mode} run",
        "start the mode and account that it was decided in",
    )


def is_armed(facts: Facts) -> Check:
    """Check that a person has armed this run, and the time for it has not run out."""
    arming = facts.arming
    armed = arming is not None and arming.armed(facts.now)
    until = "" if arming is None or arming.until is None else f" until {iso(arming.until)}"
    return Check(
        "armed",
        armed,
        f"armed{until}" if armed else f"not armed{until and f': it was{until}'}",
        "start again with --live and arm it",
    )


def is_not_halted(facts: Facts) -> Check:
    """Check that no person has halted selling."""
    return Check(
        "halt",
        facts.halted is None,
        "not halted" if facts.halted is None else f"halted: {facts.halted}",
        "sellcli resume lets it sell again",
        for_now=True,
    )


def line_stands(facts: Facts) -> Check:
    """Check that the broker can be relied on now."""
    return Check(
        "line",
        facts.line is None,
        facts.line or "connected",
        "it is tried again",
        for_now=True,
    )


def is_reconciled(facts: Facts) -> Check:
    """Check that journal and broker have been compared since the line was opened."""
    found = "compared" if facts.reconciled else "not compared"
    return Check(
        "reconciled",
        facts.reconciled,
        f"journal and broker {found} since the line was opened",
        "it is done at the next look",
        for_now=True,
    )


def clock_agrees(facts: Facts) -> Check:
    """Check that our clock is the broker's, within 10 seconds."""
    skew = facts.skew
    if skew is None:
        return Check(
            "clock", False, "the broker's clock could not be read", "it is read again", True
        )
    return Check(
        "clock",
        not facts.clock_is_wrong,
        f"{abs(skew.total_seconds()):.0f} s from the broker's clock",
        "synchronise this machine's clock (NTP)",
        for_now=True,
    )
