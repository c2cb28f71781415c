"""Placing, changing and cancelling orders, message by message."""

import json
from pathlib import Path

import pytest
from tests.gateway.orders_world import (
    AAPL,
    ACCOUNT,
    Market,
    errors,
    kinds,
    order_fields,
    statuses,
)

from sellcore.errors import StorageError

FILLED_AT_ONCE = [
    *("open PreSubmitted", "status PreSubmitted", "exec"),
    *("open Filled", "status Filled", "open Filled", "commission"),
]
RESTING = ["open PreSubmitted", "status PreSubmitted", "open Submitted", "status Submitted"]
CANCELLED = ["status PendingCancel", "status Cancelled", "error 202"]


@pytest.fixture
def market(tmp_path: Path) -> Market:
    return Market(tmp_path, path=[250.0] * 5 + [245.0, 239.0, 244.0, 255.0] + [255.0] * 20)


@pytest.fixture
def morning(market: Market) -> Market:
    return market.at("10:02")


def test_a_market_order_in_session_fills_in_the_recorded_sequence(morning: Market) -> None:
    """Accepted, executed, filled, then the commission, as a real Gateway says it."""
    client = morning.join()
    heard = morning.ask(client, *order_fields(1))
    assert kinds(heard) == FILLED_AT_ONCE
    execution = next(f for f in heard if f[0] == "11")
    assert execution[1:3] == ["-1", "1"]
    assert execution[18:21] == ["SLD", "100", "250"]
    assert execution[15] == "20220520 10:02:00 US/Eastern"
    commission = heard[-1]
    assert commission[3:6] == ["1", "USD", "-3001"]  # 100 x (250 - 280) - 1


def test_the_first_copies_of_a_filled_order_show_no_commission(morning: Market) -> None:
    """The commission comes with a later copy of openOrder, as recorded."""
    heard = morning.ask(morning.join(), *order_fields(1))
    copies = [fields[fields.index("Filled") + 10] for fields in heard if "Filled" in fields[80:]]
    assert copies == ["", "1"]


def test_a_limit_order_rests_and_fills_at_its_price_or_better(market: Market) -> None:
    """A sell limit above the market waits; the path reaches it at 10:08."""
    client = market.at("10:02").join()
    assert kinds(market.ask(client, *order_fields(1, kind="LMT", limit="254.5"))) == RESTING
    market.at("10:08")
    assert client.take() == []
    market.at("10:09")
    execution = next(f for f in client.take() if f[0] == "11")
    assert float(execution[20]) >= 254.5


def test_a_marketable_limit_fills_at_the_market_not_at_the_limit(morning: Market) -> None:
    """A buyer who would pay more pays the market's price."""
    heard = morning.ask(morning.join(), *order_fields(1, "BUY", 10, "LMT", "260"))
    assert next(f for f in heard if f[0] == "11")[20] == "250"


def test_a_stop_waits_for_its_trigger_and_then_sells(market: Market) -> None:
    """PreSubmitted with whyHeld trigger until the path touches the stop."""
    client = market.at("10:02").join()
    heard = market.ask(client, *order_fields(1, kind="STP", stop="240"))
    assert kinds(heard) == ["open PreSubmitted", "status PreSubmitted"]
    assert heard[1][10] == "trigger"
    market.at("10:06")
    assert client.take() == []
    market.at("10:08")
    told = client.take()
    assert kinds(told) == FILLED_AT_ONCE[2:]
    assert float(told[0][20]) <= 240


def test_a_stop_limit_waits_again_below_its_limit(market: Market) -> None:
    """Elected at 242, but not sold below 243: it rests and sells when the path comes back."""
    client = market.at("10:02").join()
    fields = order_fields(1, kind="STP LMT", limit="243", stop="242")
    assert kinds(market.ask(client, *fields)) == ["open PreSubmitted", "status PreSubmitted"]
    market.at("10:08")
    told = client.take()
    assert kinds(told)[:2] == ["open Submitted", "status Submitted"]
    assert float(next(f for f in told if f[0] == "11")[20]) >= 243


