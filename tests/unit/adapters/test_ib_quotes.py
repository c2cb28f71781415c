"""A look at the market over gateways that are slow, odd or refuse."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from tests.contract import broker_frames as frames
from tests.contract.broker_stages import AAPL, FUTURE, KO, eventually
from tests.contract.scripted_gateway import Answer, ScriptedGateway

from adapters.clocks import FrozenClock
from adapters.ib import translate_prices
from adapters.ib.connection import IBConnection
from adapters.ib.order_entry import IBOrderEntry
from adapters.ib.quotes import IBQuotes
from sellcore.instrument import Instrument
from sellcore.ports.order_entry import OrderType, SellOrder
from sellcore.ports.quotes import MarketQuote

NOON = datetime(2025, 3, 24, 12, tzinfo=UTC)
NOTHING = MarketQuote()
STOCKS = [Instrument(n, f"S{n}", "NYSE", "USD") for n in range(1, 41)]
UNSET = "1.7976931348623157E308"


class Looking:
    """Quotes over a scripted gateway for the length of a ``with`` block."""

    def __init__(self, ticks: Answer, seconds: float = 10.0, per_second: float = 40.0) -> None:
        self.clock = FrozenClock(NOON)
        self.gateway = ScriptedGateway({1: ticks})
        self._seconds, self._per_second = seconds, per_second

    def __enter__(self) -> "Looking":
        self.gateway.__enter__()
        self.connection = IBConnection(
            "127.0.0.1", self.gateway.port, 1, self.clock, messages_per_second=self._per_second
        )
        self.quotes = IBQuotes(self.connection, self._seconds)
        self.connection.connect()
        return self

    def __exit__(self, *_: object) -> None:
        self.connection.close()
        self.gateway.__exit__()

    def at(self, *instruments: Instrument) -> list[MarketQuote]:
        """Return the quotes of these instruments."""
        told = self.quotes.quotes(instruments)
        return [told[instrument] for instrument in instruments]

    def asked(self, message: int) -> list[str]:
        """Return the request numbers of the requests of one kind."""
        return [fields[2] for fields in self.gateway.asked(message)]


def trading(fields: list[str]) -> list[frames.Frame]:
    """Answer a request for ticks: it trades, and 50 is bid."""
    return [frames.tick(fields[2], 1, "50"), frames.halted(fields[2], "0")]


def refusing(code: int) -> Answer:
    """Answer requests for ticks with an error."""
    return lambda fields: [frames.error(fields[2], code, "no")]


def texts(frame: frames.Frame) -> list[str]:
    return [str(field) for field in frame]


def told(*rows: frames.Frame) -> MarketQuote:
    """Return what these messages tell."""
    return translate_prices.quote([texts(row) for row in rows])


def test_look_takes_a_moment_where_nobody_says_how_long() -> None:
    """Long enough for an answer."""
    with Looking(trading) as looking:
        looking.quotes = IBQuotes(looking.connection)
        eventually(lambda: looking.at(AAPL) == [MarketQuote(bid=50.0, suspended=False)])


def test_request_is_a_plain_stream_routed_by_the_broker() -> None:
    """No generic ticks, no snapshot, by contract id."""
    with Looking(trading) as looking:
        assert looking.at(AAPL) == [MarketQuote(bid=50.0, suspended=False)]
        (asked,) = looking.gateway.asked(1)
        assert asked[:2] == ["1", "11"]
        assert [text for text in asked[3:15] if text not in ("", "0.0")] == ["265598", "SMART"]
        assert asked[15:] == ["0", "", "0", "0", ""]


def test_what_is_no_stock_is_looked_at_where_it_is_listed() -> None:
    """Only stocks are routed."""
    with Looking(trading) as looking:
        looking.at(FUTURE)
        assert looking.gateway.asked(1)[0][10] == "FUT"


def test_look_that_is_over_leaves_nothing_behind() -> None:
    """A watch looks every minute, for months: what comes late is kept for nobody."""
    with Looking(lambda fields: [frames.tick(fields[2], 4, "50")], seconds=0.1) as looking:
        looking.at(AAPL, KO)
        assert looking.connection.line().inbox.ticks == {}


def test_look_ends_with_the_last_answer() -> None:
    """Nobody waits for the whole time once everybody has told."""
    with Looking(trading, seconds=30) as looking:
        begun = time.monotonic()
        looking.at(AAPL, KO)
        assert time.monotonic() - begun < 10


def test_subscription_number_is_no_order_number() -> None:
    """An error that bears it can be about nothing else."""
    with Looking(trading) as looking:
        looking.at(AAPL)
        assert int(looking.asked(1)[0]) >= 2_000_000_000


@pytest.mark.parametrize("code", [354, 10089, 10168, 10186])
def test_refused_instrument_is_left_alone_for_the_day(code: int) -> None:
    """No time is lost on it again; the next day may be another matter."""
    with Looking(refusing(code)) as looking:
        for _ in range(3):
            assert looking.at(AAPL, KO) == [NOTHING, NOTHING]
        assert len(looking.asked(1)) == 2
        looking.clock.set(NOON + timedelta(days=1))
        looking.at(AAPL)
        assert len(looking.asked(1)) == 3


@pytest.mark.parametrize("code", [10090, 10091])
def test_partial_subscription_is_listened_to(code: int) -> None:
    """Part of the ticks come all the same; where none does, it is a refusal."""

    def partly(fields: list[str]) -> list[frames.Frame]:
        error = frames.error(fields[2], code, "Part of requested market data is not subscribed.")
        return [error, *(trading(fields) if fields[3] == str(AAPL.con_id) else ())]

    with Looking(partly, seconds=0.5) as looking:
        for _ in range(2):
            assert looking.at(AAPL, KO) == [MarketQuote(bid=50.0, suspended=False), NOTHING]
        assert len(looking.asked(1)) == 3


@pytest.mark.parametrize("code", [100, 101, 10197, 322])
def test_refusal_that_passes_is_not_remembered(code: int) -> None:
    """A competing session ends, and too many tickers become fewer."""
    with Looking(refusing(code)) as looking:
        looking.at(AAPL)
        looking.gateway.answers[1] = trading
        assert looking.at(AAPL) == [MarketQuote(bid=50.0, suspended=False)]


def test_delayed_data_that_is_announced_is_listened_to() -> None:
    """The notice ends nothing; delayed ticks have types of their own."""

    def delayed(fields: list[str]) -> list[frames.Frame]:
        request = fields[2]
        return [
            frames.error(request, 10167, "Displaying delayed market data."),
            frames.data_type(request, 3),
            frames.tick(request, 68, "49.5"),
            frames.tick(request, 66, "49"),
            frames.halted(request, "0"),
        ]

    with Looking(delayed) as looking:
        assert looking.at(AAPL) == [MarketQuote(49.0, 49.5, False)]


def test_lost_servers_end_the_look() -> None:
    """What was told before may be of another time."""

    def losing(fields: list[str]) -> list[frames.Frame]:
        return [*trading(fields), frames.error(-1, 1100, "Connectivity has been lost.")]

    with Looking(losing, seconds=30) as looking:
        begun = time.monotonic()
        assert looking.at(AAPL, KO) == [NOTHING, NOTHING]
        assert time.monotonic() - begun < 10


@pytest.mark.parametrize("back", [1101, 1102])
def test_servers_that_were_lost_and_are_back_end_the_look(back: int) -> None:
    """Though the line has stood all the while: what was told may be from before."""

    def blinking(fields: list[str]) -> list[frames.Frame]:
        lost = frames.error(-1, 1100, "Connectivity has been lost.")
        restored = frames.error(-1, back, "Connectivity has been restored.")
        return [lost, restored, *trading(fields)]

    with Looking(blinking) as looking:
        assert looking.at(AAPL) == [NOTHING]


def test_data_that_were_lost_end_the_look() -> None:
    """1101 alone, as some gateways write it."""

    def losing(fields: list[str]) -> list[frames.Frame]:
        return [frames.error(-1, 1101, "Restored, data lost."), *trading(fields)]

    with Looking(losing) as looking:
        assert looking.at(AAPL) == [NOTHING]


def test_dropped_line_ends_the_look() -> None:
    """Without a word, and without an error."""
    with Looking(trading) as looking:
        looking.gateway.answers[1] = lambda _: looking.gateway.drop() or ()
        assert looking.at(AAPL) == [NOTHING]
        eventually(lambda: looking.connection.fault() is not None)
        assert looking.at(AAPL) == [NOTHING]


def test_line_that_was_never_open_is_not_waited_for() -> None:
    """Nobody tells, at once."""
    connection = IBConnection("127.0.0.1", 1, 1, FrozenClock(NOON))
    assert IBQuotes(connection).quotes([AAPL]) == {AAPL: NOTHING}


def test_many_are_asked_for_within_the_budget_and_the_time() -> None:
    """Whoever gets no turn in time has no quote; what was subscribed to is cancelled."""
    with Looking(trading, seconds=1.0, per_second=20) as looking:
        begun = time.monotonic()
        quotes = looking.at(*STOCKS)
        assert time.monotonic() - begun < 2.0
        known = [quote for quote in quotes if quote.bid is not None]
        assert 1 <= len(known) < len(STOCKS)
        assert quotes[0].bid == 50.0
        asked = looking.asked(1)
        assert len(asked) < 2 * 17 + 1  # the readers' part of two seconds
        eventually(lambda: sorted(looking.asked(2)) == sorted(asked))


def test_order_right_behind_a_look_does_not_wait() -> None:
    """Requests and cancels of quotes keep out of the lane of orders."""
    with Looking(trading, seconds=0.2, per_second=8) as looking:
        looking.at(*STOCKS)
        entry = IBOrderEntry(looking.connection)
        (number,) = entry.order_ids(1, 0)
        order = SellOrder(number, "DU0000001", AAPL, 5, OrderType.MARKET, None, "sellcli:1")
        begun = time.monotonic()
        entry.place([order])
        assert time.monotonic() - begun < 0.5
        eventually(lambda: len(looking.gateway.asked(3)) == 1)
        eventually(lambda: sorted(looking.asked(2)) == sorted(looking.asked(1)))


def test_busy_event_loop_is_not_waited_for() -> None:
    """Whatever was begun for a look that nobody waits for any more is taken back."""

    async def hog() -> None:
        time.sleep(1.5)

    with Looking(trading, seconds=0.2) as looking:
        busy = looking.connection.submit(hog())
        begun = time.monotonic()
        assert looking.at(AAPL) == [NOTHING]
        assert time.monotonic() - begun < 1.2
        busy.result()
        eventually(lambda: len(looking.asked(1)) == len(looking.asked(2)))


def test_late_ticks_are_nobodys() -> None:
    """What comes after the cancel is not taken for the next look's."""
    with Looking(lambda _: (), seconds=0.2) as looking:
        assert looking.at(AAPL) == [NOTHING]
        (late,) = looking.asked(1)
        looking.gateway.answers[1] = lambda fields: [
            frames.tick(late, 1, "1"),
            frames.halted(late, "1"),
            *trading(fields),
        ]
        looking.at(AAPL)  # its time may be over before the answer has come
        looking.quotes = IBQuotes(looking.connection, 10.0)
        assert looking.at(AAPL) == [MarketQuote(bid=50.0, suspended=False)]


