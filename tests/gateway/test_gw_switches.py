"""Switches: which faults are on at any time, however the clock gets there."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st
from tests.gateway.gateway_stand import START

from adapters.gateway.faults import Fault, FaultKind
from adapters.gateway.switches import Switches

KINDS = (FaultKind.HALF_OPEN, FaultKind.READ_ONLY, FaultKind.FRAGMENTED)
minutes = st.integers(0, 60)


@st.composite
def faults(draw: st.DrawFn) -> Fault:
    begin, length = draw(minutes), draw(st.one_of(st.none(), st.integers(1, 30)))
    at = START + timedelta(minutes=begin)
    until = None if length is None else at + timedelta(minutes=length)
    ticker = draw(st.sampled_from([None, "NASDAQ:MSFT"]))
    return Fault(draw(st.sampled_from(KINDS)), at, until, ticker)


def spans(fault: Fault, minute: int) -> bool:
    now = START + timedelta(minutes=minute)
    return fault.at <= now and (fault.until is None or now < fault.until)


@given(st.lists(faults(), max_size=6), st.lists(minutes, min_size=1, max_size=8))
def test_a_fault_is_on_from_its_begin_to_its_end(
    all_of_them: list[Fault], steps: list[int]
) -> None:
    """Whatever steps the clock takes, what is on is what spans the present."""
    switches = Switches.of(all_of_them)
    for minute in sorted(steps):
        switches.advance(START + timedelta(minutes=minute))

        for kind in KINDS:
            expected = [f for f in all_of_them if f.kind is kind and spans(f, minute)]
            assert sorted(map(id, switches.active(kind))) == sorted(map(id, expected))
            assert (switches.on(kind) is not None) == any(f.ticker is None for f in expected)
            assert (switches.on(kind, "NASDAQ:MSFT") is not None) == bool(expected)
        assert switches.read_only == bool(switches.active(FaultKind.READ_ONLY))


@given(st.lists(faults(), max_size=6), st.lists(minutes, min_size=1, max_size=8))
def test_everybody_hears_of_each_begin_and_each_end_once(
    all_of_them: list[Fault], steps: list[int]
) -> None:
    """In order of time, ends before begins, even when the clock jumps over both."""
    heard: list[tuple[object, bool]] = []
    switches = Switches.of(all_of_them)
    for kind in KINDS:
        switches.when_begins(kind, lambda fault: heard.append((fault.at, True)))
        switches.when_ends(kind, lambda fault: heard.append((fault.until, False)))
    for minute in sorted(steps):
        switches.advance(START + timedelta(minutes=minute))
    last = START + timedelta(minutes=max(steps))

    assert sum(begun for _, begun in heard) == sum(f.at <= last for f in all_of_them)
    assert sum(not begun for _, begun in heard) == sum(
        f.until is not None and f.until <= last for f in all_of_them
    )
    assert [moment for moment, _ in heard] == sorted(moment for moment, _ in heard)
