"""So many departures within so many seconds."""

from hypothesis import given
from hypothesis import strategies as st

from adapters.ib.window import Bookings, Window


@given(
    count=st.integers(1, 5),
    seconds=st.floats(0.0, 10.0),
    gaps=st.lists(st.floats(0.0, 20.0), max_size=30),
)
def test_wait_is_what_is_left_of_the_window(count: int, seconds: float, gaps: list[float]) -> None:
    """Nothing where it is over, and never less; only what counts is kept."""
    window, bookings = Window(count, seconds), Bookings()
    now, left = 0.0, []
    for gap in gaps:
        now += gap
        wait = bookings.wait(window, now)

        assert wait == (0.0 if len(left) < count else max(0.0, left[-count] + seconds - now))
        bookings.book(window, now + wait)
        left.append(now + wait)
        assert list(bookings.times) == left[-count:]
