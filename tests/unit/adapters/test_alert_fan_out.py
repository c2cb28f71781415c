"""Along every way at once: retries, what is dropped, and the end."""

import threading
from datetime import UTC, datetime, timedelta
from time import monotonic, sleep

import pytest

from adapters.alerts.fan_out import WORST_FIRST, FanOut
from sellcore.errors import NotDelivered
from sellcore.ports.alerts import Cause, Notice

NOON = datetime(2022, 5, 20, 12, tzinfo=UTC)


def a_notice(text="", cause=Cause.SIGNAL, minutes=0):
    return Notice(NOON + timedelta(minutes=minutes), cause, "DU0000001", text, {})


class Scripted:
    """A channel that fails as it is told to, then delivers; ``gate`` holds it up."""

    def __init__(self, name="the way", fails=0, error=None, gate=None):
        self.name = name
        self.told = []
        self.tried = []
        self.entered = threading.Event()
        self._fails = fails
        self._error = error or NotDelivered("not now")
        self._gate = gate

    def deliver(self, notice):
        self.entered.set()
        if self._gate is not None:
            assert self._gate.wait(30)
        self.tried.append((notice.text, monotonic()))
        if self._fails:
            self._fails -= 1
            raise self._error
        self.told.append(notice.text)


@pytest.fixture
def opened():
    """Make fans that are closed at the end, whatever a test does."""
    fans = []

    def open_fan(*channels, **how):
        fans.append(FanOut(channels, **{"pauses": (0.01, 0.01), **how}))
        return fans[-1]

    yield open_fan
    for fan in fans:
        fan.close(10)


def until(condition):
    end = monotonic() + 10
    while not condition():
        assert monotonic() < end
        sleep(0.005)


def test_every_cause_has_its_rank():
    """A cause that is added must be placed; the worst is the last to be dropped."""
    assert set(WORST_FIRST) == set(Cause)
    assert len(WORST_FIRST) == len(Cause)


def test_what_a_person_must_see_to_is_worse_than_what_only_tells():
    """A day of sales must not crowd out the one that was not made."""
    tells = {Cause.FILLED, Cause.SENT, Cause.SIGNAL, Cause.TEST}

    assert set(WORST_FIRST[-len(tells) :]) == tells
    assert WORST_FIRST[0] is Cause.UNKNOWN


def test_what_is_new_goes_ahead_of_what_failed(opened):
    """The next alert must not wait for one that may never get through."""
    gate = threading.Event()
    way = Scripted(fails=1, gate=gate)
    fan = opened(way, pauses=(0.0,))
    for text in ("a", "b", "c"):
        fan.send(a_notice(text))
    gate.set()
    until(lambda: len(way.told) == 3)

    assert [text for text, _ in way.tried] == ["a", "b", "c", "a"]


@pytest.mark.parametrize("fails", [1, 2])
def test_what_failed_is_tried_again(opened, fails):
    """A stumble is nobody's business."""
    way = Scripted(fails=fails)
    fan = opened(way)
    fan.send(a_notice("a"))
    until(lambda: way.told == ["a"])

    assert len(way.tried) == fails + 1
    assert fan.failures() == ()


def test_it_is_given_up_after_the_last_attempt(opened):
    """One line: what, when, by which way, how often and why."""
    way = Scripted(fails=3)
    fan = opened(way)
    fan.send(a_notice("a", Cause.REJECTED))
    fan.close(10)
    (line,) = fan.failures()

    assert (len(way.tried), way.told) == (3, [])
    assert line == (
        "alert 'rejected' of 2022-05-20T12:00:00Z was not delivered by the way in 3 attempts: "
        "not now"
    )


def test_pauses_grow_as_they_are_given(opened):
    """Whoever is down needs time, not more questions."""
    way = Scripted(fails=2)
    fan = opened(way, pauses=(0.1, 0.4))
    fan.send(a_notice("a"))
    until(lambda: way.told)

    first, second, third = (at for _, at in way.tried)
    assert second - first >= 0.1
    assert third - second >= 0.4


def test_a_retry_holds_up_neither_other_ways_nor_later_notices(opened):
    """While one way is being waited for, everything else goes on."""
    broken, fine = Scripted(fails=1), Scripted("the other")
    fan = opened(broken, fine, pauses=(0.5,))
    fan.send(a_notice("a"))
    fan.send(a_notice("b"))
    until(lambda: fine.told == ["a", "b"] and broken.told == ["b"])

    until(lambda: broken.told == ["b", "a"])
    assert fan.failures() == ()


