"""The sweep: every figure as a backtest of one ticker has it, whatever executor and chunk."""

import math
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from threading import Event

import numpy as np
import pytest
from attrs import evolve, frozen

from adapters.memory_bars import MemoryBars
from sellcore.backtest.account.engine import backtest
from sellcore.backtest.actions import Action, ActionKind
from sellcore.backtest.assumptions import FREE, IB_FIXED, Assumptions, Costs, Entry, Fill
from sellcore.backtest.universe.sweep import sweep
from sellcore.bar import BarSeries
from sellcore.errors import InvalidValue
from sellcore.order_type import OrderType
from sellcore.rule import LENGTHS, AverageKind, MovingAverageRule
from sellcore.selling.limits import SellingPolicy
from sellcore.timeframe import Timeframe

DAY, HOUR = 86_400, 3_600
FIRST = 1_577_923_200
DAILY = [MovingAverageRule(kind, n, Timeframe.DAY) for kind in AverageKind for n in LENGTHS]
SHORT = [rule for rule in DAILY if rule.length <= 20]
HOURLY = [evolve(rule, timeframe=Timeframe.HOUR) for rule in SHORT]
RECLAIM = Assumptions(entry=Entry.RECLAIM)
PROPORTIONAL = Costs(per_share=0, percent=0.05, minimum=0, maximum_pct=None, slippage_bps=3)


def prices(seed, bars, level=4_000):
    """Return opens and closes in cents."""
    rng = np.random.default_rng(seed)
    closes = np.maximum(level + np.cumsum(rng.integers(-40, 41, bars)), 100)
    return np.maximum(closes + rng.integers(-20, 21, bars), 50) / 100, closes / 100


def days(seed, bars, level=4_000):
    start = FIRST + DAY * np.arange(bars)
    opens, closes = prices(seed, bars, level)
    return BarSeries(start, start + DAY, opens, closes, closes, closes, np.full(bars, 1e6))


