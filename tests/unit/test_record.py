import json
from datetime import UTC, datetime, timedelta, timezone

import attrs
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sellcore.errors import InvalidValue
from sellcore.order import Mode
from sellcore.outcome import Outcome
from sellcore.record import (
    DecidedBar,
    DecisionRecord,
    decided_bars,
    from_json,
    matching,
    to_json,
)
from sellcore.timeframe import Timeframe

WRITTEN = {
    "timestamp": "2022-05-20T15:00:12Z",
    "run_id": "3f1c",
    "mode": "dry-run",
    "account": "DU0000001",
    "ticker": "NASDAQ:MSFT",
    "con_id": 272093,
    "timeframe": "1H",
    "bar_end": "2022-05-20T15:00:00Z",
    "close": 249.5,
    "ma_type": "SMA(50)",
    "ma_value": 250.0,
    "bars_used": 50,
    "distance_pct": -0.2,
    "decision": "signal",
    "reason": "close 249.5 is below SMA(50) 250.0000",
    "action_prepared": "SELL 100 MKT DAY",
    "action_executed": None,
    "intent_id": "7f3a",
    "order_id": None,
    "perm_id": None,
    "errors": [],
}
"""A line of signals.log, written by hand from the design."""

RECORD = DecisionRecord(
    timestamp=datetime(2022, 5, 20, 15, 0, 12, tzinfo=UTC),
    run_id="3f1c",
    mode=Mode.DRY_RUN,
    account="DU0000001",
    ticker="NASDAQ:MSFT",
    con_id=272093,
    timeframe=Timeframe.HOUR,
    bar_end=datetime(2022, 5, 20, 15, tzinfo=UTC),
    close=249.5,
    ma_type="SMA(50)",
    ma_value=250.0,
    bars_used=50,
    distance_pct=-0.2,
    decision=Outcome.SIGNAL,
    reason="close 249.5 is below SMA(50) 250.0000",
    action_prepared="SELL 100 MKT DAY",
    intent_id="7f3a",
)

texts = st.text(st.characters(exclude_categories=["Cs"]))
numbers = st.floats(allow_nan=False, allow_infinity=False)
instants = st.datetimes(min_value=datetime(1970, 1, 2), timezones=st.just(UTC))
records = st.builds(
    DecisionRecord,
    timestamp=instants,
    run_id=texts,
    mode=st.sampled_from(Mode),
    account=texts,
    ticker=texts,
    con_id=st.integers(),
    timeframe=st.none() | st.sampled_from(Timeframe),
    bar_end=st.none() | instants,
    close=st.none() | numbers,
    ma_type=st.none() | texts,
    ma_value=st.none() | numbers,
    bars_used=st.none() | st.integers(0),
    distance_pct=st.none() | numbers,
    decision=st.sampled_from(Outcome),
    reason=texts,
    action_prepared=st.none() | texts,
    action_executed=st.none() | texts,
    intent_id=st.none() | texts,
    order_id=st.none() | st.integers(),
    perm_id=st.none() | st.integers(),
    errors=st.lists(texts, max_size=3),
)


def test_record_is_written_as_the_design_says():
    """Names, order and forms of the fields are those of the audit log's format."""
    assert list(to_json(RECORD).items()) == list(WRITTEN.items())


def test_written_record_is_read_back():
    """A line of the design's own form is understood."""
    assert from_json(WRITTEN) == RECORD


@given(records)
def test_record_survives_the_way_through_json(record):
    """What was logged is what is read, to the last digit."""
    assert from_json(json.loads(json.dumps(to_json(record), allow_nan=False))) == record


def test_instants_are_written_in_utc():
    """A time in another zone is the same instant, with a Z."""
    tokyo = timezone(timedelta(hours=9))
    record = attrs.evolve(RECORD, timestamp=datetime(2022, 5, 21, 0, 0, 12, tzinfo=tokyo))

    assert to_json(record)["timestamp"] == "2022-05-20T15:00:12Z"


@pytest.mark.parametrize("absent", [None, float("nan"), float("inf"), np.float64("nan")])
@pytest.mark.parametrize("name", ["close", "ma_value", "distance_pct"])
def test_number_that_does_not_exist_is_null(name, absent):
    """An average in warm-up is never written as a number."""
    assert to_json(attrs.evolve(RECORD, **{name: absent}))[name] is None


def test_numbers_of_numpy_are_written_as_plain_ones():
    """A caller need not know which library counted for it."""
    record = attrs.evolve(RECORD, con_id=np.int64(272093), close=np.float64(249.5))

    assert json.dumps(to_json(record)) == json.dumps(WRITTEN)


