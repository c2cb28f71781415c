"""Values as tables: nothing is lost on the way, and nothing is loaded that was not asked for."""

import math
import subprocess
import sys

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.backtest_builders import OPENS, daily
from tests.builders import rule
from tests.report_runs import a_run, a_sweep

from sellcore import BarSeries
from sellcore.backtest import Assumptions, Entry, backtest
from sellcore.backtest.account.ledgers import LEDGERS
from sellcore.errors import ConfigError, InvalidValue, NotInstalled
from sellcore.frames import arrow_table, data_frame, times
from sellcore.instant import from_epoch
from sellcore.selling.limits import SellingPolicy

prices = st.floats(min_value=1e-6, max_value=1e9)
LIBRARIES = ("numpy", "pandas", "plotly", "pyarrow")


@given(st.lists(prices, max_size=20))
def test_every_bar_survives_arrow_and_pandas(closes):
    """Both tables hold the same bars, value for value, with their times in UTC."""
    bars = daily(closes) if closes else BarSeries.empty()
    ends = [from_epoch(end) for end in bars.end.tolist()]

    table, frame = bars.to_arrow(), bars.to_pandas()

    assert table["close"].to_pylist() == frame["close"].tolist() == closes
    assert table["end"].to_pylist() == [end.to_pydatetime() for end in frame.index] == ends
    assert table.column_names == ["start", "end", "open", "high", "low", "close", "volume"]
    assert frame.index.name == "end"


@given(
    st.lists(
        st.tuples(st.text(), st.floats(allow_infinity=True), st.integers(-(2**62), 2**62)),
        max_size=15,
    )
)
def test_no_value_is_null_in_arrow_and_nan_in_pandas(rows):
    """A number that is none is told as each library tells it; all else stays what it is."""
    texts, floats, wholes = map(list, zip(*rows, strict=True)) if rows else ([], [], [])
    columns = {
        "text": texts,
        "float": np.array(floats, dtype=np.float64),
        "whole": np.array(wholes, dtype=np.int64),
    }

    table, frame = arrow_table(columns), data_frame(columns)

    plain = [text.encode("utf-8", "backslashreplace").decode() for text in texts]
    assert table["text"].to_pylist() == plain
    assert table["float"].to_pylist() == [None if math.isnan(x) else x for x in floats]
    assert table["whole"].to_pylist() == frame["whole"].tolist() == wholes
    assert np.array_equal(frame["float"].to_numpy(), columns["float"], equal_nan=True)
    table.validate(full=True)


def test_times_are_utc_in_both():
    """A time is told with its zone, so that nobody reads it as local."""
    columns = {"time": times([OPENS])}

    assert arrow_table(columns).schema.field("time").type == pa.timestamp("s", "UTC")
    assert str(data_frame(columns)["time"].dt.tz) == "UTC"


@pytest.mark.parametrize("ledger", LEDGERS)
def test_every_ledger_is_the_same_in_arrow_and_pandas(ledger):
    """Whichever library one prefers, the rows are the same."""
    run = a_run("NYSE:KO", "NYSE:IBM")

    table, frame = run.to_arrow(ledger), run.to_pandas(ledger).reset_index()

    assert table.num_rows == len(frame) > 0
    for name in table.column_names:
        theirs = [None if value != value else value for value in frame[name].tolist()]
        assert table[name].to_pylist() == theirs, name


def test_ledgers_hold_what_happened():
    """Rows of a ledger are those of the run, in its order."""
    run = a_run("NYSE:KO")

    trades, fills = run.to_arrow("trades").to_pylist(), run.to_arrow("fills").to_pylist()

    assert [row["pnl"] for row in trades] == [trade.pnl for trade in run.trades]
    assert [row["reason"] for row in trades] == [trade.reason for trade in run.trades]
    assert [row["exit_time"] for row in trades] == [from_epoch(t.exit_time) for t in run.trades]
    assert [(row["side"], row["price"]) for row in fills] == [
        (fill.side.value, fill.price) for fill in run.fills
    ]
    assert [(row["shares"], row["commission"], row["slippage"]) for row in fills] == [
        (fill.shares, fill.commission, fill.slippage) for fill in run.fills
    ]
    assert [(row["order"], row["time"]) for row in fills] == [
        (fill.order, from_epoch(fill.time)) for fill in run.fills
    ]
    assert all(fill.commission != fill.slippage > 0 for fill in run.fills)
    assert run.to_arrow()["equity"].to_pylist() == run.equity.tolist()
    assert run.to_arrow("orders")["limit"].null_count == len(run.orders)


