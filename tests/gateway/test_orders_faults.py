"""The faults that concern orders: what each does, and that the world stays consistent under it."""

from pathlib import Path

import pytest
from tests.gateway.orders_world import (
    AAPL,
    MSFT,
    Listener,
    Market,
    errors,
    kinds,
    ny,
    order_fields,
    statuses,
)

EMPTY_FILTER = ("", "", "", "", "", "", "")
AT_ONCE = [
    *("open PreSubmitted", "status PreSubmitted", "exec"),
    *("open Filled", "status Filled", "open Filled", "commission"),
]


def faulty(folder: Path, kind: str, *lines: str, until: str = "2022-05-20T14:06:00Z") -> Market:
    """Open a market at 10:02 with one fault on from 10:01 to 10:06."""
    fault = "\n".join(
        [
            "[[fault]]",
            "at = 2022-05-20T14:01:00Z",
            f"until = {until}",
            f'kind = "{kind}"',
            *lines,
        ]
    )
    return Market(folder, path=[250.0] * 60, extra=fault).at("10:02")


def once(folder: Path, kind: str, *lines: str) -> Market:
    """Open a market at 10:02 where something happens once, at 10:04."""
    fault = "\n".join(["[[fault]]", "at = 2022-05-20T14:04:00Z", f'kind = "{kind}"', *lines])
    return Market(folder, path=[250.0] * 60, extra=fault).at("10:02")


def position(market: Market, con_id: int = MSFT) -> list[str]:
    rows = market.ask(market.join(31), 61, 1)
    return [row[14] for row in rows if row[0] == "61" and row[3] == str(con_id)]


def executions(market: Market, client: Listener) -> list[list[str]]:
    return market.ask(client, 7, 3, 99, *EMPTY_FILTER)


@pytest.mark.parametrize("accepted", [True, False])
def test_a_silent_order_is_answered_by_nothing(tmp_path: Path, accepted: bool) -> None:
    """Whether it was taken can only be found out by asking."""
    market = faulty(tmp_path, "silent_orders", f"accepted = {str(accepted).lower()}")
    client = market.join()
    assert market.ask(client, *order_fields(1, order_ref="mine")) == []
    assert position(market) == ([] if accepted else ["100"])
    assert len([f for f in executions(market, client) if f[0] == "11"]) == int(accepted)
    assert any("mine" in f for f in market.ask(client, 99, 0)) == accepted
    assert market.desk.next_valid_id(7) == (2 if accepted else 1)


def test_a_silent_resting_order_is_heard_of_when_the_fault_is_over(tmp_path: Path) -> None:
    """It is on the book all the time, and its cancel is answered later."""
    market = faulty(tmp_path, "silent_orders")
    client = market.join()
    assert market.ask(client, *order_fields(1, kind="LMT", limit="260")) == []
    assert kinds(market.ask(client, 16, 1)) == ["open Submitted", "status Submitted", "openEnd"]
    market.at("10:06")
    assert statuses(market.ask(client, 4, 1, 1, "")) == ["PendingCancel", "Cancelled"]


def test_skipped_statuses_leave_everything_else(tmp_path: Path) -> None:
    """No orderStatus at all: the fill shows in execDetails and openOrder only."""
    market = faulty(tmp_path, "skip_status")
    heard = market.ask(market.join(), *order_fields(1))
    assert kinds(heard) == [k for k in AT_ONCE if not k.startswith("status")]


def test_duplicated_statuses_come_twice_in_a_row(tmp_path: Path) -> None:
    """Each orderStatus is followed by its copy."""
    market = faulty(tmp_path, "duplicate_status")
    told = statuses(market.ask(market.join(), *order_fields(1)))
    assert told == ["PreSubmitted", "PreSubmitted", "Filled", "Filled"]


def test_an_execution_can_come_before_its_order(tmp_path: Path) -> None:
    """ExecDetails first, and the last word is still Filled."""
    market = faulty(tmp_path, "exec_before_open")
    told = kinds(market.ask(market.join(), *order_fields(1)))
    assert told == ["exec", *AT_ONCE[:2], *AT_ONCE[3:]]