def test_fields_of_a_newer_version_are_ignored():
    """An old program reads the log of a new one."""
    assert from_json(WRITTEN | {"weather": {"sky": "blue"}}) == RECORD


@pytest.mark.parametrize("name", WRITTEN)
def test_missing_field_is_named(name):
    """A line that lacks a field is refused by that field's name."""
    row = {key: value for key, value in WRITTEN.items() if key != name}

    with pytest.raises(InvalidValue, match=f"field '{name}' is missing"):
        from_json(row)


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("timestamp", "2022-05-20T15:00:12", "an instant with its zone"),
        ("timestamp", "yesterday", "an instant with its zone"),
        ("timestamp", None, "an instant with its zone"),
        ("bar_end", 1653058800, "an instant with its zone"),
        ("bar_end", "0001-01-01T00:00:00+23:00", "an instant with its zone"),
        ("mode", "DRY-RUN", "one of dry-run, paper, live"),
        ("mode", ["live"], "one of dry-run, paper, live"),
        ("account", 7, "text"),
        ("ticker", "\ud800", "text"),
        ("con_id", 1.0, "a whole number"),
        ("con_id", True, "a whole number"),
        ("con_id", None, "a whole number"),
        ("timeframe", "2H", "one of 1H, D"),
        ("close", "249.5", "a number"),
        ("close", True, "a number"),
        ("close", float("inf"), "a finite number"),
        ("ma_value", float("nan"), "a finite number"),
        ("ma_value", 10**400, "a finite number"),
        ("bars_used", 50.5, "a whole number"),
        ("decision", "sell", "one of signal, hold, abstain, missed"),
        ("reason", None, "text"),
        ("perm_id", "12", "a whole number"),
        ("errors", "none", "a list of texts"),
        ("errors", [1], "a list of texts"),
        ("errors", None, "a list of texts"),
    ],
)
def test_field_that_is_not_what_it_should_be_is_named(name, value, expected):
    """A refusal says the field, the value met and what was expected."""
    with pytest.raises(InvalidValue, match=rf"field '{name}' is .*expected .*{expected}"):
        from_json(WRITTEN | {name: value})


def test_refused_value_is_cut_short():
    """A message stays one readable line whatever a file holds."""
    with pytest.raises(InvalidValue) as refusal:
        from_json(WRITTEN | {"decision": "x" * 10_000})

    assert len(str(refusal.value)) < 200


def test_naive_time_cannot_be_recorded():
    """A time without a zone is refused where the record is made."""
    with pytest.raises(InvalidValue, match="time zone"):
        attrs.evolve(RECORD, timestamp=datetime(2022, 5, 20, 15))


def test_record_names_the_bar_it_decided():
    """The key by which no bar is decided twice."""
    end = datetime(2022, 5, 20, 15, tzinfo=UTC)

    assert RECORD.bar == DecidedBar(272093, Timeframe.HOUR, end)


@pytest.mark.parametrize("name", ["timeframe", "bar_end"])
def test_record_without_a_bar_decides_none(name):
    """A holding without a rule or without bars blocks no later decision."""
    assert attrs.evolve(RECORD, **{name: None}).bar is None


def test_records_are_picked_by_time_and_ticker():
    """The earliest instant counts as well, and a ticker is found in any case."""
    later = attrs.evolve(RECORD, timestamp=RECORD.timestamp + timedelta(seconds=1))
    other = attrs.evolve(later, ticker="NYSE:IBM")
    tokyo = later.timestamp.astimezone(timezone(timedelta(hours=9)))

    assert list(matching([RECORD, later, other])) == [RECORD, later, other]
    assert list(matching([RECORD, later, other], since=tokyo)) == [later, other]
    assert list(matching([RECORD, later, other], ticker=" nyse:ibm")) == [other]
    small = attrs.evolve(other, ticker="nyse:ibm")  # as another program may write it
    assert list(matching([RECORD, small], ticker="NYSE:IBM")) == [small]


def test_naive_time_finds_nothing():
    """Asking without a zone is refused at once, not answered wrongly."""
    with pytest.raises(InvalidValue, match="time zone"):
        matching([RECORD], since=datetime(2022, 5, 20))


@pytest.mark.parametrize("outcome", Outcome)
def test_bar_with_any_outcome_is_decided(outcome):
    """Whatever came of it, it is not decided again; another mode or account knows nothing of it."""
    record = attrs.evolve(RECORD, decision=outcome)
    unassigned = attrs.evolve(record, timeframe=None)

    assert decided_bars([record, unassigned], Mode.DRY_RUN, "DU0000001") == {RECORD.bar}
    assert decided_bars([record], Mode.PAPER, "DU0000001") == frozenset()
    assert decided_bars([record], Mode.DRY_RUN, "DU0000002") == frozenset()
