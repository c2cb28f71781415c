"""A gateway that lies in ways that none of its faults has: the ledger is the judge, as ever."""

import random
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import pytest
from tests.integration.cli import records
from tests.integration.made_up_market import assign
from tests.integration.test_gateway_of_its_own import standing
from tests.integration.test_killed_while_selling import (
    HELD,
    RULES,
    intents,
    judge,
    ledger,
    live_through,
    scenario,
)
from tests.integration.wire_proxy import Frame, Honest, proxy

POSITIONS_END, CLIENT_OF_TRADE = "62", 22
OPEN_ORDERS, POSITION, EXECUTION, OPEN_ORDER, STATUS = "16", "61", "11", "5", "3"
PLACE, CANCEL, ERROR, COMPLETED = "3", "4", "4", "101"
"""Ids of messages; upwards and downwards they mean different things."""

ACCOUNT_OF, TYPE_OF = {OPEN_ORDER: 20, COMPLETED: 19, EXECUTION: 16}, 15


class HidesStops(Honest):
    """Every other list of open orders leaves out the stops."""

    def __init__(self) -> None:
        self.lists = 0

    def up(self, frame: Frame) -> list[Frame]:
        self.lists += frame[0] == OPEN_ORDERS
        return [frame]

    def down(self, frame: Frame) -> list[Frame]:
        hidden = self.lists % 2 == 0 and frame[0] == OPEN_ORDER and frame[TYPE_OF] == "STP"
        return [] if hidden else [frame]


class TellsOldPositions(Honest):
    """Each position is told all day as it was in the morning."""

    def __init__(self) -> None:
        self.first: dict[str, Frame] = {}

    def down(self, frame: Frame) -> list[Frame]:
        return [self.first.setdefault(frame[3], frame) if frame[0] == POSITION else frame]


class ForgetsNoPosition(Honest):
    """All positions are told all day as they were in the morning, those that are flat as well."""

    def __init__(self) -> None:
        self.first: dict[str, Frame] = {}

    def down(self, frame: Frame) -> list[Frame]:
        if frame[0] == POSITION:
            self.first.setdefault(frame[3], frame)
            return []
        return [*self.first.values(), frame] if frame[0] == POSITIONS_END else [frame]


class TellsOwnTradesOnly(ForgetsNoPosition):
    """And nobody is told the trades of another program."""

    def down(self, frame: Frame) -> list[Frame]:
        foreign = frame[0] == EXECUTION and frame[CLIENT_OF_TRADE] != "1"
        return [] if foreign else super().down(frame)


class NamesNoAccount(Honest):
    """Orders and trades are told without the account that they are of."""

    def down(self, frame: Frame) -> list[Frame]:
        at = ACCOUNT_OF.get(frame[0])
        return [frame if at is None else [*frame[:at], "", *frame[at + 1 :]]]


class ConfirmsNoCancel(Honest):
    """A cancel never arrives, and the gateway says that it is done."""

    def up(self, frame: Frame) -> list[Frame]:
        if frame[0] != CANCEL:
            return [frame]
        self.say([STATUS, frame[2], "Cancelled", *"0000001", "", "0"])
        self.say([ERROR, "2", frame[2], "202", "Order Canceled - reason:", ""])
        return []


class RefusesInItsOwnWords(Honest):
    """Each order draws a code that is in no table, and is listed nowhere."""

    def up(self, frame: Frame) -> list[Frame]:
        if frame[0] != PLACE:
            return [frame]
        self.say([ERROR, "2", frame[1], "10999", 'Refused: "no margin" today', ""])
        return []


def lived(folder: Path, lie: Honest, day: str | None = None) -> None:
    """Live through a day behind a proxy that lies."""
    assign(folder, RULES)
    (folder / "day.toml").write_text(day or scenario(1))
    with (
        standing(folder, "--scenario", "day.toml", "--record", "orders.jsonl") as gateway,
        proxy(gateway.port, lie) as port,
    ):
        live_through(folder, replace(gateway, port=port), random.Random(1), deaths=0)


def exits_at_once(folder: Path) -> dict[str, int]:
    """Return, from the ledger, how many sells have worked at the same time at most."""
    working: defaultdict[str, set[object]] = defaultdict(set)
    for ticker in ("NASDAQ:MSFT", "NYSE:KO"):
        working[ticker] = {"the stop"}
    most: dict[str, int] = {}
    for event in ledger(folder / "orders.jsonl"):
        ticker, order = str(event["ticker"]), event["perm_id"]
        if event["type"] == "STP":
            order = "the stop"
        working[ticker].add(order)
        if event["status"] in ("Filled", "Cancelled", "Inactive"):
            working[ticker].discard(order)
        most[ticker] = max(most.get(ticker, 0), len(working[ticker]))
    return most


@pytest.mark.parametrize("lie", [HidesStops, TellsOldPositions, NamesNoAccount])
def test_lists_that_lie_sell_nothing_twice(tmp_path: Path, lie: type[Honest]) -> None:
    """Never short, one exit at a time, and what can be sold is."""
    lived(tmp_path, lie())

    states = judge(tmp_path)
    assert states["filled"] == len([held for held in HELD.values() if held > 0])
    assert set(exits_at_once(tmp_path).values()) == {1}


def test_cancel_that_is_only_said_to_be_done_lets_nothing_be_sold(tmp_path: Path) -> None:
    """The lists still hold the stops, so they are in the way."""
    lived(tmp_path, ConfirmsNoCancel())

    judge(tmp_path)
    sold = {str(event["ticker"]) for event in ledger(tmp_path / "orders.jsonl")}
    assert sold == {"NASDAQ:AAPL", "NASDAQ:NVDA", "NYSE:JPM"}


def test_words_of_a_code_that_nobody_knows_are_on_record(tmp_path: Path) -> None:
    """What became of each order is proven by the lists; why is in the broker's words."""
    lived(tmp_path, RefusesInItsOwnWords())

    rows = [row for row in intents(tmp_path) if row["order_id"] is not None]
    assert {row["state"] for row in rows} == {"not sent"}
    assert all('the broker said 10999: Refused: "no margin" today' in row["words"] for row in rows)
    assert any("10999" in str(row["reason"]) for row in records(tmp_path))
    assert {event["event"] for event in ledger(tmp_path / "orders.jsonl")} == {"cancelled"}


@pytest.mark.parametrize("lie", [ForgetsNoPosition, TellsOwnTradesOnly])
def test_stops_that_fill_behind_old_positions_leave_nobody_short(
    tmp_path: Path, lie: type[Honest]
) -> None:
    """Another program's stops sell all of it in the morning; the position never says so."""
    prices = {ticker: 90 + n * 13 for n, ticker in enumerate(HELD)}
    stops = "".join(
        f'[[open_order]]\nticker = "{ticker}"\naction = "SELL"\ntype = "STP"\n'
        f"quantity = {int(held)}\nprice = {prices[ticker] * 0.997:.2f}\nclient_id = 9\n"
        for ticker, held in HELD.items()
        if held > 0
    )
    day, _, _ = scenario(1).partition("[[open_order]]")

    lived(tmp_path, lie(), day + stops)

    told = ledger(tmp_path / "orders.jsonl")
    filled = {str(e["ticker"]): e["filled"] for e in told if e["event"] == "executed"}
    assert filled == {ticker: int(held) for ticker, held in HELD.items() if held > 0}
    assert {e["client_id"] for e in told if e["event"] == "executed"} == {9}
    assert any("as before trades sold 100 of them" in row["words"] for row in intents(tmp_path))
