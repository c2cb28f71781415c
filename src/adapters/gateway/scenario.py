"""Scenarios: what the simulated gateway starts from, read from TOML."""

import tomllib
from datetime import date, datetime
from decimal import Decimal
from difflib import get_close_matches
from importlib.resources import files
from pathlib import Path
from zlib import crc32
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from attrs import field, frozen

from adapters.gateway.fault_table import HELP
from adapters.gateway.faults import Fault, FaultKind, read_parameters
from adapters.gateway.toml_table import TomlTable
from sellcore.errors import ConfigError, InvalidValue
from sellcore.instant import utc
from sellcore.instrument import parse_ticker
from sellcore.plain_text import system_words

_KEYS = (
    *("account", "start", "end", "data", "seed", "read_only", "cash", "zone"),
    *("position", "open_order", "fault"),
)
_POSITION = ("ticker", "con_id", "currency", "quantity", "average_cost", "sec_type", "long_name")
_GENERATOR = ("price", "drift", "volatility", "first_day")
_ORDER = (
    *("ticker", "con_id", "action", "type", "quantity", "price"),
    *("client_id", "order_ref", "tif"),
)
_FAULT = ("at", "until", "kind", "ticker")


@frozen
class ScenarioPosition:
    """
    A holding at the start.

    Attributes:
        ticker: ``EXCHANGE:SYMBOL``.
        quantity: Shares; below zero: short; may be fractional.
        average_cost: Per share, in the currency.
        price: For the generator: last close before the start; default: the average cost.
        drift: For the generator: yearly trend as a fraction, e.g. 0.1.
        volatility: For the generator: yearly, as a fraction.
        first_day: For the generator: first trading day; default: three years before the start.
    """

    ticker: str
    con_id: int
    currency: str
    quantity: Decimal
    average_cost: float
    sec_type: str = "STK"
    long_name: str = ""
    price: float | None = None
    drift: float = 0.05
    volatility: float = 0.3
    first_day: date | None = None


@frozen
class ScenarioOrder:
    """
    An order that works at the start.

    Attributes:
        action: BUY or SELL.
        type: MKT, LMT or STP.
        price: Limit or stop price; None for MKT.
        client_id: Who entered it; 0: by hand.
    """

    ticker: str
    con_id: int
    action: str
    type: str
    quantity: Decimal
    price: float | None
    client_id: int = 0
    order_ref: str = ""
    tif: str = "GTC"


@frozen
class Scenario:
    """
    What the gateway starts from.

    Attributes:
        account: Account id; DU and DF mean paper.
        start: Simulated instant when the gateway starts, UTC.
        end: When ``start --simulate`` ends, UTC; None: 5 minutes after the day's close.
        data: Folder of bar files; None: bars come from the seeded generator.
        seed: For the generator.
        zone: The zone that the login writes times in, as IB spells it.
    """

    account: str
    start: datetime = field(converter=utc)
    end: datetime | None = None
    data: Path | None = None
    seed: int = 7
    read_only: bool = False
    cash: float = 100_000.0
    zone: str = "US/Eastern"
    positions: tuple[ScenarioPosition, ...] = ()
    open_orders: tuple[ScenarioOrder, ...] = ()
    faults: tuple[Fault, ...] = ()


def made_up_con_id(ticker: str) -> int:
    """Return a contract id for a ticker that was given none; the same one each time."""
    return 700_000_000 + crc32(ticker.encode()) % 200_000_000


def default_scenario() -> Scenario:
    """Return the scenario that needs no file: eight holdings, generated bars, one day."""
    text = files("adapters.gateway").joinpath("scenarios/default.toml").read_text("utf-8")
    return parse_scenario(text, "the default scenario", Path())


def load_scenario(path: Path) -> Scenario:
    """
    Read a scenario file.

    Raises:
        ConfigError: it cannot be read, or a key in it is unknown or wrong.
    """
    try:
        text = path.read_text("utf-8")
    except OSError as error:
        cause = system_words(error)
        raise ConfigError(f"scenario {path}: {cause}; name a file that can be read") from None
    except UnicodeDecodeError:
        raise ConfigError(f"scenario {path}: not a text file in UTF-8") from None
    return parse_scenario(text, f"scenario {path}", path.parent)


def parse_scenario(text: str, where: str, folder: Path) -> Scenario:
    """
    Read a scenario.

    Args:
        text: TOML.
        where: What to call it in messages.
        folder: What its data folder is relative to.
    """
    try:
        top = TomlTable(where, tomllib.loads(text, parse_float=Decimal))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{where}: not TOML: {str(error).lower()}") from None
    top.only(*_KEYS)
    account = top.text("account")
    positions = tuple(_position(table) for table in top.tables("position"))
    _all_different(where, positions)
    con_ids = {position.ticker: position.con_id for position in positions}
    end = top.optional_instant("end")
    start = top.instant("start")
    if end is not None and end <= start:
        raise ConfigError(f"{where}: end {end} is not after start {start}")
    return Scenario(
        account=account,
        start=start,
        end=None if end is None else utc(end),
        data=folder / top.text("data") if "data" in top.values else None,
        seed=top.whole("seed", 7),
        read_only=top.flag("read_only", default=False),
        cash=top.number("cash", 100_000.0),
        zone=_zone(top),
        positions=positions,
        open_orders=tuple(_order(table, con_ids) for table in top.tables("open_order")),
        faults=tuple(_fault(table) for table in top.tables("fault")),
    )