def test_a_resting_order_can_be_cancelled(morning: Market) -> None:
    """The cancel is confirmed with 202, and the order is done."""
    client = morning.join()
    morning.ask(client, *order_fields(1, kind="LMT", limit="260"))
    heard = morning.ask(client, 4, 1, 1, "")
    assert kinds(heard) == CANCELLED
    assert heard[-1][2:5] == ["1", "202", "Order Canceled - reason:"]
    assert kinds(morning.ask(client, 16, 1)) == ["openEnd"]


@pytest.mark.parametrize("version", [157, 168])
def test_cancel_reads_the_shorter_message_of_old_clients(tmp_path: Path, version: int) -> None:
    """Below 169 the cancel ends with the order id."""
    market = Market(tmp_path, path=[250.0] * 10).at("10:02")
    client = market.join(version=version)
    market.ask(client, *order_fields(1, kind="LMT", limit="260", version=version))
    assert kinds(market.ask(client, 4, 1, 1)) == CANCELLED


def test_only_the_owner_can_cancel(morning: Market) -> None:
    """To another client the order does not exist: 10147."""
    owner, other = morning.join(7), morning.join(8)
    morning.ask(owner, *order_fields(1, kind="LMT", limit="260"))
    assert errors(morning.ask(other, 4, 1, 1, "")) == [(1, 10147)]
    assert owner.take() == []


def test_cancelling_what_is_filled_says_so(morning: Market) -> None:
    """10148, and the state stands in the text."""
    client = morning.join()
    morning.ask(client, *order_fields(1))
    (heard,) = morning.ask(client, 4, 1, 1, "")
    assert heard[2:4] == ["1", "10148"]
    assert heard[4] == "OrderId 1 that needs to be cancelled cannot be cancelled, state: Filled."


def test_a_global_cancel_reaches_every_order(tmp_path: Path) -> None:
    """Those of other clients and those entered by hand too."""
    market = Market(tmp_path, path=[250.0] * 10, extra=_BY_HAND).at("10:02")
    one, two = market.join(1), market.join(2)
    market.ask(one, *order_fields(5, kind="LMT", limit="260"))
    market.ask(two, 58, 1)
    assert kinds(one.take()) == CANCELLED
    assert kinds(market.ask(two, 16, 1)) == ["openEnd"]


REFUSALS = {
    "no such contract": ({"con_id": 1}, 200),
    "no size": ({"quantity": 0}, 434),
    "size left out": ({"quantity": ""}, 434),
    "negative size": ({"quantity": -5}, 321),
    "fraction": ({"quantity": "0.5"}, 10243),
    "unknown type": ({"kind": "TRAIL"}, 321),
    "unknown action": ({"action": "HOLD"}, 321),
    "unknown tif": ({"tif": "OPG"}, 321),
    "limit of nothing": ({"kind": "LMT", "limit": "0.0"}, 321),
    "negative stop": ({"kind": "STP", "stop": "-1"}, 321),
    "limit without price": ({"kind": "LMT"}, 321),
    "stop without price": ({"kind": "STP"}, 321),
    "off tick": ({"kind": "LMT", "limit": "250.005"}, 110),
    "another account": ({"account": "DU9999999"}, 321),
    "number too small": ({"order_id": 0}, 103),
    "parent unknown": ({"parent_id": 77}, 135),
    "what-if held back": ({"what_if": True, "transmit": False}, 413),
}


@pytest.mark.parametrize(("changes", "code"), REFUSALS.values(), ids=REFUSALS.keys())
def test_a_bad_order_is_refused_and_leaves_no_trace(
    morning: Market, changes: dict[str, object], code: int
) -> None:
    """One error with its code, no order, and the order id is still free."""
    client = morning.join()
    order_id = changes.get("order_id", 1)
    heard = morning.ask(client, *order_fields(**changes))  # type: ignore[arg-type]
    assert errors(heard) == [(order_id, code)]
    assert len(heard) == 1
    assert kinds(morning.ask(client, 16, 1)) == ["openEnd"]
    assert kinds(morning.ask(client, *order_fields(1))) == FILLED_AT_ONCE


def test_an_unknown_type_is_refused_in_the_recorded_words(morning: Market) -> None:
    """The text of 321 for a type is the one a real Gateway sent."""
    (heard,) = morning.ask(morning.join(), *order_fields(kind="NONE"))
    assert heard[4] == "Error validating request.-'bF' : cause - Invalid order type was entered"