def hours(seed, sessions):
    """Return hours of sessions of seven, the first one short."""
    begins = np.array([14.5, 15, 16, 17, 18, 19, 20]) * HOUR
    start = (FIRST + DAY * np.arange(sessions)[:, None] + begins).reshape(-1).astype(int)
    end = start + np.tile([HOUR // 2, *[HOUR] * 6], sessions)
    opens, closes = prices(seed, len(start))
    return BarSeries(start, end, opens, closes, closes, closes, np.full(len(start), 1e6))


UNIVERSE = {f"NYSE:{name}": days(seed, 150 + 37 * seed) for seed, name in enumerate("ABCDE")}
SOURCE = MemoryBars({Timeframe.DAY: UNIVERSE})
BOTH = MemoryBars({Timeframe.DAY: UNIVERSE, Timeframe.HOUR: {"NYSE:B": hours(9, 40)}})


def figures_of(metrics, prefix=""):
    """Return the metrics of a backtest under the names of a sweep's columns."""
    names = ("final_equity", "cagr", "volatility", "sharpe", "sortino", "calmar", "exposure")
    found = {name: getattr(metrics, name) for name in (*names, "time_in_market")}
    found["max_drawdown"] = metrics.drawdown.depth
    return {prefix + name: math.nan if value is None else value for name, value in found.items()}


def assert_as_backtested(source, rules, assumptions, actions=()):
    """Compare every column with backtests of one ticker each."""
    found = sweep(source, rules, assumptions, actions)
    for row, ticker in enumerate(found.tickers):
        for number, rule in enumerate(rules):
            swept = {name: values[row, number] for name, values in found.columns.items()}
            bars = source.load([ticker], rule.timeframe).get(ticker, BarSeries.empty())
            if len(bars) < rule.required_bars:
                assert swept["bars"] == 0
                assert math.isnan(swept["final_equity"])
                continue
            told = backtest({ticker: bars}, rule, assumptions, actions)
            expected = figures_of(told.metrics) | figures_of(told.hold_metrics, "hold_")
            expected |= {
                "trades": len(told.trades),
                "warm_up": told.warm_up[ticker],
                "bars": len(told.equity),
            }

            assert swept == pytest.approx(expected, rel=1e-9, abs=1e-12, nan_ok=True)


@pytest.mark.parametrize("whole", [True, False], ids=["whole shares", "fractions"])
@pytest.mark.parametrize(
    "costs", [IB_FIXED, FREE, PROPORTIONAL], ids=["ib", "free", "proportional"]
)
@pytest.mark.parametrize("entry", Entry)
@pytest.mark.parametrize("fill", Fill)
def test_figures_are_those_of_a_backtest(fill, entry, costs, whole):
    """A sweep of one column is a backtest, whatever is assumed."""
    assumptions = Assumptions(fill=fill, entry=entry, costs=costs, whole_shares=whole)

    assert_as_backtested(SOURCE, SHORT[::3], assumptions)


def test_figures_of_hours_are_those_of_a_backtest():
    """Bars a year are counted as a backtest counts them; a ticker without hours has no figures."""
    assert_as_backtested(BOTH, [*HOURLY, DAILY[2]], RECLAIM)


def test_money_that_buys_nothing_is_tried_again_as_a_backtest_does():
    """Where not one share can be paid for, the next bar above is another chance."""
    dear = MemoryBars({Timeframe.DAY: {"NYSE:DEAR": days(11, 200, level=4_000)}})

    assert_as_backtested(dear, SHORT, evolve(RECLAIM, capital=41.0))


def test_actions_are_taken_out_of_the_bars():
    """A split told of is no crash; one that is not is refused with the ticker's name."""
    bars = days(12, 200)
    halves = np.where(np.arange(200) < 100, 1.0, 0.5)
    split = BarSeries(
        bars.start, bars.end, *(np.round(getattr(bars, n) * halves, 3) for n in FIELDS), bars.volume
    )
    source = MemoryBars({Timeframe.DAY: {"NYSE:X": split}})
    day = np.datetime64(int(bars.start[100]), "s").astype("datetime64[D]").item()
    action = Action("NYSE:X", day, ActionKind.SPLIT, 2.0)

    assert_as_backtested(source, SHORT, RECLAIM, [action])
    with pytest.raises(InvalidValue, match=r"NYSE:X: the jump from .* looks like a split 2:1"):
        sweep(source, SHORT, RECLAIM)


FIELDS = ("open", "high", "low", "close")


def same_bytes(one, other):
    return all(one.columns[name].tobytes() == other.columns[name].tobytes() for name in one.columns)


@pytest.mark.parametrize("chunk", [1, 2, 64])
def test_no_bit_depends_on_the_chunk(chunk):
    """How a universe is cut is nobody's business but the memory's."""
    assert same_bytes(sweep(BOTH, DAILY, RECLAIM), sweep(BOTH, DAILY, RECLAIM, chunk=chunk))


@pytest.mark.parametrize("pool", [ThreadPoolExecutor, ProcessPoolExecutor])
def test_no_bit_depends_on_the_executor(pool):
    """Threads, processes or none: the same bytes."""
    spawned = {"mp_context": get_context("spawn")} if pool is ProcessPoolExecutor else {}
    with pool(2, **spawned) as executor:
        told = sweep(BOTH, SHORT, RECLAIM, executor=executor, chunk=2)

    assert same_bytes(sweep(BOTH, SHORT, RECLAIM), told)


def test_progress_is_told_in_order():
    """After each chunk, how many tickers are done."""
    told = []
    sweep(SOURCE, SHORT, RECLAIM, chunk=2, on_progress=lambda *done: told.append(done))

    assert told == [(2, 5), (4, 5), (5, 5)]


def test_rows_name_their_ticker_and_rule():
    """One for each, ticker by ticker."""
    rows = list(sweep(BOTH, [DAILY[0], HOURLY[1]], RECLAIM).rows())

    assert [(row["ticker"], row["kind"], row["length"], row["timeframe"]) for row in rows[:2]] == [
        ("NYSE:A", "SMA", 5, "D"),
        ("NYSE:A", "SMA", 10, "1H"),
    ]
    assert len(rows) == 10


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"tickers": ()}, "the universe is empty"),
        ({"rules": []}, "there is no rule to sweep"),
        ({"rules": [DAILY[0], DAILY[0]]}, r"rule SMA\(5\) D is there twice"),
        ({"tickers": ("NYSE:A", "NYSE:A")}, "ticker NYSE:A is there twice"),
        ({"tickers": ("NYSE:A", "NYSE:Z")}, "ticker NYSE:Z is not among the 5"),
        ({"rules": HOURLY}, r"no ticker of 5 has bars for SMA\(5\) 1H"),
        ({"chunk": 0}, "chunk 0 is below 1"),
        (
            {"assumptions": evolve(RECLAIM, order_type=OrderType.LIMIT)},
            "a sweep has no limit order",
        ),
        ({"assumptions": evolve(RECLAIM, volume_cap=0.1)}, "a sweep has no volume cap"),
        ({"assumptions": evolve(RECLAIM, max_symbol_exposure=0.5)}, "a sweep has no exposure cap"),
        ({"assumptions": evolve(RECLAIM, max_gross_exposure=0.9)}, "a sweep has no exposure cap"),
        ({"assumptions": evolve(RECLAIM, max_daily_loss_pct=3)}, "a sweep has no daily loss"),
        ({"assumptions": evolve(RECLAIM, limits=SellingPolicy())}, "a sweep has no limits on ord"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else None,
)
def test_what_cannot_be_swept_is_refused(change, told):
    """In one line."""
    asked = {"source": SOURCE, "rules": SHORT, "assumptions": RECLAIM} | change

    with pytest.raises(InvalidValue, match=told):
        sweep(**asked)


