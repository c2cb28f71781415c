"""The pacer: arithmetic over a clock that is passed in."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.clocks import FrozenClock
from adapters.ib.pacing import Pace, Pacer
from sellcore.errors import InvalidValue
from sellcore.instrument import Instrument
from sellcore.request import BarRequest, Duration, Unit
from sellcore.timeframe import Granularity

NOON = datetime(2025, 3, 24, 12, tzinfo=UTC)


def a_request(
    con_id: int = 1, days: int = 1, granularity: Granularity = Granularity.HALF_HOUR
) -> BarRequest:
    """Return a request for bars."""
    instrument = Instrument(con_id, f"S{con_id}", "NYSE", "USD")
    return BarRequest(instrument, granularity, Duration(days, Unit.DAYS))


def test_first_requests_do_not_wait() -> None:
    """A hundred contracts can be asked for in one go."""
    pacer = Pacer(FrozenClock(NOON))
    assert {pacer.book(a_request(n)).wait for n in range(100)} == {0.0}


def test_identical_request_waits_out_its_gap() -> None:
    """Asked again at once, a request leaves five seconds later, the next one ten."""
    pacer = Pacer(FrozenClock(NOON))
    assert [pacer.book(a_request()).wait for _ in range(3)] == [0.0, 5.0, 10.0]


def test_identical_request_a_minute_later_does_not_wait() -> None:
    """The minute's refresh is never held up."""
    clock = FrozenClock(NOON)
    pacer = Pacer(clock)
    pacer.book(a_request())
    clock.sleep_until(NOON + timedelta(minutes=1))
    assert pacer.book(a_request()).wait == 0.0


def test_requests_for_one_contract_are_spread() -> None:
    """The sixth different request for a contract within two seconds waits them out."""
    pacer = Pacer(FrozenClock(NOON))
    waits = [pacer.book(a_request(days=n)).wait for n in range(1, 8)]
    assert waits == [0, 0, 0, 0, 0, 2, 2]


@pytest.mark.parametrize("back", [timedelta(hours=1), timedelta(days=400)])
def test_a_clock_that_is_set_back_holds_nobody_up(back: timedelta) -> None:
    """What was booked in what is now the future is forgotten."""
    clock = FrozenClock(NOON)
    pacer = Pacer(clock)
    pacer.book(a_request())
    clock.set(NOON - back)
    assert pacer.book(a_request()).wait == 0.0


def test_a_clock_that_is_nudged_back_keeps_every_gap() -> None:
    """A machine that is kept in time steps back by moments: the broker counts on as before."""
    clock = FrozenClock(NOON)
    pacer = Pacer(clock)
    pacer.book(a_request())
    clock.set(NOON - timedelta(seconds=0.5))
    assert pacer.book(a_request()).wait == 5.5


@given(st.lists(st.tuples(st.integers(1, 3), st.integers(1, 3), st.floats(0, 3)), max_size=60))
def test_departures_keep_every_gap(story: list[tuple[int, int, float]]) -> None:
    """However requests come in, each leaves late enough after those it must keep away from."""
    clock = FrozenClock(NOON)
    pacer = Pacer(clock)
    left: dict[object, list[float]] = {}
    for con_id, days, later in story:
        clock.sleep_until(clock.now() + timedelta(seconds=later))
        request = a_request(con_id, days)
        at = clock.now().timestamp() + pacer.book(request).wait
        left.setdefault(request, []).append(at)
        left.setdefault(con_id, []).append(at)
    for key, times in left.items():
        count, seconds = (1, 5.0) if isinstance(key, BarRequest) else (5, 2.0)
        assert all(
            later - earlier >= seconds - 1e-3
            for earlier, later in zip(times, times[count:], strict=False)
        )


@pytest.mark.parametrize(("wanted", "allowed"), [(1, 1), (32, 32), (50, 50), (51, 50), (999, 50)])
def test_concurrency_never_exceeds_the_brokers_fifty(wanted: int, allowed: int) -> None:
    """A larger setting is cut to what the broker takes."""
    assert Pacer(FrozenClock(NOON), Pace(wanted)).allowed == allowed


@pytest.mark.parametrize("wanted", [0, -3])
def test_concurrency_below_one_is_refused(wanted: int) -> None:
    """Nothing in flight would be nothing ever asked."""
    with pytest.raises(
        InvalidValue, match=f"^concurrency {wanted} is not at least 1; the default is 32$"
    ):
        Pace(wanted)


