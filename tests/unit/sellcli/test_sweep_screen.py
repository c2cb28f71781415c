"""A sweep on a screen and as JSON: a year where it says a year, and the verdict that was found."""

import io
from datetime import date
from math import inf, nan, sqrt

import numpy as np
import pytest
from attrs import evolve
from rich.console import Console
from tests.report_runs import a_sweep, walks

from adapters.memory_bars import MemoryBars
from sellcli.compose.sweep import Luck, Swept
from sellcli.screen.luck_words import luck_lines, walk_lines
from sellcli.screen.sweep_forms import row_forms, sweep_form
from sellcli.screen.sweep_tables import show_sweep
from sellcore.backtest import Sweep
from sellcore.backtest.dates import day_number
from sellcore.backtest.luck.deflated_sharpe import DeflatedSharpe
from sellcore.backtest.luck.reality_check import RealityCheck
from sellcore.backtest.luck.walk_forward import WalkForward, Window
from sellcore.backtest.universe.daily_returns import RuleReturns
from sellcore.timeframe import Timeframe

YEAR = sqrt(252)
TICKERS = ("A ", "B ", "C ")
DEFLATED = DeflatedSharpe(
    best=1, sharpe=1.5 / YEAR, by_chance=0.5 / YEAR, probability=0.97, trials=2, bars=500
)
CHECK = RealityCheck(best=0, excess=0.05 / 252, p_value=0.03, draws=1000, block=10.0)


def swept_of(found: Sweep, **known: object) -> Swept:
    """Return a sweep with no more told of it than is given."""
    source = MemoryBars({Timeframe.DAY: walks(*found.tickers, count=60)})
    empty = {"returns": None, "luck": None, "walked": None, "notes": ()}
    return Swept(source, found, **{**empty, **known})


def returns_of(found: Sweep, *rows: list[float], hold: list[float]) -> RuleReturns:
    """Return what rules earned, day after day from the second of March on."""
    first = day_number(date(2020, 3, 2))
    return RuleReturns(
        rules=found.rules,
        days=first + np.arange(len(hold)),
        returns=np.array(rows),
        hold=np.array(hold),
        tickers=found.tickers,
        too_short=(),
    )


def with_figures(found: Sweep, **given: list[list[float]]) -> Sweep:
    """Return a sweep with these figures in place of its own."""
    told = {name: np.array(values) for name, values in given.items()}
    return evolve(found, columns={**found.columns, **told})


def screen_of(swept: Swept, top: int = 10) -> str:
    """Return what a wide terminal without colours shows."""
    out = io.StringIO()
    show_sweep(Console(file=out, width=300, color_system=None), swept, top)
    return out.getvalue()


@pytest.fixture(scope="module")
def found() -> Sweep:
    """Return a sweep of EMA(5) and SMA(5) on three tickers."""
    return a_sweep("A", "B", "C", count=60, lengths=(5,))


def test_luck_is_told_by_the_year(found: Sweep) -> None:
    """Ratios of a day grow with the root of 252 days, returns with all of them."""
    returns = returns_of(found, [0.0, 0.1], [0.1, 0.0], hold=[0.0, 0.0])
    rules = [str(rule) for rule in found.rules]

    best, probability, earned, check, _ = luck_lines(Luck(DEFLATED, CHECK), returns)

    assert best.startswith(f"the best of 2 by Sharpe is {rules[1]}: 1.50 a year; ")
    assert best.endswith("would show 0.50 by chance")
    assert "is 97.0 % " in probability
    assert earned == (
        f"the one that earned most, {rules[0]}, earned 5.00 points a year more than "
        "buying and holding"
    )
    assert "in 3.0 % of histories" in check


def test_a_rule_that_earned_less_than_holding_is_told_to(found: Sweep) -> None:
    """The best of them may still be worse."""
    returns = returns_of(found, [0.0, 0.1], [0.1, 0.0], hold=[0.0, 0.0])
    behind = evolve(CHECK, excess=-0.05 / 252)

    lines = luck_lines(Luck(DEFLATED, behind), returns)

    assert "earned 5.00 points a year less than buying and holding" in lines[2]