def test_partial_fills_come_one_by_one(tmp_path: Path) -> None:
    """Three parts add up to the order; the last one fills it."""
    market = faulty(tmp_path, "partial_fills", "parts = 3")
    client = market.join()
    heard = market.ask(client, *order_fields(1))
    assert statuses(heard) == ["PreSubmitted", "Submitted"]
    assert [f[3:5] for f in heard if f[0] == "3"][-1] == ["34", "66"]
    market.at("10:04")
    told = heard + client.take()
    fills = [f for f in told if f[0] == "11"]
    assert [f[19] for f in fills] == ["34", "34", "32"]
    assert [f[24] for f in fills] == ["34", "68", "100"]
    assert len({f[14] for f in fills}) == 3
    assert statuses(told)[-1] == "Filled"
    assert position(market) == []


def test_the_rest_of_a_partial_fill_can_be_cancelled(tmp_path: Path) -> None:
    """What was filled stays filled; the position shows it."""
    market = faulty(tmp_path, "partial_fills", "parts = 2")
    client = market.join()
    market.ask(client, *order_fields(1))
    assert statuses(market.ask(client, 4, 1, 1, "")) == ["PendingCancel", "Cancelled"]
    assert position(market) == ["50"]


def test_an_order_cannot_be_made_smaller_than_what_it_filled(tmp_path: Path) -> None:
    """201, and the rest goes on filling."""
    market = faulty(tmp_path, "partial_fills", "parts = 2")
    client = market.join()
    market.ask(client, *order_fields(1))
    assert errors(market.ask(client, *order_fields(1, quantity=50))) == [(1, 201)]
    market.at("10:04")
    assert statuses(client.take())[-1] == "Filled"


def test_a_late_commission_comes_late(tmp_path: Path) -> None:
    """A minute of simulated time after the fill, and not before in answers either."""
    market = faulty(tmp_path, "late_commission", "seconds = 120")
    client = market.join()
    assert kinds(market.ask(client, *order_fields(1))) == AT_ONCE[:5]
    assert [f[0] for f in executions(market, client)] == ["11", "55"]
    market.at("10:03")
    assert client.take() == []
    market.at("10:04")
    assert kinds(client.take()) == ["commission"]
    assert [f[0] for f in executions(market, client)] == ["11", "59", "55"]


def test_a_correction_raises_the_last_part_of_the_id_only(tmp_path: Path) -> None:
    """The same fill again under the next id; nothing is sold twice."""
    market = faulty(tmp_path, "exec_correction")
    heard = market.ask(market.join(), *order_fields(1))
    first, second = [f for f in heard if f[0] == "11"]
    assert first[14].rsplit(".", 1)[0] == second[14].rsplit(".", 1)[0]
    assert (first[14][-3:], second[14][-3:]) == (".01", ".02")
    assert first[15:] == second[15:]
    assert position(market) == []


def test_an_order_can_fill_while_it_is_being_cancelled(tmp_path: Path) -> None:
    """PendingCancel, then the fill, then 10148 with the state Filled."""
    market = faulty(tmp_path, "fill_on_cancel")
    client = market.join()
    market.ask(client, *order_fields(1, kind="LMT", limit="260"))
    heard = market.ask(client, 4, 1, 1, "")
    assert kinds(heard) == ["status PendingCancel", *AT_ONCE[2:], "error 10148"]
    assert heard[-1][4].endswith("state: Filled.")
    assert position(market) == []


def test_a_rejected_order_is_inactive_and_draws_201(tmp_path: Path) -> None:
    """It is done, it traded nothing, and its reason stands in the text."""
    market = faulty(tmp_path, "reject_orders", 'reason = "Order rejected - reason:no"')
    client = market.join()
    heard = market.ask(client, *order_fields(1))
    assert kinds(heard) == ["open Inactive", "status Inactive", "error 201"]
    assert heard[-1][2:5] == ["1", "201", "Order rejected - reason:no"]
    assert kinds(market.ask(client, 16, 1)) == ["openEnd"]
    assert position(market) == ["100"]


def test_a_rejected_change_leaves_the_order_live(tmp_path: Path) -> None:
    """201 on a modification concerns the modification."""
    market = Market(tmp_path, path=[250.0] * 60, extra=_REJECT_LATER).at("10:02")
    client = market.join()
    market.ask(client, *order_fields(1, kind="LMT", limit="260"))
    market.at("10:04")
    heard = market.ask(client, *order_fields(1, kind="LMT", limit="270"))
    assert errors(heard) == [(1, 201)]
    assert kinds(market.ask(client, 5, 1))[0] == "open Submitted"


_REJECT_LATER = """
[[fault]]
at = 2022-05-20T14:04:00Z
kind = "reject_orders"
"""


