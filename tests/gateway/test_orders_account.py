"""Requests about the account: answered whole, then followed."""

from decimal import Decimal
from pathlib import Path

import pytest
from tests.gateway.orders_world import ACCOUNT, MSFT, Market, errors, order_fields


@pytest.fixture
def market(tmp_path: Path) -> Market:
    return Market(tmp_path, path=[250.0] * 3 + [260.0] * 60).at("10:02")


def by_key(rows: list[list[str]], message: str, key: int) -> dict[str, str]:
    return {row[key]: row[key + 1] for row in rows if row[0] == message and row[key + 2] != "BASE"}


def test_positions_come_whole_and_then_as_they_change(market: Market) -> None:
    """Open positions and an end; a sale sends the new quantity, 0 at last."""
    client, trader = market.join(1), market.join(2)
    rows = market.ask(client, 61, 1)
    assert [row[2:4] + row[14:] for row in rows[:-1]] == [[ACCOUNT, str(MSFT), "100", "280"]]
    assert rows[-1] == ["62", "1"]
    market.ask(trader, *order_fields(1, quantity=40))
    market.ask(trader, *order_fields(2, quantity=60))
    assert [row[14:] for row in client.take()] == [["60", "280"], ["0", "0.0"]]
    assert market.ask(client, 61, 1) == [["62", "1"]]


@pytest.mark.parametrize(
    ("subscribe", "cancel"),
    [
        ((61, 1), (64, 1)),
        ((74, 1, 5, ACCOUNT, ""), (75, 1, 5)),
        ((6, 2, True, ACCOUNT), (6, 2, False, ACCOUNT)),
        ((76, 1, 5, ACCOUNT, "", False), (77, 1, 5)),
        ((62, 1, 5, "All", "NetLiquidation"), (63, 1, 5)),
        ((92, 5, ACCOUNT, ""), (93, 5)),
        ((94, 5, ACCOUNT, "", MSFT), (95, 5)),
    ],
    ids=["positions", "positions of a model", "account", "multi", "summary", "pnl", "pnl of one"],
)
def test_what_is_followed_is_heard_until_it_is_cancelled(
    market: Market, subscribe: tuple[object, ...], cancel: tuple[object, ...]
) -> None:
    """A trade reaches the follower; after the cancel, or for a client that left, silence."""
    client, left, trader = market.join(1), market.join(3), market.join(2)
    assert market.ask(client, *subscribe) != []
    market.ask(left, *subscribe)
    market.leave(left)
    left.take()
    market.ask(trader, *order_fields(1, quantity=10))
    assert client.take() != []
    assert left.take() == []
    assert market.ask(client, *cancel) == []
    market.ask(trader, *order_fields(2, quantity=10))
    assert client.take() == []


def test_positions_of_a_model_are_those_of_the_account(market: Market) -> None:
    """As positions, with the request in front and the model behind."""
    client = market.join()
    (row, end) = market.ask(client, 74, 1, 5, ACCOUNT, "core")
    (plain, _) = market.ask(client, 61, 1)

    assert row == ["71", "1", "5", *plain[2:], "core"]
    assert end == ["72", "1", "5"]


def test_account_updates_hold_values_portfolio_time_and_an_end(market: Market) -> None:
    """The download ends with 54; the portfolio is valued at the last price."""
    rows = market.ask(market.join(), 6, 2, True, ACCOUNT)
    assert rows[-1] == ["54", "1", ACCOUNT]
    assert ["8", "1", "10:02"] in rows
    values = by_key(rows, "6", 2)
    assert (values["NetLiquidation"], values["TotalCashValue"]) == ("125000.00", "100000.00")
    (msft,) = [row for row in rows if row[0] == "7"]
    assert msft[13:19] == ["100", "250", "25000.00", "280", "-3000.00", "0.00"]


def test_account_values_are_sent_again_every_three_minutes_where_they_changed(
    market: Market,
) -> None:
    """Prices alone do not disturb the follower before that."""
    client = market.join()
    market.ask(client, 6, 2, True, ACCOUNT)
    market.at("10:02").at("10:03")
    told_early = client.take()
    market.at("10:10")
    values = by_key(told_early + client.take(), "6", 2)
    assert values["NetLiquidation"] == "126000.00"
    assert "AccountType" not in values