def test_bars_of_another_timeframe_are_refused():
    """Hours are not days."""
    source = MemoryBars({Timeframe.DAY: {"NYSE:H": hours(1, 30)}})

    with pytest.raises(InvalidValue, match="NYSE:H"):
        sweep(source, SHORT, RECLAIM)


def test_a_refusal_in_a_worker_reaches_the_caller():
    """As the same error, with the same line."""
    source = MemoryBars({Timeframe.DAY: {**UNIVERSE, "NYSE:H": hours(1, 30)}})
    with ThreadPoolExecutor(2) as executor, pytest.raises(InvalidValue, match="NYSE:H"):
        sweep(source, SHORT, RECLAIM, executor=executor, chunk=1)


def test_hours_too_few_for_a_rule_have_no_figures():
    """A series that ends within a rule's warm-up is measured by nothing, and nothing is warned."""
    few = MemoryBars({Timeframe.HOUR: {"NYSE:LONG": hours(9, 40), "NYSE:SHORT": hours(8, 2)}})
    rules = [MovingAverageRule(kind, 100, Timeframe.HOUR) for kind in AverageKind]

    whole, parts = sweep(few, rules, RECLAIM), sweep(few, rules, RECLAIM, chunk=1)

    for name in ("volatility", "sharpe", "sortino", "cagr", "hold_sharpe"):
        assert np.isnan(whole.columns[name][1]).all()
    same_bytes(whole, parts)


def test_a_year_is_counted_from_the_first_bar_that_is_decided():
    """Half a day of hours, one of seven, and one of two: four, seven and two, so four a day."""
    bars = hours(3, 3)[:-5]
    rules = [MovingAverageRule(AverageKind.SMA, 5, Timeframe.HOUR)]
    source = MemoryBars({Timeframe.HOUR: {"NYSE:B": bars[1:]}})

    found = sweep(source, rules, RECLAIM)

    assert_as_backtested(source, rules, RECLAIM)
    expected = backtest({"NYSE:B": bars[1:]}, rules[0], RECLAIM).metrics
    assert expected.periods_per_year == 2 * 252
    assert found.columns["volatility"][0, 0] == pytest.approx(expected.volatility, rel=1e-9)


def test_money_that_buys_nothing_is_no_round_trip():
    """Held from the first bar on, were there the money for one share: nothing is sold either."""
    poor = Assumptions(capital=1.0)

    found = sweep(SOURCE, SHORT, poor)

    assert found.columns["trades"].tolist() == [[0] * len(SHORT)] * len(UNIVERSE)
    assert found.columns["final_equity"].tolist() == [[1.0] * len(SHORT)] * len(UNIVERSE)