def test_a_held_order_draws_399_and_waits_for_the_next_open(tmp_path: Path) -> None:
    """Within hours, an order that the broker holds does not trade today."""
    market = faulty(tmp_path, "hold_399")
    client = market.join()
    assert kinds(market.ask(client, *order_fields(1)))[0] == "error 399"
    market.at("15:00")
    assert client.take() == []
    assert position(market) == ["100"]


def test_a_preset_tif_is_told_and_the_order_lives_on(tmp_path: Path) -> None:
    """10349 changes nothing for the order."""
    market = faulty(tmp_path, "tif_10349")
    assert kinds(market.ask(market.join(), *order_fields(1))) == ["error 10349", *AT_ONCE]


@pytest.mark.parametrize("code", [10147, 10148])
def test_a_refused_cancel_changes_nothing(tmp_path: Path, code: int) -> None:
    """The order is still there, and can be cancelled when the fault is over."""
    market = faulty(tmp_path, f"cancel_{code}")
    client = market.join()
    market.ask(client, *order_fields(1, kind="LMT", limit="260"))
    assert errors(market.ask(client, 4, 1, 1, "")) == [(1, code)]
    assert kinds(market.ask(client, 5, 1))[0] == "open Submitted"
    market.at("10:06")
    assert statuses(market.ask(client, 4, 1, 1, "")) == ["PendingCancel", "Cancelled"]


def test_the_cross_side_warning_can_come_for_any_closing_order(tmp_path: Path) -> None:
    """2137 warns and the order goes on."""
    market = faulty(tmp_path, "warn_2137")
    told = kinds(market.ask(market.join(), *order_fields(1, quantity=10)))
    assert told == ["error 2137", *AT_ONCE]


@pytest.mark.parametrize(
    "kind",
    ["silent_orders", "skip_status", "reject_orders", "hold_399", "tif_10349", "partial_fills"],
)
def test_a_fault_of_another_ticker_is_not_noticed(tmp_path: Path, kind: str) -> None:
    """A fault with a ticker concerns that ticker only."""
    market = faulty(tmp_path, kind, 'ticker = "NASDAQ:AAPL"')
    assert kinds(market.ask(market.join(), *order_fields(1))) == AT_ONCE


def test_a_restart_loses_what_was_never_transmitted(tmp_path: Path) -> None:
    """A parked order is gone, a resting one is not."""
    market = once(tmp_path, "restart")
    client = market.join()
    market.ask(client, *order_fields(1, transmit=False))
    market.ask(client, *order_fields(2, kind="LMT", limit="260"))
    market.at("10:04")
    told = market.ask(client, 5, 1)
    assert [f[1] for f in told if f[0] == "3"] == ["2"]
    assert market.desk.next_valid_id(7) == 3


def test_an_id_rollback_hands_ids_out_again(tmp_path: Path) -> None:
    """After it, an id of a filled order names a new one; permanent ids never repeat."""
    market = once(tmp_path, "id_rollback")
    client = market.join()
    first = market.ask(client, *order_fields(1, quantity=10))
    market.at("10:04")
    assert market.ask(client, 8, 1, 1) == [["9", "1", "1"]]
    second = market.ask(client, *order_fields(1, quantity=10))
    assert kinds(second) == AT_ONCE
    assert first[1][6] != second[1][6]


def test_a_split_multiplies_the_position_and_cancels_its_orders(tmp_path: Path) -> None:
    """Two for one: twice the shares at half the cost; stops priced before it are gone."""
    market = once(tmp_path, "split", 'ratio = "2:1"', 'ticker = "NASDAQ:MSFT"')
    client = market.join()
    market.ask(client, 61, 1)
    market.ask(client, *order_fields(1, kind="STP", stop="240", tif="GTC"))
    market.at("10:04")
    told = client.take()
    assert [f[14:] for f in told if f[0] == "61"] == [["200", "140"]]
    assert statuses(told) == ["PendingCancel", "Cancelled"]
    fill = next(f for f in market.ask(client, *order_fields(2, quantity=200)) if f[0] == "11")
    assert fill[20] == "125"


def test_the_value_of_a_position_survives_splits_of_the_same_instant(tmp_path: Path) -> None:
    """Two contracts split at once, and each is valued at its own new price."""
    twice = """
[[fault]]
at = 2022-05-20T14:04:00Z
kind = "split"
ticker = "NASDAQ:AAPL"
ratio = "3:1"

[[fault]]
at = 2022-05-20T14:04:00Z
kind = "split"
ticker = "NASDAQ:MSFT"
ratio = "2:1"
"""
    market = Market(tmp_path, path=[250.0] * 60, extra=twice).at("10:02")
    client = market.join()
    market.ask(client, 6, 2, True, "")
    market.at("10:04")
    rows = [f for f in client.take() if f[0] == "7"]
    assert rows[-1][13:16] == ["200", "125", "25000.00"]