def test_refusal_halves_what_may_be_in_flight_and_pauses() -> None:
    """A pacing refusal slows everything down."""
    pacer = Pacer(FrozenClock(NOON))
    pacer.refused(pacer.book(a_request()))
    assert pacer.allowed == 16
    assert [pacer.book(a_request(n)).wait for n in (2, 3, 4)] == [0.25, 0.5, 0.75]


def test_refusals_of_one_burst_count_once() -> None:
    """Thirty requests refused together say what one says."""
    pacer = Pacer(FrozenClock(NOON))
    tickets = [pacer.book(a_request(n)) for n in range(30)]
    for ticket in tickets:
        pacer.refused(ticket)
    assert pacer.allowed == 16


def test_good_answers_win_the_speed_back_step_by_step() -> None:
    """After a slow-down, a run of answers raises the limit in steps, up to the setting."""
    pacer = Pacer(FrozenClock(NOON))
    pacer.slow_down()
    pacer.slow_down()
    seen = [pacer.allowed]
    for _ in range(100):
        pacer.answered()
        seen.append(pacer.allowed)
    assert seen == sorted(seen)
    assert {8, 12, 16, 32} <= set(seen)
    assert seen[-1] == 32
    assert pacer.pause == 0.0


@given(st.lists(st.booleans(), max_size=300), st.integers(1, 60))
def test_limits_stay_within_bounds(story: list[bool], wanted: int) -> None:
    """Whatever is refused and answered, at least one request may fly and never too many."""
    pacer = Pacer(FrozenClock(NOON), Pace(wanted))
    for good in story:
        if good:
            pacer.answered()
        else:
            pacer.slow_down()
        assert 1 <= pacer.allowed <= min(wanted, 50)
        assert 0 <= pacer.pause <= pacer.pace.longest_pause


def test_pause_doubles_with_each_slow_down_and_ends_at_four_seconds() -> None:
    """A gateway that goes on refusing is asked ever more slowly, but it is asked."""
    pacer = Pacer(FrozenClock(NOON))
    seen = []
    for _ in range(7):
        pacer.slow_down()
        seen.append((pacer.allowed, pacer.pause))

    assert seen == [(16, 0.25), (8, 0.5), (4, 1.0), (2, 2.0), (1, 4.0), (1, 4.0), (1, 4.0)]


def test_ten_good_answers_in_a_row_win_back_one_step() -> None:
    """An eighth of the setting, and half of the pause; a slow-down begins the count anew."""
    pacer = Pacer(FrozenClock(NOON))
    for _ in range(3):
        pacer.slow_down()
    for _ in range(9):
        pacer.answered()
    pacer.slow_down()
    steps = []
    for _ in range(5):
        for _ in range(9):
            pacer.answered()
        before = pacer.allowed
        pacer.answered()
        steps.append((before, pacer.allowed, pacer.pause))

    assert steps == [(2, 6, 1.0), (6, 10, 0.5), (10, 14, 0.25), (14, 18, 0.0), (18, 22, 0.0)]


def test_small_concurrency_is_won_back_by_ones() -> None:
    """An eighth of it would be nothing."""
    pacer = Pacer(FrozenClock(NOON), Pace(4))
    pacer.slow_down()
    pacer.slow_down()
    for _ in range(10):
        pacer.answered()

    assert pacer.allowed == 2


def test_pause_holds_whoever_asks_for_whatever() -> None:
    """Other contracts, too: the gateway is one."""
    pacer = Pacer(FrozenClock(NOON))
    pacer.slow_down()
    pacer.slow_down()

    assert [pacer.book(a_request(n)).wait for n in (1, 2, 3)] == [0.0, 0.5, 1.0]


@pytest.mark.parametrize(("back", "wait"), [(0.5, 5.5), (1.0, 6.0), (1.5, 0.0)])
def test_clock_that_is_corrected_by_a_little_was_not_set(back: float, wait: float) -> None:
    """What was booked stands for up to a second."""
    clock = FrozenClock(NOON)
    pacer = Pacer(clock)
    pacer.book(a_request())
    clock.set(NOON - timedelta(seconds=back))

    assert pacer.book(a_request()).wait == wait


def test_clock_that_is_set_back_twice_is_seen_both_times() -> None:
    """It is compared with what it said last."""
    clock = FrozenClock(NOON)
    pacer = Pacer(clock)
    for hours in (2, 4):
        pacer.book(a_request())
        clock.set(NOON - timedelta(hours=hours))

        assert pacer.book(a_request()).wait == 0.0


def test_defaults_suit_a_live_account() -> None:
    """As the manual says."""
    assert Pace() == Pace(32, 10.0, 10, 0.25, 4.0)
