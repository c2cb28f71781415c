"""Batches of bars over gateways that refuse, hang, lose their servers or send rubbish."""

import _thread
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta

import pytest
from attrs import evolve
from tests.contract import broker_frames as frames
from tests.contract.broker_stages import AAPL, FUTURE, KO, PATIENCE, eventually, interruptible
from tests.contract.scripted_gateway import Frame, ScriptedGateway

from adapters.clocks import FrozenClock
from adapters.ib.connection import IBConnection
from adapters.ib.market_data import IBMarketData
from adapters.ib.pacing import Pace, Pacer, Ticket
from sellcore.instrument import Instrument
from sellcore.ports.market_data import Answer
from sellcore.request import BarRequest, Cause, Duration, FetchedBars, NoBars, Unit
from sellcore.timeframe import Granularity

Answerer = Callable[[list[str]], Sequence[Frame]]

NOON = datetime(2025, 3, 24, 12, tzinfo=UTC)
SERVICE = "Historical Market Data Service error message:"
PACING = SERVICE + "Historical data request pacing violation"


def bars(fields: list[str]) -> list[Frame]:
    """Answer with two daily bars."""
    return [frames.bars(fields[1], [("20250320", 50.25), ("20250321", 51.5)])]


def ask(instrument: Instrument = AAPL, days: int = 2) -> BarRequest:
    """Return a request for daily bars."""
    return BarRequest(instrument, Granularity.DAY, Duration(days, Unit.DAYS))


def contracts(count: int) -> list[BarRequest]:
    """Return requests for different contracts."""
    return [ask(Instrument(n, f"S{n}", "NYSE", "USD")) for n in range(1, count + 1)]


class Ungapped(Pacer):
    """A pacer whose gaps are nothing: the wall time of a retry is not under test."""

    def book(self, request: BarRequest) -> Ticket:
        return evolve(super().book(request), wait=0.0)


class Feed:
    """Market data from a scripted gateway for the length of a ``with`` block."""

    def __init__(
        self,
        answer: Answerer = bars,
        *,
        timeout: float = PATIENCE / 2,
        pace: Pace | None = None,
        clock: FrozenClock | None = None,
    ) -> None:
        self.gateway = ScriptedGateway({20: answer})
        self._clock = clock or FrozenClock(NOON)
        self.pacer = Ungapped(self._clock, pace or Pace(retry_after=0.01))
        self._timeout = timeout

    def __enter__(self) -> "Feed":
        self.gateway.__enter__()
        self.connection = IBConnection(
            "127.0.0.1", self.gateway.port, 1, self._clock, messages_per_second=0
        )
        self.market_data = IBMarketData(self.connection, self.pacer, timeout=self._timeout)
        self.connection.connect()
        return self

    def __exit__(self, *_: object) -> None:
        self.connection.close()
        self.gateway.__exit__()


def causes(answers: Iterable[Answer]) -> list[Cause | None]:
    """Return why each request failed, None for those that did not."""
    return [answer.cause if isinstance(answer, NoBars) else None for answer in answers]


def test_request_is_for_regular_hours_trades_up_to_now() -> None:
    """Contract id, routing, no end, one batch of finished text: formatDate 2."""
    with Feed() as feed:
        feed.market_data.fetch([BarRequest(AAPL, Granularity.HALF_HOUR, Duration(31, Unit.DAYS))])
        (asked,) = feed.gateway.asked(20)
        assert asked[2] == "265598"
        assert asked[9] == "SMART"
        assert asked[15:] == ["", "30 mins", "31 D", "1", "TRADES", "2", "0", ""]


def test_what_is_no_stock_is_asked_of_its_own_exchange() -> None:
    """Smart routing is for stocks."""
    with Feed() as feed:
        feed.market_data.fetch([ask(FUTURE)])
        (asked,) = feed.gateway.asked(20)
        assert asked[9] == FUTURE.exchange