def test_a_commission_in_percent_has_its_highest_part():
    """Half a percent, but at most a tenth of one: fractions of shares, without a minimum."""
    capped = Costs(per_share=0, percent=0.5, minimum=0, maximum_pct=0.1, slippage_bps=0)

    assert_as_backtested(SOURCE, SHORT, evolve(RECLAIM, costs=capped, whole_shares=False))


def test_a_price_that_never_moves_has_no_drawdown():
    """Fractions of shares are worth their money to the last bit but one: that is no fall."""
    flat = np.full(30, 0.07)
    start = FIRST + DAY * np.arange(30)
    bars = BarSeries(start, start + DAY, flat, flat, flat, flat, flat)
    rules = [MovingAverageRule(AverageKind.SMA, 5, Timeframe.DAY)]
    free = Assumptions(costs=FREE, whole_shares=False)

    for capital in (100.0, 333.33, 500.0, 1_234.56, 100_000.0):
        asked = evolve(free, capital=capital)
        found = sweep(MemoryBars({Timeframe.DAY: {"NYSE:X": bars}}), rules, asked)
        alone = backtest({"NYSE:X": bars}, rules[0], asked).metrics

        assert found.columns["max_drawdown"].tolist() == [[0.0]]
        assert np.isnan(found.columns["calmar"]).all()
        assert (alone.drawdown.depth, alone.drawdown.peak, alone.calmar) == (0.0, None, None)


def test_a_source_of_bars_is_asked_for():
    """Bars by ticker are none; the line names what makes one of them."""
    with pytest.raises(InvalidValue, match=r"dict is no source of bars.*MemoryBars"):
        sweep(UNIVERSE, SHORT, RECLAIM)


def test_results_are_told_in_a_line():
    """A notebook shows it: not the numbers of every bar."""
    assert repr(sweep(SOURCE, SHORT, RECLAIM)) == f"Sweep({len(SHORT)} rules on 5 tickers)"


def test_a_minimum_alone_is_no_part_of_the_price():
    """One unit an order, whatever it is worth: fractions of shares, nothing in percent."""
    least = evolve(FREE, minimum=25.0)

    assert_as_backtested(SOURCE, SHORT, evolve(RECLAIM, costs=least, whole_shares=False))


def test_what_an_order_just_pays_for_is_bought():
    """The last share that fits to the cent is not lost to a float, in a column as in an account."""
    for count in range(1, 400):
        price = 0.07 + 0.01 * count
        capital = count * price + IB_FIXED.commission(count, price)
        flat = np.full(8, price)
        start = FIRST + DAY * np.arange(8)
        bars = BarSeries(start, start + DAY, flat, flat, flat, flat, flat)
        rules = [MovingAverageRule(AverageKind.SMA, 5, Timeframe.DAY)]
        exact = Assumptions(costs=evolve(IB_FIXED, slippage_bps=0.0), capital=capital)

        found = sweep(MemoryBars({Timeframe.DAY: {"NYSE:X": bars}}), rules, exact)

        expected = count * price
        assert found.columns["final_equity"][0, 0] == pytest.approx(expected, rel=1e-12)
        assert backtest({"NYSE:X": bars}, rules[0], exact).fills[0].shares == count


def test_what_has_not_begun_is_not_begun_once_a_chunk_has_failed():
    """On a cluster hours of work would go on for an answer that nobody gets."""
    begun, told = [], Event()

    @frozen
    class Failing:
        def tickers(self):
            return tuple(f"NYSE:{n}" for n in range(50))

        def load(self, tickers, timeframe):
            begun.append(tickers)
            if len(begun) > 1:
                told.wait()  # the caller has its answer before this one is done
            raise InvalidValue(f"no bars of {tickers[0]}")

        def only(self, tickers):
            return self

    with ThreadPoolExecutor(1) as pool:
        try:
            with pytest.raises(InvalidValue, match="no bars of NYSE:0"):
                sweep(Failing(), SHORT, RECLAIM, executor=pool, chunk=1)
        finally:
            told.set()

    assert len(begun) <= 2