@pytest.mark.parametrize(
    ("probability", "p_value", "verdict"),
    [
        (0.97, 0.03, "luck alone hardly explains it"),
        (0.95, 0.05, "luck alone hardly explains it"),
        (0.60, 0.03, "it beat holding by more than luck explains, but its Sharpe could be chance"),
        (0.97, 0.40, "its Sharpe is more than chance, but it did not beat holding"),
        (0.60, 0.40, "it may well be luck: do not count on it"),
        (None, 0.03, "luck alone hardly explains it"),
        (None, 0.40, "it may well be luck: do not count on it"),
    ],
)
def test_a_verdict_is_no_better_than_both_measures(
    found: Sweep, probability: float | None, p_value: float, verdict: str
) -> None:
    """Only what both call more than luck is called that; a single rule has one measure."""
    returns = returns_of(found, [0.0, 0.1], [0.1, 0.0], hold=[0.0, 0.0])
    deflated = None if probability is None else evolve(DEFLATED, probability=probability)

    *_, told = luck_lines(Luck(deflated, evolve(CHECK, p_value=p_value)), returns)

    assert told.startswith(verdict)


@pytest.mark.parametrize(
    ("value", "told"), [(0.0, "less than 0.1 %"), (1.0, "more than 99.9 %"), (0.5, "50.0 %")]
)
def test_no_chance_is_told_as_certain(found: Sweep, value: float, told: str) -> None:
    """Of a thousand histories none may do as well, and yet one could."""
    returns = returns_of(found, [0.0, 0.1], [0.1, 0.0], hold=[0.0, 0.0])

    lines = luck_lines(Luck(DEFLATED, evolve(CHECK, p_value=value)), returns)

    assert f"in {told} of histories" in lines[3]


WALKED = WalkForward(
    windows=(
        Window(0, 2, 4, chosen=1, sharpe_before=1.5 / YEAR, sharpe_after=-0.5 / YEAR),
        Window(0, 4, 5, chosen=0, sharpe_before=0.25 / YEAR, sharpe_after=0.75 / YEAR),
    ),
    returns=np.array([0.01, -0.02, 0.03]),
)


def test_walking_forward_is_told_window_by_window(found: Sweep) -> None:
    """From its first day to its last, before and after; holding is of the same days."""
    hold = [0.5, 0.5, 0.01, -0.02, 0.03]
    returns = returns_of(found, [0.0] * 5, [0.0] * 5, hold=hold)
    rules = [str(rule) for rule in found.rules]

    _, both, first, second = walk_lines(WALKED, returns)
    form = sweep_form(swept_of(found, returns=returns, walked=WALKED))["walk_forward"]

    own, held = both.removeprefix("that came to ").replace(" a year", "").split("; holding to ")
    assert own == held
    assert first == f"2020-03-04 to 2020-03-05  {rules[1]:<11} Sharpe  1.50 before, -0.50 after"
    assert second == f"2020-03-06 to 2020-03-06  {rules[0]:<11} Sharpe  0.25 before,  0.75 after"
    assert form["walked"] == form["hold"]
    windows = [(w["from"], w["to"], w["rule"]) for w in form["windows"]]
    assert windows == [
        ("2020-03-04", "2020-03-05", rules[1]),
        ("2020-03-06", "2020-03-06", rules[0]),
    ]
    ratios = [ratio for w in form["windows"] for ratio in (w["sharpe_before"], w["sharpe_after"])]
    assert ratios == pytest.approx([1.5, -0.5, 0.25, 0.75])


def test_a_document_tells_luck_by_the_year(found: Sweep) -> None:
    """As the screen does, and with what was asked."""
    returns = returns_of(found, [0.0, 0.1], [0.1, 0.0], hold=[0.0, 0.0])
    short = evolve(returns, tickers=("A",), too_short=("C",))
    asked = evolve(found, since=date(2020, 3, 2))

    form = sweep_form(swept_of(asked, returns=short, luck=Luck(DEFLATED, CHECK)))

    deflated, check = form["luck"]["deflated_sharpe"], form["luck"]["reality_check"]
    assert (deflated["sharpe"], deflated["by_chance"]) == pytest.approx((1.5, 0.5))
    assert check["excess_a_year"] == pytest.approx(0.05)
    assert (deflated["best"], check["best"]) == (str(found.rules[1]), str(found.rules[0]))
    assert form["judged"]["too_short"] == ["C"]
    assert form["judged"]["hold"] == {**form["judged"]["hold"], "rule": None, "growth": 1.0}
    assert [each["growth"] for each in form["judged"]["ranking"]] == pytest.approx([1.1, 1.1])
    assert (form["judged"]["first"], form["judged"]["last"]) == ("2020-03-02", "2020-03-03")
    assert (form["judged"]["tickers"], form["judged"]["days"]) == (["A"], 2)
    assert form["since"] == "2020-03-02"