def test_multi_can_be_asked_for_the_ledger_alone(market: Market) -> None:
    """Fewer rows, of the ledger, and the equity."""
    client = market.join()
    whole = market.ask(client, 76, 1, 5, ACCOUNT, "", False)
    ledger = market.ask(client, 76, 1, 6, ACCOUNT, "", True)
    assert whole[-1] == ["74", "1", "5"]
    assert ledger[-1] == ["74", "1", "6"]
    keys = {row[5] for row in ledger[:-1]}
    assert "NetLiquidation" in keys
    assert "BuyingPower" not in keys
    assert len(ledger) < len(whole)


def test_a_summary_has_its_tags_and_an_end(market: Market) -> None:
    """As recorded: value and currency for each tag, then 64."""
    tags = "NetLiquidation,TotalCashValue,GrossPositionValue"
    rows = market.ask(market.join(), 62, 1, 9000, "All", tags)
    assert sorted(rows[:-1]) == [
        ["63", "1", "9000", ACCOUNT, "GrossPositionValue", "25000.00", "USD"],
        ["63", "1", "9000", ACCOUNT, "NetLiquidation", "125000.00", "USD"],
        ["63", "1", "9000", ACCOUNT, "TotalCashValue", "100000.00", "USD"],
    ]
    assert rows[-1] == ["64", "1", "9000"]


def test_profit_follows_the_price(market: Market) -> None:
    """Unrealized from cost, daily from midnight; after the sale it is realized."""
    client = market.join()
    (row,) = market.ask(client, 92, 5, ACCOUNT, "")
    assert row[:2] + row[3:] == ["94", "5", "-3000.00", "0.00"]
    market.at("10:06")
    told = client.take()
    assert told[-1][3] == "-2000.00"
    market.ask(client, *order_fields(1))
    (row,) = market.ask(client, 92, 6, ACCOUNT, "")
    assert row[3:] == ["0.00", "-2001.00"]


def test_profit_of_a_position_never_held_draws_no_answer(market: Market) -> None:
    """Not even an error, as documented."""
    assert market.ask(market.join(), 94, 5, ACCOUNT, "", 12345) == []


@pytest.mark.parametrize(
    ("request_fields", "request_id"),
    [
        ((6, 2, True, "U999"), -1),
        ((76, 1, 5, "U999", "", False), 5),
        ((74, 1, 5, "U999", ""), 5),
        ((62, 1, 5, "U999", "NetLiquidation"), 5),
        ((92, 5, "U999", ""), 5),
        ((94, 5, "U999", "", MSFT), 5),
    ],
)
def test_another_account_is_refused(
    market: Market, request_fields: tuple[object, ...], request_id: int
) -> None:
    """321, and nothing is followed."""
    assert errors(market.ask(market.join(), *request_fields)) == [(request_id, 321)]


def test_cash_moves_with_trades(market: Market) -> None:
    """A sale brings its price less the commission."""
    client = market.join()
    market.ask(client, *order_fields(1))
    assert market.portfolio.holdings.cash == Decimal(100_000) + 25_000 - 1


def test_profit_begins_anew_each_day(tmp_path: Path) -> None:
    """What was realized yesterday is no part of today's; the rest counts from last night."""
    days = {"2022-05-23": [270.0] * 3}
    market = Market(tmp_path, path=[250.0] * 3, other_days=days).at("10:02")
    client = market.join()
    market.ask(client, *order_fields(1, quantity=40))
    market.at("09:32", "2022-05-23")
    (row,) = market.ask(client, 92, 5, ACCOUNT, "")
    assert row[2:] == ["1200.00", "-600.00", "0.00"]
    (row,) = market.ask(client, 94, 6, ACCOUNT, "", MSFT)
    assert row[2:] == ["60", "1200.00", "-600.00", "0.00", "16200.00"]