def test_a_series_too_short_for_a_rule_is_all_warm_up():
    """Bars that cannot be decided are counted once, and never more than there are."""
    source = MemoryBars({Timeframe.DAY: {"X": days(1, 60)}})
    rules = [rule for rule in DAILY if rule.length in (5, 100)]

    columns = sweep(source, rules, Assumptions()).columns

    for number, rule in enumerate(rules):
        long = rule.length == 100
        assert columns["warm_up"][0, number] == (60 if long else rule.required_bars - 1)
        assert columns["warm_up"][0, number] + columns["bars"][0, number] == 60


def test_the_rule_without_bars_is_the_one_that_is_named():
    """Whoever reads it leaves out that one."""
    source = MemoryBars({Timeframe.DAY: {"X": days(1, 60)}, Timeframe.HOUR: {}})

    with pytest.raises(InvalidValue, match=r"has bars for SMA\(5\) 1H; give some"):
        sweep(source, [DAILY[0], evolve(DAILY[0], timeframe=Timeframe.HOUR)], Assumptions())


@pytest.mark.parametrize("entry", Entry)
def test_an_order_of_no_share_costs_nothing(entry: Entry) -> None:
    """Not even the minimum: whoever cannot pay for a share keeps all there was."""
    costs = Costs(minimum=1, maximum_pct=None)
    poor = Assumptions(costs=costs, capital=20.0, entry=entry)

    found = sweep(SOURCE, SHORT[:1], poor, tickers=["NYSE:A"])

    assert found.columns["final_equity"].tolist() == [[20.0]]
    assert backtest({"NYSE:A": UNIVERSE["NYSE:A"]}, SHORT[0], poor).final_equity == 20.0


@pytest.mark.parametrize("price", [1e-12, 3e-18])
def test_a_stock_that_costs_next_to_nothing_is_sized_in_the_end(price):
    """As in a backtest: of shares without number, one less is the same number."""
    bars = days(1, 30)
    rows = [getattr(bars, name) / 40 * price for name in ("open", "high", "low", "close")]
    bars = BarSeries(bars.start, bars.end, *rows, bars.volume)
    rule = MovingAverageRule(AverageKind.SMA, 5, Timeframe.DAY)

    found = sweep(MemoryBars({Timeframe.DAY: {"X": bars}}), [rule], RECLAIM)
    own = backtest({"X": bars}, rule, RECLAIM)

    assert found.columns["final_equity"][0, 0] == pytest.approx(own.final_equity, rel=1e-9)


@pytest.mark.parametrize("whole", [True, False])
def test_a_maximum_of_nothing_makes_every_order_free(whole):
    """It goes before the minimum, as in a backtest; none at all is another thing."""
    rule = MovingAverageRule(AverageKind.SMA, 5, Timeframe.DAY)
    bars = UNIVERSE["NYSE:A"]

    def both(maximum_pct):
        costs = Costs(fixed=3.0, percent=0.2, maximum_pct=maximum_pct, slippage_bps=0)
        asked = Assumptions(entry=Entry.RECLAIM, costs=costs, whole_shares=whole)
        swept = sweep(MemoryBars({Timeframe.DAY: {"X": bars}}), [rule], asked)
        return swept.columns["final_equity"][0, 0], backtest({"X": bars}, rule, asked)

    (free, own), (paid, other) = both(0.0), both(None)
    assert own.metrics.commission == 0 < other.metrics.commission
    assert free == pytest.approx(own.final_equity, rel=1e-9)
    assert paid == pytest.approx(other.final_equity, rel=1e-9)


def test_tickers_stand_in_the_order_asked_for():
    """Figures by row are those of the ticker that was asked for there."""
    rule = MovingAverageRule(AverageKind.SMA, 5, Timeframe.DAY)
    whole = sweep(SOURCE, [rule])

    some = sweep(SOURCE, [rule], tickers=["NYSE:D", "NYSE:A"])

    assert some.tickers == ("NYSE:D", "NYSE:A")
    rows = [whole.tickers.index(ticker) for ticker in some.tickers]
    assert some.columns["bars"].tolist() == whole.columns["bars"][rows].tolist()