def test_a_read_only_api_refuses_in_the_recorded_words(tmp_path: Path) -> None:
    """Orders draw 321 on their id, own open orders 321 on -1; all open orders are shown."""
    market = Market(tmp_path).at("10:02")
    market.world.switches.read_only = True
    client = market.join()
    (heard,) = market.ask(client, *order_fields(4))
    assert heard[2:4] == ["4", "321"]
    assert heard[4].endswith("cause - The API interface is currently in Read-Only mode.")
    assert errors(market.ask(client, 5, 1)) == [(-1, 321)]
    assert kinds(market.ask(client, 16, 1)) == ["openEnd"]


def test_a_contract_may_be_named_by_symbol_alone(morning: Market) -> None:
    """Symbol, exchange and currency are enough where they mean one contract."""
    client = morning.join()
    fields = order_fields(1, con_id=0, symbol="MSFT", sec_type="STK", currency="USD")
    assert kinds(morning.ask(client, *fields)) == FILLED_AT_ONCE


def test_order_ids_must_rise(morning: Market) -> None:
    """A used or smaller id draws 103; another client's ids are its own."""
    client, other = morning.join(7), morning.join(8)
    morning.ask(client, *order_fields(5))
    assert errors(morning.ask(client, *order_fields(4))) == [(4, 103)]
    assert errors(morning.ask(client, *order_fields(5))) == [(5, 104)]  # filled: cannot be modified
    assert kinds(morning.ask(other, *order_fields(5))) == FILLED_AT_ONCE
    assert morning.ask(client, 8, 1, 1) == [["9", "1", "6"]]


def test_a_live_order_is_modified_by_sending_it_again(morning: Market) -> None:
    """Price, size and type change; the label and the permanent id stay."""
    client = morning.join()
    first = morning.ask(client, *order_fields(1, kind="LMT", limit="260", order_ref="mine"))
    heard = morning.ask(client, *order_fields(1, kind="LMT", limit="250", quantity=60))
    assert kinds(heard) == ["open Submitted", "status Submitted", *FILLED_AT_ONCE[2:]]
    assert heard[0][23] == first[0][23] == "mine"
    assert heard[1][6] == first[1][6]
    assert next(f for f in heard if f[0] == "11")[19] == "60"


def test_a_bad_modification_leaves_the_order_as_it_was(morning: Market) -> None:
    """Off tick 110, another side 105, and the original is still live."""
    client = morning.join()
    morning.ask(client, *order_fields(1, kind="LMT", limit="260"))
    assert errors(morning.ask(client, *order_fields(1, kind="LMT", limit="260.001"))) == [(1, 110)]
    changed = order_fields(1, "BUY", kind="LMT", limit="260")
    assert errors(morning.ask(client, *changed)) == [(1, 105)]
    changed = order_fields(1, kind="LMT", limit="260", con_id=AAPL)
    assert errors(morning.ask(client, *changed)) == [(1, 105)]
    assert kinds(morning.ask(client, 5, 1)) == ["open Submitted", "status Submitted", "openEnd"]


def test_a_working_order_cannot_be_called_back_by_transmit(morning: Market) -> None:
    """A change without transmit is a change; the order goes on working."""
    client = morning.join()
    morning.ask(client, *order_fields(1, kind="LMT", limit="260"))
    heard = morning.ask(client, *order_fields(1, kind="LMT", limit="270", transmit=False))
    assert statuses(heard) == ["Submitted"]
    assert kinds(morning.ask(client, *order_fields(1, kind="LMT", limit="249")))[-1] == "commission"


def test_an_elected_stop_stays_elected_when_its_limit_is_changed(market: Market) -> None:
    """Elected at 242, resting at 260; at a new limit that is met it sells without its stop."""
    client = market.at("10:02").join()
    market.ask(client, *order_fields(1, kind="STP LMT", limit="260", stop="242"))
    market.at("10:07")
    assert statuses(client.take()) == ["Submitted"]
    heard = market.ask(client, *order_fields(1, kind="STP LMT", limit="230", stop="200"))
    assert kinds(heard)[-1] == "commission"