@pytest.mark.parametrize("value", ["-1", "0", "0.0", "", "nan", "inf", UNSET, "n/a"])
def test_price_that_is_none_is_not_told(value: str) -> None:
    """The broker writes -1 or 0 where nobody bids."""
    quote = told(frames.tick(9, 1, value), frames.tick(9, 4, value))
    assert quote == NOTHING


@pytest.mark.parametrize(
    ("value", "suspended"),
    [
        ("0", False),
        ("0.0", False),
        ("1", True),
        ("1.0", True),
        ("2", True),
        ("-1", None),
        ("-1.0", None),
        ("", None),
        ("nan", None),
        ("halted", None),
    ],
)
def test_halted_tick_says_whether(value: str, suspended: bool | None) -> None:
    """1 in general, 2 by volatility; -1 and rubbish are not to know."""
    assert told(frames.halted(9, value)).suspended is suspended


def test_latest_word_wins() -> None:
    """A halt can begin within the moment, and a bid can go."""
    quote = told(
        *(frames.tick(9, 1, "50"), frames.halted(9, "0"), frames.tick(9, 4, "51")),
        *(frames.halted(9, "2"), frames.tick(9, 1, "-1")),
    )
    assert quote == MarketQuote(None, 51.0, True)


def test_live_ticks_are_preferred_to_delayed_ones() -> None:
    """Also where the live one says that there is no bid."""
    late = (frames.tick(9, 66, "40"), frames.tick(9, 68, "41"), frames.halted(9, "1", kind=90))
    assert told(*late) == MarketQuote(40.0, 41.0, True)
    live = (frames.tick(9, 1, "-1"), frames.tick(9, 4, "51"), frames.halted(9, "0"))
    assert told(*live, *late) == MarketQuote(None, 51.0, False)


