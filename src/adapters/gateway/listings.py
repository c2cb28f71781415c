"""The contracts that the gateway knows, and finding them as clients ask for them."""

from collections.abc import Iterable, Iterator, Sequence

from attrs import define, evolve, field, frozen

from adapters.gateway.hours import Hours
from adapters.gateway.scenario import Scenario, ScenarioPosition, made_up_con_id
from adapters.gateway.wire import whole
from sellcore.instrument import exchange_of
from sellcore.ports.sessions import SessionCalendar

_US_EXCHANGES = ("AMEX", "ARCA", "BATS", "IEX", "NASDAQ", "NYSE")
US_RULE = "26"
"""The market rule of US stocks: one cent throughout."""

SMART = "SMART"

_CONTRACT_FIELDS = 12

_ALIASES = {"ISLAND": "NASDAQ"}
"""Names of exchanges that clients still use."""


@frozen
class Listing:
    """
    One contract.

    Attributes:
        exchange: The primary listing exchange.
        zone: IANA name of its time zone.
        min_tick: Smallest price step, in the currency.
        market_rule_ids: One id per valid exchange, comma-separated like those.
        hours: The exchange's sessions.
    """

    con_id: int
    symbol: str
    exchange: str
    currency: str
    sec_type: str
    min_tick: float
    zone: str
    long_name: str
    trading_class: str
    local_symbol: str
    market_rule_ids: str
    valid_exchanges: str
    hours: Hours = field(eq=False, repr=False)

    @property
    def ticker(self) -> str:
        """The label ``EXCHANGE:SYMBOL``."""
        return f"{self.exchange}:{self.symbol}".upper()


@frozen
class ContractQuery:
    """
    The 12 contract fields of a request, as the client wrote them.

    Attributes:
        con_id: 0 where the client gave none.
    """

    con_id: int
    symbol: str
    sec_type: str
    last_trade_date: str
    strike: str
    right: str
    multiplier: str
    exchange: str
    primary_exchange: str
    currency: str
    local_symbol: str
    trading_class: str

    @classmethod
    def of(cls, fields: Sequence[str]) -> "ContractQuery":
        """Read the 12 fields, conId first; ValueError where there are fewer."""
        if len(fields) != _CONTRACT_FIELDS:
            raise ValueError(f"a contract has {_CONTRACT_FIELDS} fields, got {len(fields)}")
        con_id, *texts = fields
        return cls(whole(con_id), *(_ALIASES.get(text.strip(), text.strip()) for text in texts))


@define
class Listings:
    """All contracts, by id and by what clients call them."""

    _by_con_id: dict[int, Listing] = field(factory=dict)

    @classmethod
    def of(
        cls, scenario: Scenario, tickers: Iterable[str], calendar: SessionCalendar
    ) -> "Listings":
        """
        Know every contract of the scenario and of the data folder.

        Args:
            scenario: Its positions and open orders.
            tickers: What the data folder has bars of.
            calendar: Sessions of their exchanges.
        """
        known = cls()
        exchanges: dict[str, Hours] = {}

        def hours(ticker: str) -> Hours:
            exchange = exchange_of(ticker)
            return exchanges.setdefault(exchange, Hours(exchange, calendar))

        for position in scenario.positions:
            known.add(_listing(position, hours(position.ticker)))
        held = {listing.ticker for listing in known}
        others = {order.ticker: order.con_id for order in scenario.open_orders}
        for ticker in tickers:
            others.setdefault(ticker, made_up_con_id(ticker))
        for ticker, con_id in others.items():
            if ticker not in held:
                known.add(_plain(ticker, con_id, hours(ticker)))
        return known

    def __iter__(self) -> Iterator[Listing]:
        return iter(self._by_con_id.values())

    def add(self, listing: Listing) -> None:
        """Know one more contract."""
        self._by_con_id[listing.con_id] = listing

    def by_con_id(self, con_id: int) -> Listing | None:
        """Return the contract with this id, or None."""
        return self._by_con_id.get(con_id)

    def resolve(self, contract: Sequence[str]) -> list[Listing]:
        """
        Return what the 12 contract fields of a request may mean.

        Args:
            contract: conId, symbol, secType, lastTradeDate, strike, right, multiplier,
                exchange, primaryExchange, currency, localSymbol, tradingClass.

        Returns:
            Nothing: unknown. Several: ambiguous.
        """
        query = ContractQuery.of(contract)
        if query.con_id:
            found = self.by_con_id(query.con_id)
            agrees = found is not None and query.sec_type in ("", found.sec_type)
            return [found] if found is not None and agrees else []
        return [listing for listing in self._by_con_id.values() if _means(query, listing)]

    def matching(self, pattern: str) -> list[Listing]:
        """Return the contracts whose symbol begins with, or whose name holds, the pattern."""
        wanted = pattern.strip().upper()
        return [
            listing
            for listing in self._by_con_id.values()
            if wanted and (listing.symbol.startswith(wanted) or wanted in listing.long_name.upper())
        ][:16]


def twin(listing: Listing) -> Listing:
    """Return another contract of the same name, as an ambiguous symbol has one."""
    return evolve(
        listing,
        con_id=made_up_con_id(f"{listing.ticker} twin"),
        exchange="VALUE",
        valid_exchanges=f"{SMART},VALUE",
        market_rule_ids=f"{US_RULE},{US_RULE}",
        long_name=f"{listing.long_name} NEW",
    )


def _means(query: ContractQuery, listing: Listing) -> bool:
    if not (query.symbol or query.local_symbol):
        return False
    exchanges = ("", SMART, *listing.valid_exchanges.split(","))
    return (
        query.symbol.upper() in ("", listing.symbol)
        and query.local_symbol.upper() in ("", listing.local_symbol)
        and query.sec_type in ("", listing.sec_type)
        and query.exchange in exchanges
        and query.primary_exchange.upper() in ("", SMART, listing.exchange)
        and query.currency.upper() in ("", listing.currency)
        and query.trading_class in ("", listing.trading_class)
    )


def _plain(ticker: str, con_id: int, hours: Hours) -> Listing:
    return _build(ticker, con_id, hours, "USD", "STK", ticker.partition(":")[2])


def _listing(position: ScenarioPosition, hours: Hours) -> Listing:
    return _build(
        position.ticker,
        position.con_id,
        hours,
        position.currency,
        position.sec_type,
        position.long_name or position.ticker.partition(":")[2],
    )


def _build(
    ticker: str, con_id: int, hours: Hours, currency: str, sec_type: str, long_name: str
) -> Listing:
    exchange, _, symbol = ticker.partition(":")
    venues = (SMART, *_US_EXCHANGES) if exchange in _US_EXCHANGES else (SMART, exchange)
    return Listing(
        con_id=con_id,
        symbol=symbol,
        exchange=exchange,
        currency=currency,
        sec_type=sec_type,
        min_tick=0.01,
        zone=hours.zone,
        long_name=long_name,
        trading_class="NMS" if exchange == "NASDAQ" else symbol,
        local_symbol=symbol,
        market_rule_ids=",".join([US_RULE] * len(venues)),
        valid_exchanges=",".join(venues),
        hours=hours,
    )
