"""Alerts that reach nobody: a sale does not wait for them, and they are on record."""

from collections.abc import Mapping

import pytest
from tests.desk import MINUTE, SECOND
from tests.selling_desk import DECIDED, ELEVEN, SellingDesk

from adapters.fake_order_desk import Fate
from sellcore.errors import StorageError
from sellcore.ports.alerts import Cause

REASON = "no route to host"


def failed(*causes: Cause) -> list[str]:
    """Return what is kept of the alerts that failed, in turn."""
    return [f"alert '{cause}' was not delivered: {REASON}" for cause in causes]


def on_record(desk: SellingDesk) -> list[str]:
    """Return what the journal holds on alerts that failed."""
    return [e.words for e in desk.journal.entries("") if e.what == "ALERT_FAILED"]


def test_alert_that_reaches_nobody_stops_no_sale_and_is_on_record() -> None:
    """Each of them once, on screen and in the journal, in the channel's own words."""
    desk = SellingDesk()
    desk.told.failing = REASON

    desk.run()

    assert (desk.ends, desk.held()) == (["filled"], 0)
    assert desk.record.sent_at == DECIDED
    lost = failed(Cause.SIGNAL, Cause.SENT, Cause.FILLED)
    assert on_record(desk) == lost
    assert [text for text in desk.alerts if "failed" in text] == [
        f"an alert failed: {line}" for line in lost
    ]


def test_the_only_alert_that_fails_is_on_record_as_well() -> None:
    """One is as much to know of as three."""
    desk = SellingDesk()
    desk.entry.fate = Fate.WORKS
    desk.stage.behind("entry.place", lambda: setattr(desk.told, "failing", REASON))

    desk.run()

    assert desk.causes == ["signal", "sent"]
    assert on_record(desk) == failed(Cause.SENT)


def test_alert_that_arrives_leaves_nothing_on_record() -> None:
    """There is nothing to say of it."""
    desk = SellingDesk().run()

    assert on_record(desk) == []
    assert len(desk.told.sent) == 3


def test_failed_alert_that_cannot_be_recorded_ends_nothing() -> None:
    """The journal's trouble is told once, and the watch goes on."""
    desk = SellingDesk()
    desk.told.failing = REASON
    desk.stage.before("journal.note", lambda: None, lambda: setattr(desk.journal, "full", True))
    desk.clock.at(DECIDED + 45 * SECOND, lambda: setattr(desk.journal, "full", False))

    desk.run()

    assert (desk.ends, on_record(desk)) == (["filled"], [])
    assert len([text for text in desk.alerts if "cannot write the journal" in text]) == 1
    assert desk.true.moment == ELEVEN + 12 * MINUTE


@pytest.mark.parametrize("disk", ["journal", "log"])
def test_signal_that_cannot_be_recorded_is_told_while_it_can_still_be_sold(disk: str) -> None:
    """To whoever is not looking at the screen as well: to make room takes a person."""
    desk = SellingDesk()
    desk.clock.at(ELEVEN, lambda: setattr(getattr(desk, disk), "full", True))
    desk.clock.at(ELEVEN + 5 * MINUTE, lambda: setattr(getattr(desk, disk), "full", False))

    desk.run()

    told = next(notice for notice in desk.told.sent if notice.cause is Cause.DENIED)
    assert told.text.endswith("; nothing is decided until it can be recorded")
    assert told.at == DECIDED
    assert (desk.ends, desk.held()) == (["filled"], 0)


def test_journal_that_fails_in_every_way_is_told_of_once_for_each() -> None:
    """A dying disk fails all day; what is told each minute is not read any more."""
    desk = SellingDesk()
    read = desk.journal.epochs
    broken = StorageError("cannot read the journal: the disk failed")

    def fail() -> Mapping[int, int]:
        raise broken

    desk.told.failing = REASON
    desk.journal.full, desk.journal.epochs = True, fail  # type: ignore[method-assign]
    desk.clock.at(ELEVEN + 20 * MINUTE, lambda: setattr(desk.journal, "epochs", read))
    desk.clock.at(ELEVEN + 25 * MINUTE, lambda: setattr(desk.journal, "epochs", fail))

    desk.run(40)

    to_write = "cannot write the journal: the disk is full; free some space; nothing is sent until "
    assert desk.telling("denied") == [
        f"{to_write}the journal can be written",
        *[f"{broken}; nothing is decided until the journal can be read"] * 2,
    ]