@pytest.mark.parametrize(
    ("code", "text", "cause"),
    [
        (162, SERVICE + "HMDS query returned no data: AAPL@SMART Trades", Cause.NO_DATA),
        (162, SERVICE + "No market data permissions for NASDAQ STK", Cause.REFUSED),
        (162, SERVICE + "API historical data query cancelled: 7", Cause.TIMEOUT),
        (165, "Historical Market Data Service query message:no items retrieved", Cause.NO_DATA),
        (200, "No security definition has been found for the request", Cause.REFUSED),
        (321, "Error validating request.-'bN' : cause - Historical data: bad", Cause.REFUSED),
        (354, "Requested market data is not subscribed.", Cause.REFUSED),
        (366, "No historical data query found for ticker id:7", Cause.TIMEOUT),
        (10197, "No market data during competing live session", Cause.REFUSED),
    ],
)
def test_error_is_an_answer_with_its_cause(code: int, text: str, cause: Cause) -> None:
    """No error hangs until the time-out, and none looks like an empty history."""
    with Feed(lambda f: [frames.error(f[1], code, text)]) as feed:
        (answer,) = feed.market_data.fetch([ask()])
        assert isinstance(answer, NoBars)
        assert answer.cause is cause
        assert answer.text == f"{code}: {text}"
        assert feed.gateway.asked(25) == []


def test_remarks_before_the_bars_do_not_end_the_request() -> None:
    """Farm notices, delayed-data and reconnect notices under the request's own number."""

    def answer(fields: list[str]) -> list[Frame]:
        remarks = [
            frames.error(fields[1], 165, "query message:HMDS server disconnect occurred."),
            frames.error(fields[1], 10167, "Displaying delayed market data."),
            frames.error(fields[1], 2106, "HMDS data farm connection is OK:ushmds"),
            frames.error(-1, 2105, "HMDS data farm connection is broken:ushmds"),
        ]
        return [*remarks, *bars(fields)]

    with Feed(answer) as feed:
        assert causes(feed.market_data.fetch([ask()])) == [None]


def test_bars_are_as_old_as_their_question() -> None:
    """An answer that took a minute may show a bar forming that has ended by its arrival."""
    clock = FrozenClock(NOON)

    def slowly(fields: list[str]) -> list[Frame]:
        clock.set(NOON + timedelta(minutes=1))
        return bars(fields)

    with Feed(slowly, clock=clock) as feed:
        (answer,) = feed.market_data.fetch([ask()])

    assert isinstance(answer, FetchedBars)
    assert answer.asked_at == NOON


def test_no_answer_is_a_time_out_and_is_cancelled() -> None:
    """Silence is no history, and must not keep one of the broker's open slots."""
    with Feed(lambda _: (), timeout=0.2) as feed:
        (answer,) = feed.market_data.fetch([ask()])
        assert answer == NoBars(ask(), Cause.TIMEOUT, "no answer within 0.2 s")
        (asked,) = feed.gateway.asked(20)
        eventually(lambda: feed.gateway.asked(25) == [["25", "1", asked[1]]])
        assert feed.pacer.allowed == 16


def test_bars_that_come_after_the_time_out_answer_nobody() -> None:
    """A late answer is not taken for that of the next request."""
    with Feed(lambda _: (), timeout=1.0) as feed:
        feed.market_data.fetch([ask(days=1)])
        (late,) = feed.gateway.asked(20)
        feed.gateway.answers[20] = lambda f: [*bars(late), *bars(f)]
        second, third = feed.market_data.fetch([ask(days=2), ask(days=3)])
        assert causes([second, third]) == [None, None]