def _zone(table: TomlTable) -> str:
    name = table.text("zone", "US/Eastern")
    try:
        ZoneInfo(name)
    except (ValueError, ZoneInfoNotFoundError, OSError):
        raise ConfigError(
            f"{table.where}: zone = {name!r} is not a time zone, e.g. 'US/Eastern'"
        ) from None
    return name


def _ticker(table: TomlTable) -> str:
    try:
        return parse_ticker(table.text("ticker"))
    except InvalidValue as error:
        raise ConfigError(f"{table.where}: {error}") from None


def _position(table: TomlTable) -> ScenarioPosition:
    table.only(*_POSITION, *_GENERATOR)
    ticker = _ticker(table)
    con_id = table.whole("con_id", made_up_con_id(ticker))
    if not 0 < con_id < 2**31 - 1:
        raise ConfigError(f"{table.where}: con_id = {con_id} is not between 1 and 2147483646")
    return ScenarioPosition(
        ticker=ticker,
        con_id=con_id,
        currency=table.text("currency", "USD"),
        quantity=table.decimal("quantity"),
        average_cost=table.number("average_cost", 0.0),
        sec_type=table.text("sec_type", "STK"),
        long_name=table.text("long_name", ticker.partition(":")[2]),
        price=table.optional_number("price"),
        drift=_within(table, "drift", 0.05, -0.9, 9.0),
        volatility=_within(table, "volatility", 0.3, 0.0, 5.0),
        first_day=table.optional_day("first_day"),
    )


def _within(table: TomlTable, key: str, default: float, low: float, high: float) -> float:
    value = table.number(key, default)
    if not low <= value <= high:
        raise ConfigError(f"{table.where}: {key} = {value:g} is not between {low:g} and {high:g}")
    return value


def _all_different(where: str, positions: tuple[ScenarioPosition, ...]) -> None:
    seen: dict[int, str] = {}
    for position in positions:
        if position.con_id in seen:
            raise ConfigError(
                f"{where}: con_id {position.con_id} stands for both "
                f"{seen[position.con_id]} and {position.ticker}; give each its own"
            )
        seen[position.con_id] = position.ticker


def _order(table: TomlTable, con_ids: dict[str, int]) -> ScenarioOrder:
    table.only(*_ORDER)
    ticker = _ticker(table)
    action, kind = table.text("action").upper(), table.text("type").upper()
    if action not in ("BUY", "SELL"):
        raise ConfigError(f"{table.where}: action = {action!r} is not BUY or SELL")
    if kind not in ("MKT", "LMT", "STP"):
        raise ConfigError(f"{table.where}: type = {kind!r} is not MKT, LMT or STP")
    quantity = table.decimal("quantity")
    if quantity <= 0:
        raise ConfigError(f"{table.where}: quantity = {quantity} is not above zero")
    price = table.optional_number("price")
    if price is None and kind != "MKT":
        raise ConfigError(f"{table.where}: {kind} needs a price")
    return ScenarioOrder(
        ticker=ticker,
        con_id=table.whole("con_id", con_ids.get(ticker, made_up_con_id(ticker))),
        action=action,
        type=kind,
        quantity=quantity,
        price=price,
        client_id=table.whole("client_id", 0),
        order_ref=table.text("order_ref") if "order_ref" in table.values else "",
        tif=table.text("tif", "GTC").upper(),
    )


def _fault(table: TomlTable) -> Fault:
    word = table.text("kind")
    try:
        kind = FaultKind(word)
    except ValueError:
        near = get_close_matches(word, [str(known) for known in FaultKind], 1, 0.0)[0]
        raise ConfigError(
            f"{table.where}: unknown kind {word!r}; the nearest is {near!r}, "
            "and sellcli gateway --help-faults lists them all"
        ) from None
    given = {key: value for key, value in table.values.items() if key not in _FAULT}
    plain = {k: float(v) if isinstance(v, Decimal) else v for k, v in given.items()}
    until = table.optional_instant("until")
    at = table.instant("at")
    if until is not None and HELP[kind].once:
        raise ConfigError(f"{table.where}: {kind} happens once; leave until out")
    if until is not None and until <= at:
        raise ConfigError(f"{table.where}: until {until} is not after at {at}")
    return Fault(
        kind=kind,
        at=utc(at),
        until=None if until is None else utc(until),
        ticker=_ticker(table) if "ticker" in table.values else None,
        parameters=read_parameters(kind, HELP[kind].parameters, plain, table.where),
    )