def test_an_order_held_back_is_kept_and_does_not_trade(market: Market) -> None:
    """transmit=False parks; sending it again with transmit sends it out."""
    client = market.at("10:02").join()
    heard = market.ask(client, *order_fields(1, transmit=False))
    assert kinds(heard) == ["open PendingSubmit", "status PendingSubmit"]
    market.at("10:05")
    assert client.take() == []
    assert kinds(market.ask(client, *order_fields(1))) == FILLED_AT_ONCE


def test_what_if_tells_margins_and_places_nothing(morning: Market) -> None:
    """The answer is one openOrder marked what-if; the id stays free."""
    client = morning.join()
    (heard,) = morning.ask(client, *order_fields(1, what_if=True))
    status = heard.index("PreSubmitted")
    assert heard[status - 1] == "1"
    before, change, after = heard[status + 1], heard[status + 4], heard[status + 7]
    assert (before, change, after) == ("12500", "-12500", "0")
    assert kinds(morning.ask(client, 16, 1)) == ["openEnd"]
    assert kinds(morning.ask(client, *order_fields(1))) == FILLED_AT_ONCE


def test_what_if_with_the_id_of_a_live_order_does_not_touch_it(morning: Market) -> None:
    """Asking is not changing."""
    client = morning.join()
    morning.ask(client, *order_fields(1, kind="LMT", limit="260"))
    (heard,) = morning.ask(client, *order_fields(1, quantity=5, what_if=True))
    assert heard[0] == "5"
    status = next(f for f in morning.ask(client, 5, 1) if f[0] == "3")
    assert status[2:5] == ["Submitted", "0", "100"]


def test_selling_more_than_is_held_warns_and_opens_a_short(morning: Market) -> None:
    """On a margin account 2137 comes first, and the order goes through."""
    client = morning.join()
    morning.ask(client, 61, 1)
    heard = morning.ask(client, *order_fields(1, quantity=150))
    assert kinds(heard) == ["error 2137", *FILLED_AT_ONCE, "position"]
    assert heard[-1][14] == "-50"


def test_an_order_off_hours_waits_for_the_open(tmp_path: Path) -> None:
    """399 first, then PreSubmitted; it works at the open and fills at the first trade."""
    market = Market(tmp_path, path=[250.0] * 5, opens="09:30")
    client = market.join()
    heard = market.ask(client, *order_fields(1))
    assert kinds(heard) == ["error 399", "open PreSubmitted", "status PreSubmitted"]
    assert "2022-05-20 09:30:00 US/Eastern" in heard[0][4]
    market.at("09:29")
    assert client.take() == []
    market.at("09:30")
    assert kinds(client.take()) == ["open Submitted", "status Submitted", *FILLED_AT_ONCE[2:]]


def test_a_day_order_ends_at_the_close_and_a_gtc_order_stays(tmp_path: Path) -> None:
    """At 16:00 the one is cancelled by the system, the other works on Monday too."""
    market = Market(
        tmp_path, path=[250.0] * 5, opens="09:30", other_days={"2022-05-23": [250.0, 262.0]}
    )
    client = market.at("09:40").join()
    market.ask(client, *order_fields(1, kind="LMT", limit="260", quantity=10))
    market.ask(client, *order_fields(2, kind="LMT", limit="261", quantity=10, tif="GTC"))
    market.at("15:59")
    assert client.take() == []
    market.at("16:00")
    assert kinds(client.take()) == CANCELLED
    market.at("09:31", "2022-05-23").at("09:33", "2022-05-23")
    execution = next(f for f in client.take() if f[0] == "11")
    assert execution[2] == "2"


def test_immediate_or_cancel_and_fill_or_kill_never_rest(morning: Market) -> None:
    """What cannot trade at once is gone at once: Cancelled the one, Inactive the other."""
    client = morning.join()
    heard = morning.ask(client, *order_fields(1, kind="LMT", limit="260", tif="IOC"))
    assert statuses(heard)[-2:] == ["PendingCancel", "Cancelled"]
    heard = morning.ask(client, *order_fields(2, kind="LMT", limit="260", tif="FOK"))
    assert statuses(heard)[-1] == "Inactive"
    heard = morning.ask(client, *order_fields(3, kind="LMT", limit="240", tif="IOC"))
    assert statuses(heard)[-1] == "Filled"


