"""
Drive every step of a session with the official Python client, any version of it.

Usage: python session.py PORT CLIENT_ID; prints one JSON document with what came,
and exits with 1 if an answer was missing or an error came that was not provoked.
It runs in a process of its own, so that another version of ``ibapi`` can be tried.
"""

import json
import sys
import threading
import time
from collections.abc import Callable
from decimal import Decimal

from ibapi.client import EClient
from ibapi.contract import Contract
from ibapi.execution import ExecutionFilter
from ibapi.order import Order
from ibapi.wrapper import EWrapper

PROVOKED = {162, 200, 202, 321, 366, 399}
"""Codes that the steps below ask for."""

PATIENCE = 15.0
MSFT = 272093

Call = tuple[str, tuple[object, ...]]


class Recorder(EWrapper):
    """Keeps every callback, whatever it is called, with its arguments."""

    def __init__(self) -> None:
        EWrapper.__init__(self)
        self.calls: list[Call] = []
        self.came = threading.Condition()

    def __getattribute__(self, name: str) -> object:
        if (
            name.startswith("_")
            or name in ("calls", "came", "record", "wait")
            or not hasattr(EWrapper, name)
        ):
            return object.__getattribute__(self, name)
        return lambda *args: self.record(name, args)

    def record(self, name: str, args: tuple[object, ...]) -> None:
        with self.came:
            self.calls.append((name, args))
            self.came.notify_all()

    def wait(self, name: str, test: Callable[..., bool] = lambda *args: True) -> Call:
        deadline = time.monotonic() + PATIENCE
        with self.came:
            while True:
                for call in self.calls:
                    if call[0] == name and test(*call[1]):
                        return call
                if not self.came.wait(deadline - time.monotonic()):
                    raise TimeoutError(f"no {name} came")


def of(request: int) -> Callable[..., bool]:
    return lambda first, *rest: int(first) == request


def order(action: str, kind: str, limit: float = 0.0) -> Order:
    made = Order()
    made.action, made.orderType, made.tif = action, kind, "DAY"
    made.totalQuantity = 1 if isinstance(made.totalQuantity, float) else Decimal(1)
    made.orderRef, made.transmit = "official", True
    made.eTradeOnly = made.firmQuoteOnly = False
    if limit:
        made.lmtPrice = limit
    return made


def steps(app: EClient, seen: Recorder) -> None:
    account = str(seen.wait("managedAccounts")[1][0])
    order_id = int(str(seen.wait("nextValidId")[1][0]))
    app.reqCurrentTime()
    seen.wait("currentTime")
    app.reqPositions()
    seen.wait("positionEnd")
    app.reqAllOpenOrders()
    seen.wait("openOrderEnd")
    app.reqCompletedOrders(False)
    seen.wait("completedOrdersEnd")
    app.reqExecutions(70, ExecutionFilter())
    seen.wait("execDetailsEnd", of(70))
    app.reqAccountUpdates(True, account)
    seen.wait("accountDownloadEnd")
    app.reqAccountSummary(71, "All", "NetLiquidation,TotalCashValue")
    seen.wait("accountSummaryEnd", of(71))

    contract = Contract()
    contract.conId, contract.exchange = MSFT, "SMART"
    app.reqContractDetails(1, contract)
    seen.wait("contractDetailsEnd", of(1))
    named = Contract()
    named.symbol, named.secType, named.exchange, named.currency = "MSFT", "STK", "SMART", "USD"
    app.reqContractDetails(2, named)
    seen.wait("contractDetailsEnd", of(2))
    app.reqMatchingSymbols(3, "MSFT")
    seen.wait("symbolSamples", of(3))
    app.reqMarketRule(26)
    seen.wait("marketRule")

    request = 10
    for duration, size in (
        ("1 D", "1 min"),
        ("2 D", "30 mins"),
        ("5 D", "1 hour"),
        ("1 Y", "1 day"),
    ):
        for form in (1, 2):
            app.reqHistoricalData(request, named, "", duration, size, "TRADES", 1, form, False, [])
            seen.wait("historicalDataEnd", of(request))
            request += 1
    app.reqHeadTimeStamp(40, named, "TRADES", 1, 1)
    seen.wait("headTimestamp", of(40))
    app.reqHistoricalData(41, named, "", "1 D", "1 min", "TRADES", 1, 2, True, [])
    seen.wait("historicalDataUpdate", of(41))
    app.cancelHistoricalData(41)
    seen.wait("error", of(41))
    app.reqHistoricalData(42, named, "", "one day", "1 min", "TRADES", 1, 2, False, [])
    seen.wait("error", of(42))
    if app.serverVersion() >= 165:
        app.reqHistoricalData(43, named, "", "5 D", "1 day", "SCHEDULE", 1, 1, False, [])
        seen.wait("historicalSchedule", of(43))
    app.reqMktData(50, named, "", True, False, [])
    seen.wait("tickSnapshotEnd", of(50))

    app.placeOrder(order_id, named, order("SELL", "MKT"))
    seen.wait("orderStatus", lambda number, status, *rest: (number, status) == (order_id, "Filled"))
    app.placeOrder(order_id + 1, named, order("SELL", "LMT", 900.0))
    seen.wait("orderStatus", of(order_id + 1))
    cancel(app, order_id + 1)
    seen.wait(
        "orderStatus", lambda number, status, *rest: (number, status) == (order_id + 1, "Cancelled")
    )
    seen.wait("error", of(order_id + 1))
    app.reqExecutions(72, ExecutionFilter())
    seen.wait("execDetailsEnd", of(72))


def cancel(app: EClient, order_id: int) -> None:
    try:
        from ibapi.order_cancel import OrderCancel
    except ImportError:
        app.cancelOrder(order_id)  # before 10.20
    else:
        app.cancelOrder(order_id, OrderCancel())


def unprovoked(calls: list[Call]) -> list[str]:
    errors = [args for name, args in calls if name == "error"]
    found = []
    for args in errors:
        numbers = [value for value in args if isinstance(value, int)]
        code = next((n for n in numbers if n in PROVOKED or 2100 <= n < 2200), None)
        if code is None:
            found.append(repr(args))
    return found


def shown(value: object) -> object:
    return value if isinstance(value, int | float | str) else str(value)


def main() -> int:
    port, client_id = int(sys.argv[1]), int(sys.argv[2])
    seen = Recorder()
    app = EClient(seen)
    app.connect("127.0.0.1", port, client_id)
    threading.Thread(target=app.run, daemon=True).start()
    complaints = []
    try:
        steps(app, seen)
    except TimeoutError as error:
        complaints.append(str(error))
    complaints += unprovoked(seen.calls)
    calls = [[name, [shown(value) for value in args]] for name, args in seen.calls]
    document = {"version": app.serverVersion(), "calls": calls, "complaints": complaints}
    print(json.dumps(document))
    app.disconnect()
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