def test_a_sweep_has_a_row_for_each_ticker_and_rule():
    """The frame holds what ``rows()`` tells, in its order."""
    swept = a_sweep("NYSE:KO", "NYSE:IBM")

    table = swept.to_arrow()

    for told, row in zip(swept.rows(), table.to_pylist(), strict=True):
        assert {n: None if v != v else v for n, v in told.items()} == row
    assert swept.to_pandas()["length"].tolist() == table["length"].to_pylist()


def test_an_unknown_ledger_is_told_with_those_that_exist():
    """A slip of the pen is answered with the names there are."""
    with pytest.raises(InvalidValue, match="ledger 'trade' is not one of equity, positions"):
        a_run().to_pandas("trade")


@pytest.mark.parametrize(
    ("module", "ask", "line"),
    [
        ("pyarrow", lambda bars: bars.to_arrow(), r"to_arrow\(\) needs pyarrow .*pip install"),
        ("pandas", lambda bars: bars.to_pandas(), r"to_pandas\(\) needs pandas .*pip install"),
        (
            "plotly.graph_objects",
            lambda bars: bars.plot(),
            r'plot\(\) needs plotly .*pip install "sellcli\[report\]"',
        ),
    ],
)
def test_a_library_that_is_not_there_is_told_in_one_line(monkeypatch, module, ask, line):
    """What is missing is named with the way to get it, as an error that both kinds expect."""
    monkeypatch.setitem(sys.modules, module, None)

    with pytest.raises(NotInstalled, match=line) as told:
        ask(daily([10.0, 11.0]))

    assert "\n" not in str(told.value)
    assert isinstance(told.value, ConfigError | ImportError)


def loaded_after(code):
    """Return which of LIBRARIES a process of its own has loaded after some code."""
    report = f"import sys\n{code}\nprint(*sorted(set({LIBRARIES!r}) & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", report], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_importing_sellcore_loads_no_library():
    """Names are cheap; numpy comes with the first that needs it."""
    assert loaded_after("import sellcore, sellcore.backtest") == []


def test_a_backtest_loads_numpy_alone():
    """Tables and pictures cost nothing until they are asked for."""
    assert loaded_after("from sellcore.backtest import backtest, sweep") == ["numpy"]


def test_arrow_tables_do_not_load_pandas():
    """Arrow would, where it is installed, and a second is gone."""
    code = "from sellcore import BarSeries\nBarSeries([0], [1], *[[1.0]] * 5).to_arrow()"

    assert loaded_after(code) == ["numpy", "pyarrow"]


def test_every_ledger_says_what_the_result_says():
    """Row for row, by hand: what is held beside, whose position it is, every reason."""
    walk = [10.0, 10, 10, 10, 10.5, 11, 9, 8, 8, 9, 12, 12]
    limits = SellingPolicy(max_shares_per_order=1, max_value_per_day=1.0)
    run = backtest(
        {"A": daily(walk), "B": daily([*walk[:6], *[10.0] * 6])},
        rule("SMA,5,D"),
        Assumptions(entry=Entry.RECLAIM, limits=limits, allow_jumps=True),
    )

    equity, orders, positions = (
        run.to_arrow(name).to_pydict() for name in ("equity", "orders", "positions")
    )

    sold = a_run()
    assert sold.to_arrow()["hold"].to_pylist() == sold.hold.equity.tolist()
    assert equity["cash"] == run.curve.cash.tolist()
    assert equity["exposure"] == run.curve.exposure.tolist()
    assert any(len(order.denied) > 1 for order in run.orders)
    assert orders["denied"] == ["; ".join(order.denied) for order in run.orders]
    assert orders["state"] == [str(order.state) for order in run.orders]
    assert orders["limit"] == [None] * len(run.orders)
    for ticker, part in run.curve.tickers.items():
        rows = [row for row, name in enumerate(positions["ticker"]) if name == ticker]
        for name in ("shares", "price", "realised", "unrealised"):
            assert [positions[name][row] for row in rows] == getattr(part, name).tolist()


def test_every_row_of_bars_and_decisions_is_its_tickers():
    """Histories of several lengths, one behind the other: no bar goes by another's name."""
    closes = {"A": [10.0, 10, 10, 10, 10.5, 11, 9], "B": [20.0] * 12, "C": [30.0] * 9}
    run = backtest({name: daily(own) for name, own in closes.items()}, rule("SMA,5,D"))

    for ledger in ("bars", "decisions"):
        table = run.to_arrow(ledger).to_pydict()
        rows = list(zip(table["ticker"], table["close"], strict=True))
        assert rows == [(name, close) for name, own in closes.items() for close in own]