@pytest.mark.parametrize(
    "rubbish",
    [
        [("yesterday", 50.0)],
        [("20250321 10:00:00 Middle Earth Standard Time", 50.0)],
        [("", 50.0)],
        [(f"{86_400 * 10**20}", 50.0)],
    ],
)
def test_answer_that_cannot_be_read_spoils_no_other(rubbish: list[tuple[str, float]]) -> None:
    """Dates that are none end their own request, at once."""

    def answer(fields: list[str]) -> list[Frame]:
        return [frames.bars(fields[1], rubbish)] if fields[2] == "265598" else bars(fields)

    with Feed(answer) as feed:
        answers = feed.market_data.fetch([ask(AAPL), ask(KO)])
        assert causes(answers) == [Cause.REFUSED, None]


def test_answer_that_is_cut_short_is_refused_at_once() -> None:
    """ib_async would lose such a message and leave the request to its time-out."""
    with Feed(lambda f: [(17, f[1], "a", "b", 2, "20250320", 1, 2)]) as feed:
        assert causes(feed.market_data.fetch([ask()])) == [Cause.REFUSED]


def test_numbers_that_are_none_are_handed_on() -> None:
    """NaN, nothing and words are for the core to judge."""
    row = ("20250320", "nan", "", "x", "1.5", "-1", "", "")
    with Feed(lambda f: [(17, f[1], "a", "b", 1, *row)]) as feed:
        (answer,) = feed.market_data.fetch([ask()])
        assert isinstance(answer, FetchedBars)
        assert answer.close.tolist() == [1.5]
        assert str(answer.open.tolist() + answer.high.tolist()) == "[nan, nan]"


def refuse_first(text: str, times: int) -> Answerer:
    """Refuse each contract's first requests as too fast, then answer."""
    refused: Counter[str] = Counter()

    def answer(fields: list[str]) -> list[Frame]:
        refused[fields[2]] += 1
        if refused[fields[2]] > times:
            return bars(fields)
        return [frames.error(fields[1], 162, text)]

    return answer


def test_pacing_refusal_is_asked_once_more_and_slows_down() -> None:
    """The second try brings the bars; the pacer remembers."""
    with Feed(refuse_first(PACING, 1)) as feed:
        assert causes(feed.market_data.fetch([ask(AAPL), ask(KO)])) == [None, None]
        assert len(feed.gateway.asked(20)) == 4
        assert feed.pacer.allowed == 16


def test_pacing_refusal_is_not_asked_for_ever() -> None:
    """Twice refused is refused, with its cause."""
    with Feed(refuse_first(PACING, 99)) as feed:
        assert causes(feed.market_data.fetch([ask()])) == [Cause.PACING]
        assert len(feed.gateway.asked(20)) == 2


@pytest.mark.parametrize("code", [100, 420])
def test_other_words_for_too_fast_are_understood(code: int) -> None:
    """The message rate and the real-time limit have codes of their own."""
    with Feed(lambda f: [frames.error(f[1], code, "Max rate exceeded")]) as feed:
        assert causes(feed.market_data.fetch([ask()])) == [Cause.PACING]
        assert feed.pacer.allowed < 32


def test_unaddressed_rate_warning_slows_down() -> None:
    """Error 100 may name no request; the next breach ends the session."""
    with Feed() as feed:
        feed.gateway.say(*frames.error(-1, 100, "Max rate of messages per second exceeded"))
        eventually(lambda: feed.pacer.allowed == 16)


def test_no_more_requests_fly_than_allowed() -> None:
    """The gateway never sees more open than the setting, and all are answered."""
    most, flying, held = 0, 0, []

    def answer(fields: list[str]) -> list[Frame]:
        nonlocal most, flying
        flying += 1
        most = max(most, flying)
        held.append(fields)
        if flying < 4 and len(feed.gateway.asked(20)) < 20:
            return []
        flying -= len(held)
        frames_ = [frame for late in held for frame in bars(late)]
        held.clear()
        return frames_

    with Feed(answer, pace=Pace(concurrency=4)) as feed:
        answers = feed.market_data.fetch(contracts(20))
        assert causes(answers) == [None] * 20
        assert most == 4