_BY_HAND = """
[[open_order]]
ticker = "NASDAQ:MSFT"
action = "SELL"
type = "STP"
quantity = 100
price = 240.0
client_id = 0

[[open_order]]
ticker = "NASDAQ:MSFT"
action = "SELL"
type = "LMT"
quantity = 50
price = 300.0
client_id = 44
"""


def test_orders_by_hand_are_seen_by_all_and_bound_by_client_0_only(tmp_path: Path) -> None:
    """Order id 0 until client 0 asks for its open orders; then it can cancel them."""
    market = Market(tmp_path, path=[250.0] * 5, extra=_BY_HAND).at("10:02")
    client, zero = market.join(7), market.join(0)
    seen = [f for f in market.ask(client, 16, 1) if f[0] == "3"]
    assert [(f[1], f[9]) for f in seen] == [("0", "0"), ("1", "44")]
    assert kinds(market.ask(client, 5, 1)) == ["openEnd"]
    assert errors(market.ask(zero, 4, 1, 0, "")) == [(0, 10147)]
    heard = market.ask(zero, 5, 1)
    assert [f[0] for f in heard] == ["100", "5", "3", "53"]
    assert heard[0][2:] == ["0", "1"]
    assert kinds(market.ask(zero, 4, 1, 1, "")) == CANCELLED


def test_only_client_0_may_ask_for_orders_by_hand(morning: Market) -> None:
    """Anyone else draws 327; client 0 draws nothing."""
    assert errors(morning.ask(morning.join(7), 15, 1, 1)) == [(-1, 327)]
    assert morning.ask(morning.join(0), 15, 1, 1) == []


def test_a_fill_of_an_order_by_hand_is_told_to_client_0_if_it_asked(tmp_path: Path) -> None:
    """Unbound, it is heard of only by a client 0 that asked for orders by hand."""
    fills = []
    for asks, leaves in ((False, False), (True, False), (True, True)):
        market = Market(tmp_path, path=[250.0] * 3 + [235.0] * 9, extra=_BY_HAND).at("10:02")
        zero = market.join(0)
        if asks:
            market.ask(zero, 15, 1, 1)
        if leaves:
            market.leave(zero)
            zero = market.join(0)
        market.at("10:06")
        told = zero.take()
        fills.append(len([f for f in told if f[0] == "11"]))
        completed = market.ask(zero, 99, 0), market.ask(zero, 99, 1)
        assert [len(rows) - 1 for rows in completed] == [1, 0]
    assert fills == [0, 1, 0]


def test_orders_outlive_the_connection(market: Market) -> None:
    """The owner is gone while its stop sells; back again, it finds out by asking."""
    client = market.at("10:02").join(7)
    market.ask(client, *order_fields(3, kind="STP", stop="240", order_ref="exit"))
    market.leave(client)
    market.at("10:08")
    back = market.join(7)
    assert kinds(market.ask(back, 5, 1)) == ["openEnd"]
    (done,) = [f for f in market.ask(back, 99, 0) if f[0] == "101"]
    assert "exit" in done
    heard = market.ask(back, 7, 3, 9, "", "", "", "", "", "", "")
    assert [f[0] for f in heard] == ["11", "59", "55"]
    assert heard[0][1:3] == ["9", "3"]
    assert market.desk.next_valid_id(7) == 4


def test_a_reconnected_owner_hears_of_its_orders_again(market: Market) -> None:
    """Whoever holds the client id is told."""
    client = market.at("10:02").join(7)
    market.ask(client, *order_fields(3, kind="STP", stop="240"))
    market.leave(client)
    back = market.join(7)
    market.at("10:08")
    assert kinds(back.take()) == FILLED_AT_ONCE[2:]