@pytest.mark.parametrize("kind", [2, 4])
def test_frozen_prices_are_none_of_now(kind: int) -> None:
    """They are those of the last close."""
    prices = (frames.tick(9, 1, "50"), frames.tick(9, 4, "51"))
    assert told(frames.data_type(9, kind), *prices, frames.halted(9, "1")) == MarketQuote(
        suspended=True
    )
    assert told(frames.data_type(9, "x"), *prices).bid == 50.0


@pytest.mark.parametrize(
    ("rows", "enough"),
    [
        ([], False),
        ([frames.halted(9, "1")], True),
        ([frames.halted(9, "0")], False),
        ([frames.halted(9, "0"), frames.tick(9, 1, "50")], True),
        ([frames.halted(9, "0"), frames.tick(9, 1, "-1")], True),
        ([frames.tick(9, 1, "50"), frames.tick(9, 4, "50")], False),
        ([frames.tick(9, 1, "50"), frames.halted(9, "-1")], False),
    ],
)
def test_enough_is_a_halt_or_none_and_the_bid(rows: list[frames.Frame], enough: bool) -> None:
    """Only then may the wait end early."""
    assert translate_prices.is_enough([texts(row) for row in rows]) is enough


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["1", "2", "45", "46", "58", "57"]),
            st.lists(st.text("0159.-naiefE ", max_size=6), max_size=7),
        ),
        max_size=12,
    )
)
def test_rubbish_tells_nothing_that_is_no_price(rows: list[tuple[str, list[str]]]) -> None:
    """No message raises, and whatever is told is a price."""
    messages = [[message, *fields] for message, fields in rows]
    quote = translate_prices.quote(messages)
    translate_prices.is_enough(messages)
    for price in (quote.bid, quote.last):
        assert price is None or 0 < price < 1e300
    assert quote.suspended in (True, False, None)


def _cut(frame: frames.Frame, length: int) -> frames.Frame:
    return list(frame)[:length]


@pytest.mark.parametrize("length", range(1, 6))
@pytest.mark.parametrize("make", [frames.tick, frames.halted])
def test_tick_that_is_cut_short_does_no_harm(
    make: Callable[..., frames.Frame], length: int
) -> None:
    """Those behind it are read."""

    def answer(fields: list[str]) -> list[frames.Frame]:
        whole = make(fields[2], 1, "7") if make is frames.tick else make(fields[2], "1")
        cut = _cut(whole, length) if length < 5 else [*whole[:2], "x", *whole[3:]]
        return [cut, *trading(fields)]

    with Looking(answer) as looking:
        assert looking.at(evolve(AAPL)) == [MarketQuote(bid=50.0, suspended=False)]
        assert looking.connection.fault() is None