def test_line_lost_in_the_middle_answers_every_request() -> None:
    """What was answered stays; the rest says that the line is gone."""

    def answer(fields: list[str]) -> list[Frame]:
        if int(fields[2]) == 11:
            feed.gateway.drop()
            return []
        return bars(fields)

    with Feed(answer, pace=Pace(concurrency=5)) as feed:
        answers = feed.market_data.fetch(contracts(40))
        found = causes(answers)
        assert found[:5] == [None] * 5
        assert set(found) == {None, Cause.DISCONNECTED}
        assert found[-1] is Cause.DISCONNECTED


def test_servers_lost_in_the_middle_end_what_is_in_flight() -> None:
    """After an 1100 nothing is waited for, and nothing more is asked."""

    def answer(fields: list[str]) -> list[Frame]:
        return [frames.error(-1, 1100, "Connectivity has been lost")]

    with Feed(answer, pace=Pace(concurrency=1)) as feed:
        answers = feed.market_data.fetch(contracts(10))
        assert causes(answers) == [Cause.DISCONNECTED] * 10
        assert len(feed.gateway.asked(20)) == 1
        feed.gateway.say(*frames.error(-1, 1102, "restored"))
        eventually(lambda: feed.connection.fault() is None)
        feed.gateway.answers[20] = bars
        assert causes(feed.market_data.fetch([ask()])) == [None]


def test_interrupt_by_the_callback_cancels_what_is_in_flight() -> None:
    """An exception in the progress bar ends the batch; the broker's slots are given back."""

    def answer(fields: list[str]) -> Sequence[Frame]:
        return bars(fields) if fields[2] == "1" else ()

    def stop(_: Answer) -> None:
        raise KeyboardInterrupt

    with Feed(answer, timeout=600.0) as feed:
        with pytest.raises(KeyboardInterrupt):
            feed.market_data.fetch(contracts(8), stop)
        eventually(lambda: len(feed.gateway.asked(25)) == len(feed.gateway.asked(20)) - 1)
        feed.gateway.answers[20] = bars
        assert causes(feed.market_data.fetch([ask()])) == [None]


def test_ctrl_c_while_waiting_cancels_what_is_in_flight() -> None:
    """The wait for an answer can be interrupted, and the line is used on."""
    with interruptible(), Feed(lambda _: _thread.interrupt_main() or (), timeout=600.0) as feed:
        with pytest.raises(KeyboardInterrupt):
            feed.market_data.fetch([ask()])
        eventually(lambda: len(feed.gateway.asked(25)) == 1)
        feed.gateway.answers[20] = bars
        assert causes(feed.market_data.fetch([ask(KO)])) == [None]


def test_closing_the_connection_ends_a_batch_that_waits() -> None:
    """Another thread may hang up; nobody waits for ever."""
    with Feed(lambda _: threading.Thread(target=feed.connection.close).start() or ()) as feed:
        assert causes(feed.market_data.fetch(contracts(3))) == [Cause.DISCONNECTED] * 3


def test_error_of_ours_is_no_missing_history() -> None:
    """It is raised: what is wrong in the program is not the broker's silence."""

    class Broken(Pacer):
        def book(self, request: BarRequest) -> Ticket:
            raise ZeroDivisionError

    with Feed() as feed:
        market_data = IBMarketData(feed.connection, Broken(FrozenClock(NOON)))
        with pytest.raises(ZeroDivisionError):
            market_data.fetch(contracts(3))


def test_five_hundred_holdings_are_fetched() -> None:
    """A thousand requests in one batch, each answered with its own bars."""

    def answer(fields: list[str]) -> list[Frame]:
        return [frames.bars(fields[1], [("20250321", int(fields[2]))])]

    requests = contracts(1000)
    with Feed(answer) as feed:
        answers = feed.market_data.fetch(requests)
        closes = [a.close.tolist() for a in answers if isinstance(a, FetchedBars)]
        assert closes == [[float(request.instrument.con_id)] for request in requests]