def test_a_document_holds_no_number_that_is_none(found: Sweep) -> None:
    """JSON has neither NaN nor infinity."""
    odd = with_figures(found, sharpe=[[nan, inf], [-inf, 0.5], [1.0, 1.0]])

    told = [row["sharpe"] for row in row_forms(swept_of(odd))]

    assert told == [None, None, None, 0.5, 1.0, 1.0]


def test_the_best_rule_of_each_ticker_stands_beside_holding(found: Sweep) -> None:
    """One without a ratio is never the best; the tickers listed are those that did best."""
    both = [[0.5, 0.5]] * 3
    told = with_figures(
        found,
        sharpe=[[nan, 1.25], [2.5, 0.1], [0.2, 0.1]],
        hold_sharpe=both,
        cagr=[[0.9, 0.1], [0.2, 0.9], [0.3, 0.9]],
        hold_cagr=[[0.05, 0.05]] * 3,
        max_drawdown=[[0.9, 0.25], [0.3, 0.9], [0.4, 0.9]],
        hold_max_drawdown=both,
        trades=np.array([[9, 3], [4, 9], [5, 9]]).tolist(),
    )

    shown = screen_of(swept_of(told), top=2)

    ema, sma = (str(rule) for rule in found.rules)
    rows = [" ".join(line.split()) for line in shown.splitlines() if line.strip()[:2] in TICKERS]
    assert rows == [
        f"B {ema} +20.00 % +5.00 % 2.50 0.50 -30.00 % -50.00 % 4",
        f"A {sma} +10.00 % +5.00 % 1.25 0.50 -25.00 % -50.00 % 3",
    ]
    assert "the best rule of each ticker: the 2 highest of 3" in shown
    assert "highest of" not in screen_of(swept_of(told), top=3)


def test_the_heads_of_each_tickers_figures_stand_over_them(found: Sweep) -> None:
    """The rule's own figure first, that of holding behind it."""
    shown = screen_of(swept_of(found)).splitlines()

    (heads,) = [line for line in shown if line.split()[:3] == ["ticker", "rule", "growth"]]
    told = "ticker rule growth a year held Sharpe held drawdown held trips"
    assert " ".join(heads.split()) == told


def test_rules_are_listed_best_first_with_the_tickers_they_win_on(found: Sweep) -> None:
    """Growth is that of a year; a rule's wins are counted in its own column."""
    returns = returns_of(found, [0.01, -0.01] * 63, [0.01, 0.0] * 63, hold=[0.0, 0.001] * 63)
    told = with_figures(
        found,
        final_equity=[[2.0, 2.0], [0.5, 2.0], [nan, 0.5]],
        hold_final_equity=[[1.0, 1.0]] * 3,
    )

    shown = screen_of(swept_of(told, returns=returns)).splitlines()
    best = screen_of(swept_of(told, returns=returns), top=1)

    ema, sma = (str(rule) for rule in found.rules)
    (first,) = [line for line in shown if line.strip().startswith(sma) and " of " in line]
    (second,) = [line for line in shown if line.strip().startswith(ema) and " of " in line]
    assert shown.index(first) < shown.index(second)
    assert first.split()[2] == f"{1.01**126 - 1:+.2%}".rstrip("%")
    assert first.rstrip().endswith("2 of 3")
    assert second.rstrip().endswith("1 of 2")
    assert "2 of 3" in best
    assert "1 of 2" not in best


def test_a_rule_that_stayed_in_cash_fell_by_nothing(found: Sweep) -> None:
    """It has no Sharpe ratio, and its drawdown no sign; it stands above a loss."""
    returns = returns_of(found, [0.01, -0.04, 0.01], [0.0] * 3, hold=[0.0, 0.001, 0.0])

    shown = screen_of(swept_of(found, returns=returns)).splitlines()

    lost, cash = (str(rule) for rule in found.rules)
    (first,) = [line for line in shown if line.strip().startswith(cash) and " of " in line]
    (second,) = [line for line in shown if line.strip().startswith(lost) and " of " in line]
    assert shown.index(first) < shown.index(second)
    assert first.split()[2:9] == ["+0.00", "%", "0.00", "%", "-", "0.00", "%"]


def test_tickers_that_are_not_judged_are_named_or_counted(found: Sweep) -> None:
    """Five by name, the others by number."""
    returns = returns_of(found, [0.0, 0.1], [0.1, 0.0], hold=[0.0, 0.0])
    short, five = (evolve(returns, too_short=tuple(names)) for names in ("PQRSTUV", "PQRST"))

    assert "rule can decide: P, Q, R, S, T and 2 more; " in screen_of(
        swept_of(found, returns=short)
    )
    assert "rule can decide: P, Q, R, S, T; " in screen_of(swept_of(found, returns=five))
