"""What a program is told of an order, field by field."""

from decimal import Decimal
from io import StringIO
from typing import cast

import pytest
from attrs import evolve
from tests.builders import ACCOUNT, MSFT, an_order, rule
from tests.journal_builders import TEN, a_record, sent

from sellcli.screen.json_forms import Json, decision_form, event_form, intent_form, record_form
from sellcli.screen.json_stream import JsonDocument
from sellcore.evaluation import Evidence
from sellcore.event import Alert, Retrying
from sellcore.order_type import OrderType
from sellcore.outcome import Outcome
from sellcore.plan import Decision
from sellcore.selling.lifecycle import State


@pytest.mark.parametrize("kind", OrderType)
def test_order_is_told_as_what_it_is_to_be(kind: OrderType) -> None:
    """A sale at a limit is none at the market."""
    intent = evolve(a_record().intent, order_type=kind)

    assert intent_form(intent)["type"] == kind.value
    assert f" {kind.value} " in str(intent_form(intent)["text"])


def test_decision_is_told_with_what_it_rests_on() -> None:
    """Each figure under its own name."""
    intent = a_record().intent
    evidence = Evidence(TEN, close=98.0, average=100.0, bars_used=50)
    signal = Decision(MSFT, rule("SMA,50,1H"), TEN, Outcome.SIGNAL, "it fell", evidence, intent)

    assert decision_form(signal) == {
        "ticker": "NASDAQ:MSFT",
        "con_id": 272093,
        "rule": "SMA(50) 1H",
        "bar_end": "2022-05-20T14:00:00Z",
        "decision": "signal",
        "reason": "it fell",
        "close": 98.0,
        "average": 100.0,
        "bars_used": 50,
        "distance_pct": -2.0,
        "intent_id": intent.intent_id,
    }


def test_decision_on_nothing_has_no_figures() -> None:
    """What could not be computed is null, and no nought."""
    form = decision_form(Decision(MSFT, rule("SMA,50,1H"), TEN, Outcome.ABSTAIN, "no bars"))

    names = ("close", "average", "bars_used", "distance_pct", "intent_id")
    assert {name: form[name] for name in names} == dict.fromkeys(names)


def test_order_that_was_not_sent_yet_says_so() -> None:
    """All that is known is what was meant."""
    form = record_form(a_record())

    assert (form["sent"], form["state"], form["order_id"]) == (False, "prepared", None)
    assert (form["quantity"], form["residual"], form["filled"]) == (100, 0.7, 0)
    assert (form["account"], form["mode"], form["perm_id"]) == (ACCOUNT, "paper", None)


def test_order_that_was_sent_is_told_with_what_came_of_it() -> None:
    """Beside what was meant."""
    record = sent(a_record()).record
    known = {"state": State.WORKING, "quantity": 60, "limit_price": 98.5, "perm_id": 5001}
    record = evolve(record, filled=Decimal("45"), average_price=98.6, **known)

    form = record_form(record)

    assert (form["sent"], form["state"], form["perm_id"]) == (True, "working", 5001)
    assert (form["quantity"], form["sent_quantity"], form["filled"]) == (100, 60, 45)
    assert (form["limit_price"], form["average_price"]) == (98.5, 98.6)
    assert (form["client_id"], form["order_id"]) == (record.client_id, record.order_id)


def test_orders_that_must_go_first_are_told_with_what_is_left_of_them() -> None:
    """Part of a stop has sold already."""
    stop = evolve(an_order(stop_price=240.0), remaining=Decimal("40.5"), order_ref="mine")
    (told,) = cast(list[dict[str, Json]], intent_form(a_record(cancels=(stop,)).intent)["cancels"])

    assert (told["side"], told["type"], told["tif"]) == ("SELL", "STP", stop.tif)
    assert (told["quantity"], told["remaining"]) == (100, 40.5)
    assert (told["stop_price"], told["limit_price"]) == (240.0, None)
    assert (told["perm_id"], told["client_id"], told["order_ref"]) == (
        stop.perm_id,
        stop.client_id,
        "mine",
    )


def test_wait_for_the_broker_is_an_alert_that_says_until_when() -> None:
    """Like any other alert."""
    assert event_form(Retrying(TEN, "connection refused", TEN)) == {
        "event": "alert",
        "text": "connection refused",
        "again_at": "2022-05-20T14:00:00Z",
        "time": "2022-05-20T14:00:00Z",
    }
    assert event_form(Alert(TEN, "a line")) == {
        "event": "alert",
        "text": "a line",
        "time": "2022-05-20T14:00:00Z",
    }


def test_document_of_a_cycle_that_came_to_nothing_is_none() -> None:
    """Half a document on stdout would be taken for a whole one."""
    out = StringIO()
    document = JsonDocument(out)
    document(Alert(TEN, "the broker is not there"))
    document.close()

    assert out.getvalue() == ""