def test_error_of_ours_in_one_way_ends_no_other(opened):
    """The thread goes on, and its line repeats nothing of what was raised."""
    broken, fine = Scripted(fails=3, error=KeyError("T0P5ECRET")), Scripted("the other")
    fan = opened(broken, fine)
    fan.send(a_notice("a"))
    fan.close(10)

    assert fine.told == ["a"]
    (line,) = fan.failures()
    assert line == (
        "alert 'signal' of 2022-05-20T12:00:00Z was not delivered by the way in 3 attempts: "
        "internal error: KeyError"
    )


def test_no_room_drops_the_oldest_of_the_least_important(opened):
    """What may cost money stays; each that goes is a failure."""
    gate = threading.Event()
    way = Scripted(gate=gate)
    fan = opened(way, capacity=3)
    fan.send(a_notice("in hand"))
    assert way.entered.wait(10)
    for minute, (text, cause) in enumerate(
        [
            ("unknown", Cause.UNKNOWN),
            ("signal 1", Cause.SIGNAL),
            ("signal 2", Cause.SIGNAL),
            ("gone", Cause.PROTECTION_GONE),
            ("filled", Cause.FILLED),
            ("signal 3", Cause.SIGNAL),
            ("sent", Cause.SENT),
        ]
    ):
        fan.send(a_notice(text, cause, minute))
    gate.set()
    fan.close(10)

    assert way.told == ["in hand", "unknown", "gone", "filled"]
    lines = fan.failures()
    assert [line.partition(" was dropped ")[0] for line in lines] == [
        "alert 'signal' of 2022-05-20T12:01:00Z",
        "alert 'signal' of 2022-05-20T12:02:00Z",
        "alert 'signal' of 2022-05-20T12:05:00Z",
        "alert 'sent' of 2022-05-20T12:06:00Z",
    ]
    assert lines[0].endswith("before it went by the way: 3 others wait already")


def test_oldest_is_dropped_though_it_waits_behind_later_ones(opened):
    """It has failed once, and is to be tried again."""

    class OneByOne(threading.Semaphore):
        asked = 0

        def wait(self, seconds):
            self.asked += 1
            return self.acquire(timeout=seconds)

    gate = OneByOne(0)
    fan = opened(Scripted(fails=1, gate=gate), capacity=2, pauses=(60.0,))
    fan.send(a_notice("a"))
    until(lambda: gate.asked == 1)
    fan.send(a_notice("b", minutes=1))
    fan.send(a_notice("c", minutes=2))
    gate.release()
    until(lambda: gate.asked == 2)  # b is in hand, and a waits behind c
    fan.send(a_notice("d", minutes=3))
    (line,) = fan.failures()
    gate.release(9)

    assert line.startswith("alert 'signal' of 2022-05-20T12:00:00Z was dropped ")


def test_three_attempts_are_made_where_nobody_says_how_many():
    """At the end without their pauses."""
    fan = FanOut([way := Scripted(fails=9)])
    fan.send(a_notice("a"))
    fan.close(10)

    assert len(way.tried) == 3


def test_notice_that_is_to_go_many_ways_takes_the_room_of_one(opened):
    """The capacity counts notices, however many are told of each."""
    gate = threading.Event()
    ways = [Scripted(name, gate=gate) for name in ("bell", "mail", "webhook")]
    fan = opened(*ways, capacity=3)
    for text in ("a", "b", "c"):
        fan.send(a_notice(text))
    gate.set()
    fan.close(10)

    assert [way.told for way in ways] == [["a", "b", "c"]] * 3
    assert fan.failures() == ()


def test_closing_waits_for_what_is_queued_and_no_pause(opened):
    """The end of the day is told as well, and soon."""
    way = Scripted(fails=1)
    fan = opened(way, pauses=(60.0, 60.0))
    for text in "abc":
        fan.send(a_notice(text))
    began = monotonic()
    fan.close(30)

    assert sorted(way.told) == ["a", "b", "c"]
    assert monotonic() - began < 10
    assert fan.failures() == ()


def test_closing_gives_up_in_time_and_says_what_is_left(opened):
    """A hanging way does not keep the program from ending."""
    gate = threading.Event()
    fan = opened(way := Scripted(gate=gate))
    fan.send(a_notice("a"))
    fan.send(a_notice("b", minutes=1))
    assert way.entered.wait(10)
    began = monotonic()
    fan.close(0.05)

    assert monotonic() - began < 5
    lines = fan.failures()
    gate.set()
    assert lines == tuple(
        f"alert 'signal' of 2022-05-20T12:0{minute}:00Z was not delivered by the way in 1 attempt: "
        "the program ended first; it may not have arrived"
        for minute in (0, 1)
    )
    until(lambda: way.tried)
    fan.close(10)
    assert way.told == ["a"]
    assert fan.failures() == ()