def test_a_position_can_be_changed_by_hand(tmp_path: Path) -> None:
    """Followers are told at once, also of a contract that was not held."""
    market = once(tmp_path, "set_position", "quantity = 30", 'ticker = "NASDAQ:AAPL"')
    client = market.join()
    market.ask(client, 61, 1)
    market.at("10:04")
    assert [(f[3], f[14]) for f in client.take() if f[0] == "61"] == [(str(AAPL), "30")]


def test_orders_wait_while_the_line_is_down(tmp_path: Path) -> None:
    """Under 1100 nothing is executed; when the line is back, the path is made up for."""
    market = Market(tmp_path, path=[250.0] * 3 + [239.0] * 20, extra=_LINE_DOWN).at("10:01")
    client = market.join()
    market.ask(client, *order_fields(1, kind="STP", stop="240"))
    market.at("10:08")
    assert client.take() == []
    market.at("10:10")
    assert kinds(client.take()) == AT_ONCE[2:]


_LINE_DOWN = """
[[fault]]
at = 2022-05-20T14:02:00Z
until = 2022-05-20T14:09:00Z
kind = "lost_1100"
"""


def test_windows_zone_names_reach_executions(tmp_path: Path) -> None:
    """The zone of an execution is written as Windows calls it."""
    market = faulty(tmp_path, "windows_zone_names")
    heard = market.ask(market.join(), *order_fields(1))
    assert next(f for f in heard if f[0] == "11")[15] == "20220520 10:02:00 Eastern Standard Time"


def test_an_ambiguous_symbol_cannot_be_traded_without_its_id(tmp_path: Path) -> None:
    """200 for the symbol alone; the contract id still works."""
    market = faulty(tmp_path, "ambiguous_symbol", 'ticker = "NASDAQ:MSFT"')
    client = market.join()
    fields = order_fields(1, con_id=0, symbol="MSFT", sec_type="STK", currency="USD")
    assert errors(market.ask(client, *fields)) == [(1, 200)]
    assert kinds(market.ask(client, *order_fields(1))) == AT_ONCE


@pytest.mark.parametrize("kind", [("MKT", ""), ("LMT", "249")])
def test_nothing_fills_while_trading_is_halted(tmp_path: Path, kind: tuple[str, str]) -> None:
    """The order rests, works on, and fills with the first trade behind the halt."""
    market = faulty(tmp_path, "halted", 'ticker = "NASDAQ:MSFT"')
    client = market.join()
    assert statuses(market.ask(client, *order_fields(1, kind=kind[0], limit=kind[1])))[-1] in (
        "PreSubmitted",
        "Submitted",
    )
    market.at("10:05")
    assert position(market) == ["100"]
    market.at("10:07")
    assert statuses(client.take())[-1] == "Filled"
    assert position(market) == []


def test_halt_is_kept_to_however_the_clock_gets_there(tmp_path: Path) -> None:
    """A clock that leaps over the whole halt fills nothing at a price of within it."""
    path = [250.0, 250.0, 250.0, 260.0, 260.0, *[250.0] * 55]
    halt = (
        '[[fault]]\nkind = "halted"\nticker = "NASDAQ:MSFT"\n'
        "at = 2022-05-20T14:02:30Z\nuntil = 2022-05-20T14:05:30Z\n"
    )
    for extra, filled in (("", True), (halt, False)):
        folder = tmp_path / str(filled)
        folder.mkdir()
        market = Market(folder, path=path, extra=extra).at("10:02")
        client = market.join()
        market.ask(client, *order_fields(1, kind="LMT", limit="255"))
        market.clock.set(ny("10:20"))
        market.world.advance(market.clock.now())
        assert (position(market) == []) is filled


def test_order_that_rests_through_a_halt_can_be_cancelled(tmp_path: Path) -> None:
    """Also where it would fill instead at other times."""
    extra = '[[fault]]\nat = 2022-05-20T14:01:00Z\nkind = "fill_on_cancel"\n'
    market = faulty(tmp_path, "halted", 'ticker = "NASDAQ:MSFT"', extra)
    client = market.join()
    market.ask(client, *order_fields(1))
    assert statuses(market.ask(client, 4, 1, 1, ""))[-1] == "Cancelled"
    assert position(market) == ["100"]
