"""Builders for the tests of orders: a small market written by hand, and a client that listens."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from adapters.clocks import FrozenClock
from adapters.gateway.desk import Desk
from adapters.gateway.ledger import Ledger
from adapters.gateway.portfolio import Portfolio
from adapters.gateway.scenario import parse_scenario
from adapters.gateway.wire import format_field
from adapters.gateway.world import World
from sellcore.session import Session

NEW_YORK = ZoneInfo("America/New_York")
ACCOUNT = "DU0000001"
MSFT, AAPL = 272093, 265598
SHARED = Path(__file__).parents[2].parent / "shared"

SCENARIO = f"""
account = "{ACCOUNT}"
start = 2022-05-20T13:25:00Z
data = "bars"
cash = 100000

[[position]]
ticker = "NASDAQ:MSFT"
con_id = {MSFT}
currency = "USD"
quantity = 100
average_cost = 280.0

[[position]]
ticker = "NASDAQ:AAPL"
con_id = {AAPL}
currency = "USD"
quantity = 0
average_cost = 0.0
"""


class Weekdays:
    """Regular New York hours from Monday to Friday."""

    def sessions(self, exchange: str, first: date, last: date) -> tuple[Session, ...]:
        days = (first + timedelta(days=n) for n in range((last - first).days + 1))
        return tuple(
            Session(day, _new_york(day, 9, 30), _new_york(day, 16, 0), "America/New_York")
            for day in days
            if day.weekday() < 5
        )


def _new_york(day: date, hour: int, minute: int) -> datetime:
    return datetime.combine(day, time(hour, minute), NEW_YORK).astimezone(UTC)


def ny(text: str, day: str = "2022-05-20") -> datetime:
    """Return the instant of a New York wall clock: ``ny("10:00")``."""
    return datetime.fromisoformat(f"{day}T{text}").replace(tzinfo=NEW_YORK).astimezone(UTC)


class Listener:
    """What a connection would put on the wire, as lists of fields."""

    def __init__(self, client_id: int = 7, version: int = 178) -> None:
        self.client_id = client_id
        self.version = version
        self.connected = True
        self.heard: list[list[str]] = []

    def send(self, *fields: object) -> None:
        self.heard.append([format_field(field) for field in fields])

    def error(self, req_id: int, code: int, text: str) -> None:
        self.send(4, 2, req_id, code, text, *([""] if self.version >= 166 else []))

    def take(self) -> list[list[str]]:
        """Return what was heard since the last time."""
        heard, self.heard = self.heard, []
        return heard


class Market:
    """A gateway without its sockets: one desk, listeners as clients, a clock that is pushed."""

    def __init__(
        self,
        folder: Path,
        *,
        path: Sequence[float] = (250.0,),
        extra: str = "",
        record: Path | None = None,
        start: str = "13:25",
        opens: str = "10:00",
        other_days: dict[str, Sequence[float]] | None = None,
    ) -> None:
        """
        Open a market.

        ``path`` holds the closes of MSFT's minutes from ``opens`` on; each minute
        opens where the one before closed, and no trade happens elsewhere.
        """
        bars = folder / "bars"
        bars.mkdir(exist_ok=True)
        rows = list(minutes(ny(opens), path))
        for day, closes in (other_days or {}).items():
            rows += minutes(ny("09:30", day), closes)
        quiet = list(minutes(ny("09:30"), [150.0] * 5))
        for name, lines in (("MSFT", rows), ("AAPL", quiet)):
            text = "\n".join(["ts,open,high,low,close,volume", *lines]) + "\n"
            (bars / f"NASDAQ_{name}_1m.csv").write_text(text)
        text = SCENARIO.replace("T13:25:00Z", f"T{start}:00Z") + extra
        scenario = parse_scenario(text, "the test", folder)
        self.clock = FrozenClock(scenario.start)
        self.world = World.of(scenario, self.clock, Weekdays())
        self.portfolio = Portfolio(self.world)
        self.ledger = Ledger(record) if record else None
        self.desk = Desk(self.world, self.portfolio, self.ledger)
        self.world.on_advance(self.desk.advance)
        self.world.on_advance(self.portfolio.advance)
        self._handlers = {**self.desk.handlers(), **self.portfolio.handlers()}
        self.world.advance(scenario.start)

    def join(self, client_id: int = 7, version: int = 178) -> Listener:
        client = Listener(client_id, version)
        self.world.clients[client_id] = client  # type: ignore[assignment]
        return client

    def leave(self, client: Listener) -> None:
        del self.world.clients[client.client_id]
        self.desk.client_disconnected(client)  # type: ignore[arg-type]
        self.portfolio.client_disconnected(client)  # type: ignore[arg-type]

    def close(self) -> None:
        """Close the ledger, where there is one."""
        if self.ledger is not None:
            self.ledger.close()

    def at(self, text: str, day: str = "2022-05-20") -> "Market":
        """Let time pass until a New York wall clock time, minute by minute."""
        target = ny(text, day)
        while self.clock.now() < target:
            self.clock.set(min(target, self.clock.now() + timedelta(minutes=1)))
            self.world.advance(self.clock.now())
        return self

    def ask(self, client: Listener, *fields: object) -> list[list[str]]:
        """Send one message and return the answer."""
        client.take()
        texts = [format_field(field) for field in fields]
        self._handlers[int(texts[0])](client, texts)  # type: ignore[arg-type]
        return client.take()


def minutes(start: datetime, closes: Iterable[float]) -> Iterable[str]:
    """Yield CSV rows of one-minute bars, each opening where the one before closed."""
    before: float | None = None
    for n, close in enumerate(closes):
        first = close if before is None else before
        at = start + timedelta(minutes=n)
        low, high = min(first, close), max(first, close)
        yield f"{at:%Y-%m-%dT%H:%M:%SZ},{first},{high},{low},{close},1000"
        before = close


def order_fields(
    order_id: int = 1,
    action: str = "SELL",
    quantity: object = 100,
    kind: str = "MKT",
    limit: object = "",
    stop: object = "",
    *,
    con_id: object = MSFT,
    symbol: str = "",
    sec_type: str = "",
    currency: str = "",
    tif: str = "DAY",
    oca_group: str = "",
    account: str = ACCOUNT,
    order_ref: str = "",
    transmit: object = True,
    parent_id: object = 0,
    outside_rth: object = False,
    what_if: object = False,
    version: int = 178,
) -> list[object]:
    """Return a placeOrder message as a careful client writes it."""
    faded = [""] if version < 177 else []
    return [
        *(3, order_id),
        *(con_id, symbol, sec_type, "", "0.0", "", "", "SMART", "", currency, "", ""),
        *("", "", action, quantity, kind, limit, stop, tif, oca_group, account),
        *("", 0, order_ref, transmit, parent_id, 0, 0, 0, 0, outside_rth, 0),
        *("", 0, "", "", "", "", "", *faded, ""),
        *(0, "", -1, 0, "", "", 0, "", "", 0, 0, "", 0),
        *("", "", "", "", "", 0, "", "", "", ""),
        *(0, "", "", "", "", "", "", "", "", "", "", 0, "", "", 0, 0, ""),
        *("", what_if, "", 0, 0, 0, 0),
        *("", "", "", "", "", "", 0, "", "", "", "", "", "", "", "", 0, 0, 0, ""),
        *("", "", 0, "", ""),
    ]


def statuses(heard: Iterable[Sequence[str]]) -> list[str]:
    """Return what each orderStatus said."""
    return [fields[2] for fields in heard if fields[0] == "3"]


def errors(heard: Iterable[Sequence[str]]) -> list[tuple[int, int]]:
    """Return (request id, code) of each error."""
    return [(int(fields[2]), int(fields[3])) for fields in heard if fields[0] == "4"]


def kinds(heard: Iterable[Sequence[str]]) -> list[str]:
    """Return the messages by name, openOrder and orderStatus with their status."""
    names = {"4": "error", "11": "exec", "59": "commission", "53": "openEnd", "61": "position"}
    told = []
    for fields in heard:
        if fields[0] == "3":
            told.append(f"status {fields[2]}")
        elif fields[0] == "5":
            told.append(f"open {next(f for f in fields if f in STATUS_WORDS)}")
        elif fields[0] == "4":
            told.append(f"error {fields[3]}")
        else:
            told.append(names.get(fields[0], fields[0]))
    return told


STATUS_WORDS = {
    *("PendingSubmit", "PreSubmitted", "Submitted", "PendingCancel"),
    *("Cancelled", "Filled", "Inactive"),
}