@pytest.mark.parametrize("fails", [0, 3])
def test_what_was_given_up_at_the_end_is_told_once_and_not_tried_again(opened, fails):
    """Its way may come back, with an answer or with none: nobody listens any more."""
    gate = threading.Event()
    fan = opened(way := Scripted(fails=fails, gate=gate))
    fan.send(a_notice("a"))
    assert way.entered.wait(10)
    fan.close(0.05)
    given_up = fan.failures()
    gate.set()
    fan.close(10)

    assert (len(given_up), fan.failures()) == (1, ())
    assert [text for text, _ in way.tried] == ["a"]


def test_after_the_end_nothing_is_raised(opened):
    """Closing twice is fine, and what comes later is a failure."""
    fan = opened(way := Scripted())
    fan.close(10)
    fan.close(10)
    fan.send(a_notice("a"))

    assert way.told == []
    assert fan.failures() == (
        "alert 'signal' of 2022-05-20T12:00:00Z came after the end and was not delivered",
    )
    assert fan.failures() == ()


def test_only_the_latest_failures_are_kept(opened):
    """Where nobody asks for them, they are not to fill the memory."""
    fan = opened()
    fan.close(10)
    for minute in range(1001):
        fan.send(a_notice("a", minutes=minute))

    lines = fan.failures()
    assert len(lines) == 1000
    assert lines[0].startswith("alert 'signal' of 2022-05-20T12:01:00Z ")


def test_two_hundred_notices_may_wait(opened):
    """Unless another number is given."""
    gate = threading.Event()
    fan = opened(way := Scripted(gate=gate))
    fan.send(a_notice("in hand"))
    assert way.entered.wait(10)
    for minute in range(201):
        fan.send(a_notice("a", minutes=minute))
    lines = fan.failures()
    gate.set()

    assert lines == (
        "alert 'signal' of 2022-05-20T12:00:00Z was dropped before it went by the way: "
        "200 others wait already",
    )


def test_ways_are_tried_in_the_order_in_which_they_are_given(opened):
    """The quickest is to be named first."""
    gate, order = threading.Event(), []

    class Noting(Scripted):
        def deliver(self, notice):
            super().deliver(notice)
            order.append((notice.text, self.name))

    fan = opened(*(Noting(name, gate=gate) for name in ("webhook", "bell", "mail")))
    fan.send(a_notice("a"))
    fan.send(a_notice("b"))
    gate.set()
    fan.close(10)

    assert order == [(text, name) for text in "ab" for name in ("webhook", "bell", "mail")]


def test_one_attempt_is_all_where_there_are_no_pauses(opened):
    """As many attempts as pauses, and the first."""
    fan = opened(way := Scripted(fails=1), pauses=())
    fan.send(a_notice("a"))
    until(lambda: way.tried)
    fan.close(10)

    assert fan.failures() == (
        "alert 'signal' of 2022-05-20T12:00:00Z was not delivered by the way in 1 attempt: not now",
    )


def test_thread_keeps_no_program_from_ending(opened):
    """One that forgets to close it can still end."""
    known = set(threading.enumerate())
    opened()

    (ours,) = set(threading.enumerate()) - known
    assert (ours.name, ours.daemon) == ("alerts", True)


def test_without_any_way_nothing_happens(opened):
    """Alerts are optional."""
    fan = opened()
    fan.send(a_notice("a"))
    fan.close(10)

    assert fan.failures() == ()


def test_notice_that_breaks_a_promise_raises_nowhere(opened):
    """Not even one without a time zone."""
    way = Scripted(fails=3)
    fan = opened(way)
    fan.send(Notice(datetime(2022, 5, 20, 12), Cause.SENT, "", "", {}))
    fan.close(10)

    assert fan.failures() == (
        "alert 'sent' of 2022-05-20T12:00:00 was not delivered by the way in 3 attempts: not now",
    )


def test_many_threads_may_send_at_once(opened):
    """Nothing is lost and nothing told twice."""
    way = Scripted()
    fan = opened(way, capacity=1000)
    threads = [
        threading.Thread(target=lambda n=n: [fan.send(a_notice(f"{n} {i}")) for i in range(50)])
        for n in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    fan.close(30)

    assert sorted(way.told) == sorted(f"{n} {i}" for n in range(8) for i in range(50))
    assert fan.failures() == ()
