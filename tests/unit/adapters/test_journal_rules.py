"""What every journal says of a step, takes, and calls flat."""

import json
from datetime import timedelta
from decimal import Decimal

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from tests.builders import ACCOUNT
from tests.journal_builders import MODE, TEN, a_record, an_elaborate_record, later, sent

from adapters.journal_rules import (
    check_prepared,
    happened,
    prepared,
    sent_in_all,
    stale,
    went_flat,
)
from sellcore.errors import StorageError
from sellcore.order import Mode
from sellcore.selling.intent_record import moved
from sellcore.selling.lifecycle import Happening, State

INTENT = "0123456789abcdef"


def told(entry):
    """Return the details of an event."""
    return json.loads(entry.details)


def test_first_event_says_what_was_decided_and_on_what():
    """Whoever reads it later needs no other table."""
    record = a_record()
    entry = prepared(record, INTENT)

    assert (entry.at, entry.intent_id, entry.what) == (TEN, INTENT, "PREPARED")
    assert entry.words == "close 99.50 is below SMA(50) 100.2500"
    assert told(entry) == {
        "to": "prepared",
        "order": "SELL 100 MKT DAY, leaving 0.7",
        "rule": "SMA(50) 1H",
        "bar_end": "2022-05-20T14:00:00Z",
        "held": "100.7",
        "close": 99.5,
        "average": 100.25,
    }


def test_event_of_a_step_says_what_it_changed_and_no_more():
    """What stays as it was is in the events before."""
    move = moved(
        a_record(asked_to_go=(7,)),
        Happening.CANCELS_ASKED,
        later(0.5),
        "asked to go first: 1001",
        asked_to_go=(7, 1001),
    )

    assert told(happened(move, INTENT)) == {
        "from": "prepared",
        "to": "cancelling",
        "asked_to_go": [7, 1001],
    }


def test_event_of_a_send_holds_every_number_of_it():
    """By these an order is found again when nothing else is left."""
    entry = happened(
        sent(a_record(), later(0.25), position_before=Decimal("100.70"), limit_price=1 / 3), INTENT
    )

    assert (entry.at, entry.what) == (later(0.25), "SENDING")
    assert told(entry) == {
        "from": "prepared",
        "to": "sending",
        "client_id": 7,
        "order_id": 11,
        "quantity": 100,
        "limit_price": 1 / 3,
        "position_before": "100.70",
        "sent_at": "2022-05-20T14:15:00Z",
    }


def test_value_that_is_only_written_otherwise_is_no_change():
    """100.0 shares filled are 100, and nothing has happened."""
    before = evolve(an_elaborate_record(), state=State.WORKING, filled=Decimal("0.25"))
    move = moved(
        before, Happening.SEEN_WORKING, TEN, filled=Decimal("0.250"), sent_at=later(2.00001)
    )

    assert told(happened(move, INTENT)) == {"from": "working", "to": "working"}


@pytest.mark.parametrize(
    "changes", [{"mode": Mode.LIVE}, {"account": "DU0000009"}, {"mode": Mode.DRY_RUN}]
)
def test_record_of_another_account_or_mode_is_refused_by_name(changes):
    """One database is one account in one mode."""
    record = a_record(**changes)
    with pytest.raises(StorageError) as refused:
        check_prepared([a_record(2), record], MODE, ACCOUNT)

    assert str(refused.value) == (
        f"intent {record.intent_id} is for {record.intent.account} in {record.intent.mode} mode;"
        f" the journal of {ACCOUNT} in {MODE} mode does not take it"
    )


def test_step_from_something_else_says_what_is_on_record():
    """And what to do about it."""
    move = sent(a_record())
    intent_id = move.before.intent_id

    assert str(stale(move, None)) == f"intent {intent_id} is not on record; prepare it first"
    assert str(stale(move, move.record)) == (
        f"intent {intent_id} is sending and no longer as it was found (prepared); read it again"
    )


@pytest.mark.parametrize(
    ("before", "now", "flat"),
    [
        ("1", "0", True),
        ("0.5", "0", True),
        ("1", "-1", True),
        ("-1", "0", True),
        ("-0.5", "1", True),
        ("2", "1", False),
        ("1.5", "0.5", False),
        ("-2", "-1", False),
        ("-1.5", "-0.5", False),
        ("0", "0", False),
        ("0", "1", False),
        ("0", "-1", False),
    ],
)
def test_flat_is_nothing_held_after_something(before, now, flat):
    """A part sold is not flat, and nothing bought is not either."""
    assert went_flat(Decimal(before), Decimal(now)) is flat


quantities = st.decimals(-1000, 1000, allow_nan=False, places=4)


@given(quantities, quantities)
def test_flat_means_the_side_was_left(before, now):
    """Long to short passes through nothing, and so does short to long."""
    side, after = (before > 0) - (before < 0), (now > 0) - (now < 0)

    assert went_flat(before, now) is (side != 0 and after != side)


def test_values_are_added_up_by_currency():
    """A hundred francs are not a hundred dollars."""
    total = sent_in_all([("USD", 0.1), ("CHF", 5.0), ("USD", 0.2), ("USD", 0.3)])

    assert total.orders == 4
    assert dict(total.values) == {"USD": pytest.approx(0.6, rel=1e-15), "CHF": 5.0}
    assert (sent_in_all([]).orders, dict(sent_in_all([]).values)) == (0, {})


def test_times_are_kept_in_utc_to_the_microsecond():
    """As the step came to know them."""
    at = TEN + timedelta(microseconds=1)
    move = sent(a_record(), at)

    assert told(happened(move, INTENT))["sent_at"] == "2022-05-20T14:00:00.000001Z"
