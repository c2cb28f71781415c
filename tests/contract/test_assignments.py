"""What every assignment store promises."""

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from attrs import frozen
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.csv_assignments import CsvAssignments
from adapters.memory_assignments import MemoryAssignments
from sellcore.assignment import Assignments
from sellcore.errors import InvalidValue
from sellcore.ports.assignments import AssignmentStore
from sellcore.rule import LENGTHS, AverageKind, MovingAverageRule
from sellcore.timeframe import Timeframe

HOURLY = MovingAverageRule(AverageKind.SMA, 50, Timeframe.HOUR)
DAILY = MovingAverageRule(AverageKind.EMA, 200, Timeframe.DAY)

rules = st.builds(
    MovingAverageRule,
    st.sampled_from(AverageKind),
    st.sampled_from(LENGTHS),
    st.sampled_from(Timeframe),
)
symbols = st.text(
    st.characters(min_codepoint=32, exclude_categories=["C", "Z"]), min_size=1, max_size=12
)
tickers = st.builds("{}:{}".format, symbols.filter(lambda s: ":" not in s), symbols).map(
    # Until it stays: the upper case of a few letters has an upper case of its own.
    lambda ticker: ticker.upper().upper()
)


@frozen
class Opened:
    """A new store, and how the next process opens the same one."""

    store: AssignmentStore
    reopen: Callable[[], AssignmentStore]


def in_memory(folder):
    store = MemoryAssignments()
    return Opened(store, lambda: store)


def in_csv(folder):
    path = folder / "config" / "assigned_ma.csv"
    return Opened(CsvAssignments(path), lambda: CsvAssignments(path))


@pytest.fixture(params=[in_memory, in_csv])
def opened(request, tmp_path):
    return request.param(tmp_path)


@pytest.fixture
def store(opened):
    return opened.store


class TestAssignmentStore:
    def test_new_store_assigns_nothing(self, store):
        """A first start has no assignments and no complaints."""
        assert store.load().rules == {}
        assert store.load().problems == ()

    def test_assignment_is_found_again(self, store, opened):
        """What was assigned is what the next process reads."""
        store.assign("NASDAQ:AAPL", HOURLY)

        assert opened.reopen().load().rules == {"NASDAQ:AAPL": HOURLY}

    def test_second_assignment_of_a_ticker_replaces_the_first(self, store, opened):
        """A ticker follows one rule."""
        store.assign("NASDAQ:AAPL", HOURLY)
        store.assign("NASDAQ:AAPL", DAILY)

        assert opened.reopen().load().rules == {"NASDAQ:AAPL": DAILY}

    def test_tickers_are_equal_in_any_case(self, store):
        """Typing a ticker in lower case does not make a second one."""
        store.assign(" nasdaq:aapl ", HOURLY)
        store.assign("NASDAQ:AAPL", DAILY)

        assert store.load().rules == {"NASDAQ:AAPL": DAILY}

    def test_other_tickers_keep_their_rules(self, store, opened):
        """Nothing is dropped because something else is assigned."""
        store.assign("NYSE:IBM", DAILY)
        store.assign_all({"NASDAQ:AAPL": HOURLY, "NASDAQ:MSFT": DAILY})

        assert opened.reopen().load().rules == {
            "NYSE:IBM": DAILY,
            "NASDAQ:AAPL": HOURLY,
            "NASDAQ:MSFT": DAILY,
        }

    def test_tickers_keep_the_order_they_came_in(self, store):
        """People find a row where they left it."""
        for ticker in ("NYSE:T", "NYSE:A", "NYSE:M"):
            store.assign(ticker, HOURLY)
        store.assign("NYSE:A", DAILY)

        assert list(store.load().rules) == ["NYSE:T", "NYSE:A", "NYSE:M"]

    @pytest.mark.parametrize("ticker", ["", "AAPL", "NASDAQ:", ":AAPL", "NYSE:A\nNYSE:B"])
    def test_what_is_no_ticker_is_refused_and_nothing_stored(self, store, ticker):
        """One bad name spoils the whole batch, before any of it is stored."""
        with pytest.raises(InvalidValue, match="ticker"):
            store.assign_all({"NYSE:IBM": HOURLY, ticker: DAILY})

        assert store.load().rules == {}

    def test_what_was_loaded_stays_as_it_was(self, store):
        """A cycle works on what it read, whatever is assigned meanwhile."""
        before = store.load()
        store.assign("NASDAQ:AAPL", HOURLY)

        assert before.rules == {}

    @pytest.mark.parametrize("opening", [in_memory, in_csv])
    @settings(deadline=None, max_examples=60)
    @given(batches=st.lists(st.dictionaries(tickers, rules, max_size=4), max_size=4))
    def test_store_is_a_dictionary(self, opening, batches):
        """Any tickers, hostile ones too, in any batches: the last word counts for each."""
        expected = {}
        with TemporaryDirectory() as folder:
            opened = opening(Path(folder))
            for batch in batches:
                opened.store.assign_all(batch)
                expected |= batch

            assert opened.reopen().load() == Assignments(expected)