FILTERS = {
    "all": (("", "", "", "", "", "", ""), 2),
    "zero is no client": ((0, "", "", "", "", "", ""), 2),
    "one client": ((8, "", "", "", "", "", ""), 1),
    "account": (("", ACCOUNT, "", "", "", "", ""), 2),
    "another account": (("", "DU2", "", "", "", "", ""), 0),
    "since, UTC": (("", "", "20220520-14:03:00", "", "", "", ""), 1),
    "since, zone": (("", "", "20220520 10:03:00 US/Eastern", "", "", "", ""), 1),
    "since, ours": (("", "", "20220520 10:02:00", "", "", "", ""), 2),
    "symbol": (("", "", "", "msft", "", "", ""), 2),
    "another symbol": (("", "", "", "AAPL", "", "", ""), 0),
    "type": (("", "", "", "", "STK", "", ""), 2),
    "another type": (("", "", "", "", "OPT", "", ""), 0),
    "venue": (("", "", "", "", "", "NASDAQ", ""), 2),
    "bought": (("", "", "", "", "", "", "BUY"), 1),
    "sold": (("", "", "", "", "", "", "SLD"), 1),
}


@pytest.mark.parametrize(("wanted", "count"), FILTERS.values(), ids=FILTERS.keys())
def test_executions_are_filtered(morning: Market, wanted: tuple[object, ...], count: int) -> None:
    """Each field of the filter lets through what it names; empty lets everything through."""
    one, two = morning.join(7), morning.join(8)
    morning.ask(one, *order_fields(1, quantity=10))
    morning.at("10:03").ask(two, *order_fields(1, "BUY", quantity=5))
    heard = morning.ask(one, 7, 3, 9, *wanted)
    assert [f[0] for f in heard] == ["11", "59"] * count + ["55"]


def test_a_filter_that_cannot_be_read_is_refused(morning: Market) -> None:
    """A time or a side of another form draws 321 on the request."""
    client = morning.join()
    bad = morning.ask(client, 7, 3, 9, "", "", "yesterday", "", "", "", "")
    assert errors(bad) == [(9, 321)]
    assert errors(morning.ask(client, 7, 3, 9, "", "", "", "", "", "", "BOTH")) == [(9, 321)]


def test_completed_orders_hold_the_day_s_filled_cancelled_and_rejected(morning: Market) -> None:
    """Each with how it ended."""
    client = morning.join()
    morning.ask(client, *order_fields(1, quantity=10))
    morning.ask(client, *order_fields(2, kind="LMT", limit="260"))
    morning.ask(client, 4, 1, 2, "")
    heard = morning.ask(client, 99, 0)
    assert [f[0] for f in heard] == ["101", "101", "102"]
    assert ["Filled Size: 10" in f for f in heard[:2]] == [True, False]
    assert "Cancelled by Trader" in heard[1]


def test_executions_and_completed_orders_last_until_midnight_in_new_york(
    morning: Market,
) -> None:
    """At 23:50 they are still there, although it is the next day in UTC; then they are gone."""
    client = morning.join()
    morning.ask(client, *order_fields(1, quantity=10))
    everything = (7, 3, 9, "", "", "", "", "", "", "")
    morning.at("23:50")
    assert len(morning.ask(client, *everything)) == 3
    assert len(morning.ask(client, 99, 0)) == 2
    morning.at("00:01", "2022-05-21")
    assert morning.ask(client, *everything) == [["55", "1", "9"]]
    assert morning.ask(client, 99, 0) == [["102"]]


def test_a_bracket_goes_out_with_its_last_leg(market: Market) -> None:
    """Parent and targets wait parked; the last leg sends all, children wait for the parent."""
    client = market.at("10:02").join()
    market.ask(client, *order_fields(1, "BUY", 10, "LMT", "251", transmit=False))
    market.ask(client, *order_fields(2, "SELL", 10, "LMT", "254", transmit=False, parent_id=1))
    heard = market.ask(client, *order_fields(3, "SELL", 10, "STP", "", "230", parent_id=1))
    executed = [f[2] for f in heard if f[0] == "11"]
    assert executed == ["1"]
    market.at("10:10")
    told = client.take()
    assert [f[2] for f in told if f[0] == "11"] == ["2"]
    last = {f[1]: f[2] for f in told if f[0] == "3"}
    assert last["3"] == "Cancelled"


def test_a_child_does_not_trade_before_its_parent(market: Market) -> None:
    """Its stop is crossed while the parent rests: nothing happens; it goes with the parent."""
    client = market.at("10:02").join()
    market.ask(client, *order_fields(1, "BUY", 10, "LMT", "200"))
    heard = market.ask(client, *order_fields(2, "SELL", 10, "STP", "", "248", parent_id=1))
    assert heard[-1][10] == "child"
    market.at("10:09")
    assert client.take() == []
    assert kinds(market.ask(client, 4, 1, 1, "")) == CANCELLED * 2


