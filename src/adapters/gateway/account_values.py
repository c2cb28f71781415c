"""The account in the words of the API: which values it reports, under which tags."""

from collections.abc import Iterable
from decimal import Decimal

from attrs import frozen

from adapters.gateway.holdings import Totals

INITIAL_MARGIN = Decimal("0.5")
MAINTENANCE_MARGIN = Decimal("0.25")
"""Of the gross value of what is held: Regulation T, the same for every stock."""

BASE = "BASE"
LEDGER_TAG = "$LEDGER"

LEDGER_KEYS = (
    "CashBalance",
    "TotalCashBalance",
    "AccruedCash",
    "StockMarketValue",
    "OptionMarketValue",
    "NetLiquidationByCurrency",
    "UnrealizedPnL",
    "RealizedPnL",
    "ExchangeRate",
)
"""Reported once in the base currency and once in each currency held."""


@frozen
class AccountValue:
    """One value of the account; ``currency`` is empty where the value is no amount."""

    key: str
    value: str
    currency: str = ""


def amount(value: Decimal) -> str:
    """Return an amount of money with two decimals."""
    text = f"{value:.2f}"
    return "0.00" if text == "-0.00" else text


def margins(gross_value: Decimal) -> tuple[Decimal, Decimal]:
    """Return the initial and the maintenance margin for stocks of this gross value."""
    return gross_value * INITIAL_MARGIN, gross_value * MAINTENANCE_MARGIN


def account_values(account: str, totals: Totals, currency: str) -> list[AccountValue]:
    """Return every value of the account, the plain ones first."""
    return [*plain_values(account, totals, currency), *ledger_values(account, totals, currency)]


def plain_values(account: str, totals: Totals, currency: str) -> list[AccountValue]:
    """Return the values that have one currency or none."""
    initial, maintenance = margins(totals.gross_value)
    equity = totals.net_liquidation
    free, excess = equity - initial, equity - maintenance
    cushion = excess / equity if equity > 0 else Decimal(0)
    in_money = {
        "AccruedDividend": Decimal(0),
        "AvailableFunds": free,
        "BuyingPower": max(free, Decimal(0)) * 4,
        "EquityWithLoanValue": equity,
        "ExcessLiquidity": excess,
        "FullAvailableFunds": free,
        "FullExcessLiquidity": excess,
        "FullInitMarginReq": initial,
        "FullMaintMarginReq": maintenance,
        "GrossPositionValue": totals.gross_value,
        "InitMarginReq": initial,
        "LookAheadAvailableFunds": free,
        "LookAheadExcessLiquidity": excess,
        "LookAheadInitMarginReq": initial,
        "LookAheadMaintMarginReq": maintenance,
        "MaintMarginReq": maintenance,
        "NetLiquidation": equity,
        "PreviousDayEquityWithLoanValue": equity - totals.daily,
        "RegTEquity": equity,
        "RegTMargin": initial,
        "SMA": free,
        "TotalCashValue": totals.cash,
    }
    return [
        AccountValue("AccountCode", account),
        AccountValue("AccountReady", "true"),
        AccountValue("AccountType", "INDIVIDUAL"),
        AccountValue("Cushion", f"{cushion:.6f}".rstrip("0").rstrip(".")),
        AccountValue("DayTradesRemaining", "-1"),
        AccountValue("Leverage-S", amount(totals.gross_value / equity) if equity > 0 else "0.00"),
        AccountValue("LookAheadNextChange", "0"),
        *(AccountValue(key, amount(value), currency) for key, value in in_money.items()),
    ]


def ledger_values(account: str, totals: Totals, currency: str) -> list[AccountValue]:
    """Return the values that are kept for each currency, and once for the whole account."""
    figures = {
        "CashBalance": totals.cash,
        "TotalCashBalance": totals.cash,
        "AccruedCash": Decimal(0),
        "StockMarketValue": totals.stock_value,
        "OptionMarketValue": Decimal(0),
        "NetLiquidationByCurrency": totals.net_liquidation,
        "UnrealizedPnL": totals.unrealized,
        "RealizedPnL": totals.realized,
        "ExchangeRate": Decimal(1),
    }
    return [
        value
        for name in (currency, BASE)
        for value in (
            AccountValue("AccountOrGroup", account, name),
            AccountValue("Currency", name, name),
            AccountValue("RealCurrency", currency, name),
            *(AccountValue(key, amount(figures[key]), name) for key in LEDGER_KEYS),
        )
    ]


def summary(values: Iterable[AccountValue], tags: str) -> list[AccountValue]:
    """
    Return the values that a summary of ``tags`` (comma separated) asks for.

    ``$LEDGER`` asks for the base currency's ledger, ``$LEDGER:USD`` for that
    currency's, ``$LEDGER:ALL`` for both; unknown tags are passed over.
    """
    wanted = {tag.strip() for tag in tags.split(",")}
    ledgers = {tag.partition(":")[2] for tag in wanted if tag.startswith(LEDGER_TAG)}
    chosen = []
    for value in values:
        of_ledger = value.key in LEDGER_KEYS or value.key in {"Currency", "RealCurrency"}
        if of_ledger:
            in_base = value.currency == BASE
            if "ALL" in ledgers or value.currency in ledgers or (in_base and "" in ledgers):
                chosen.append(value)
        elif value.key in wanted:
            chosen.append(value)
    return chosen