def test_orders_of_one_group_cancel_each_other(market: Market) -> None:
    """The first to fill takes the other off the book."""
    client = market.at("10:02").join()
    market.ask(client, *order_fields(1, kind="STP", stop="240", oca_group="exit"))
    market.ask(client, *order_fields(2, kind="LMT", limit="254", oca_group="exit"))
    market.at("10:20")
    told = client.take()
    assert [f[2] for f in told if f[0] == "11"] == ["1"]
    assert {f[1]: f[2] for f in told if f[0] == "3"} == {"1": "Filled", "2": "Cancelled"}


def test_the_ledger_has_a_line_for_everything_that_happened(tmp_path: Path) -> None:
    """Accepted, modified, cancelled, executed, expired, rejected: in order, with their ids."""
    record = tmp_path / "ledger.jsonl"
    fault = """
[[fault]]
at = 2022-05-20T14:04:00Z
until = 2022-05-20T14:05:00Z
kind = "reject_orders"
"""
    market = Market(tmp_path, path=[250.0] * 10, record=record, extra=fault).at("10:02")
    client = market.join()
    market.ask(client, *order_fields(1, kind="LMT", limit="260", order_ref="a"))
    market.ask(client, *order_fields(1, kind="LMT", limit="261"))
    market.ask(client, 4, 1, 1, "")
    market.ask(client, *order_fields(2, order_ref="b"))
    market.ask(client, *order_fields(3, "BUY", kind="LMT", limit="200"))
    market.at("10:04").ask(client, *order_fields(4))
    market.at("16:01")
    market.close()
    entries = [json.loads(line) for line in record.read_text().splitlines()]
    assert [(e["event"], e["order_id"]) for e in entries] == [
        *(("accepted", 1), ("modified", 1), ("cancelled", 1)),
        *(("accepted", 2), ("executed", 2), ("accepted", 3)),
        *(("rejected", 4), ("expired", 3)),
    ]
    fill = entries[4]
    assert fill["time"] == "2022-05-20T14:02:00Z"
    assert (fill["ticker"], fill["con_id"], fill["client_id"]) == ("NASDAQ:MSFT", 272093, 7)
    assert (fill["action"], fill["quantity"], fill["price"]) == ("SELL", 100, 250.0)
    assert fill["order_ref"] == "b"
    assert fill["exec_id"]
    assert all(e["time"] <= "2022-05-20T20:00:00Z" for e in entries)
    assert entries[-1]["time"] == "2022-05-20T20:00:00Z"


def test_the_ledger_tells_when_a_fill_was_not_when_it_was_noticed(tmp_path: Path) -> None:
    """Time moves by minutes; the trade that met the stop was between two of them."""
    record = tmp_path / "ledger.jsonl"
    market = Market(tmp_path, path=[250.0] * 3 + [235.0] * 9, record=record).at("10:02")
    client = market.join()
    market.ask(client, *order_fields(1, kind="STP", stop="240"))
    market.at("10:05")
    market.close()
    fill = json.loads(record.read_text().splitlines()[-1])
    (execution,) = [f for f in client.take() if f[0] == "11"]
    assert fill["event"] == "executed"
    assert f"20220520 10:{fill['time'][14:19]} US/Eastern" == execution[15]
    assert fill["time"][17:19] != "00"


def test_a_ledger_that_cannot_be_written_stops_the_clock(tmp_path: Path) -> None:
    """The failure reaches whoever moves time, as one line; an unwritten order is not confirmed."""
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("this system has no device that is always full")
    market = Market(tmp_path, path=[250.0] * 10, record=full).at("10:02")
    client = market.join()
    assert market.ask(client, *order_fields(1)) == []
    with pytest.raises(StorageError, match=r"ledger /dev/full: .*; give a file"):
        market.at("10:03")
    market.close()


def test_a_ledger_in_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """One line that names the file, before anything is served."""
    with pytest.raises(StorageError, match="No such file"):
        Market(tmp_path, record=tmp_path / "nowhere" / "ledger.jsonl")
