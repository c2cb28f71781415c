"""Days on which something goes wrong: what is decided is right, what cannot be told says why."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

import pytest
from tests.integration.cli import DAY as WATCH
from tests.integration.cli import events, records, run, when
from tests.integration.made_up_market import (
    OPEN,
    RULES,
    Market,
    assign,
    fault,
    lay_out,
    market,
    repeated,
    scenario,
    told,
    wrong,
)

HOURLY = [ticker for ticker, rule in RULES.items() if rule[2] == "1H"]


def at(hour: int, minute: int = 0, second: int = 0) -> datetime:
    """Return an instant of the day, UTC; its bars end at 14, 15 and 16 o'clock."""
    return OPEN.replace(hour=hour, minute=minute, second=second)


@dataclass(frozen=True)
class Case:
    """
    A day with faults.

    Attributes:
        faults: In the words of a scenario.
        untold: Bars that nobody could decide, by their hour: how they are recorded,
            and what the reason must name. All others are signals and holds.
        settings: Environment: short time-outs where something never answers.
        splits: As the market knows them.
    """

    faults: tuple[str, ...]
    untold: Mapping[int, tuple[str, str]] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)
    splits: tuple[tuple[datetime, int, int], ...] = ()


IMPATIENT = {"CONNECT_TIMEOUT": "1.5", "REQUEST_TIMEOUT": "1.5"}

CASES = {
    "sockets drop before, at and after the end of a bar": Case(
        (
            fault("drop_socket", at(13, 59, 50)),
            fault("drop_socket", at(15)),
            fault("restart", at(15, 59, 59)),
            fault("drop_socket", at(16, 0, 30)),
        )
    ),
    "the broker's servers are lost while a bar ends": Case(
        (
            fault("lost_1100", at(13, 58), at(14, 4)),
            fault("lost_1100", at(14, 58), at(15, 20), answers="fail"),
            fault("restored_1101", at(15, 6)),
            fault("lost_1100", at(15, 58), at(16, 20)),
        ),
        untold={16: ("abstain", "1100")},
    ),
    "the market data farm is down": Case(
        (fault("farm_down", at(13, 58), at(14, 5)), fault("farm_down", at(14, 58), at(15, 15))),
        untold={15: ("abstain", "HMDS server disconnect")},
    ),
    "nobody lets us in": Case(
        (
            fault("drop_socket", at(13, 58)),
            fault("refuse_connections", at(13, 58), at(14, 18)),
            fault("drop_socket", at(14, 58)),
            fault("client_id_taken", at(14, 58), at(15, 3)),
        ),
        untold={14: ("abstain", "connection refused")},
    ),
    "the line falls silent": Case(
        (
            fault("half_open", at(13, 59, 59), at(14, 0, 1)),
            fault("drop_socket", at(14, 59, 59)),
            fault("silent_socket", at(14, 59, 59), at(15, 0, 1)),
        ),
        settings=IMPATIENT,
    ),
    "positions, orders and the time are not answered": Case(
        (
            fault("missing_answers", at(13, 59, 59), at(14, 0, 1), requests=["positions"]),
            fault("missing_answers", at(14, 59, 59), at(15, 0, 1), requests=["open_orders"]),
            fault("missing_answers", at(15, 59, 59), at(16, 0, 1), requests=["time"]),
        ),
        settings=IMPATIENT,
    ),
    "answers never end": Case(
        (
            fault("missing_end", at(13, 59, 59), at(14, 0, 1), requests=["positions"]),
            fault("missing_end", at(14, 59, 59), at(15, 0, 1), requests=["open_orders"]),
        ),
        settings=IMPATIENT,
    ),
    "history is not answered, or refused as too fast": Case(
        (
            fault("missing_answers", at(13, 59, 59), at(14, 0, 1), requests=["history"]),
            fault("pacing_errors", at(14, 59, 59), at(15, 0, 1), every=3),
            fault("slow_answers", at(15, 59, 59), at(16, 0, 1), seconds=0.3),
        ),
        settings=IMPATIENT,
    ),
    "bars come late": Case(
        (
            fault(
                "missing_bars",
                at(14),
                at(14, 5),
                **{"from": at(13, 30), "to": at(14)},
            ),
            fault("late_bars", at(14, 30), at(15, 30), seconds=90),
            fault("late_bars", at(15, 30), at(16, 25), seconds=1200),
        ),
        untold={16: ("abstain", "has come|not final")},
    ),
    "closes are revised a few seconds after their end": Case(
        (fault("revised_bars", at(13, 25), seconds=25),),
    ),
    "history stands still": Case(
        (fault("frozen_bars", at(14, 29, 59), at(15, 20)),),
        untold={15: ("abstain", "has come|not final")},
    ),
    "splits, within an hour and at its end": Case(
        (
            fault("split", at(13, 50), ratio="4:1"),
            fault("split", at(15), ratio="3:2"),
            fault("split", at(15, 40), ratio="1:10"),
        ),
        splits=((at(13, 50), 4, 1), (at(15), 3, 2), (at(15, 40), 1, 10)),
    ),
    "the clocks disagree": Case(
        (
            fault("clock_skew", at(13, 58), at(14, 3), seconds=5),
            fault("clock_skew", at(14, 58), at(15, 3), seconds=120),
            fault("clock_skew", at(15, 58), at(16, 15), seconds=-120),
        ),
        untold={16: ("missed", "clock")},
    ),
    "zones in Windows' words, two contracts of one name, read-only, byte by byte": Case(
        tuple(
            fault(kind, at(13))
            for kind in ("windows_zone_names", "ambiguous_symbol", "read_only", "fragmented")
        ),
    ),
}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> tuple[Market, Path]:
    """Make up the market once; every day below is played on it."""
    made, folder = market(), tmp_path_factory.mktemp("market") / "bars"
    lay_out(folder, made)
    return made, folder


@pytest.mark.parametrize("name", CASES)
def test_what_is_decided_is_right_and_what_is_not_says_why(
    name: str, world: tuple[Market, Path], tmp_path: Path
) -> None:
    """Each bar has one record: the exact outcome, or one that names what stood in the way."""
    case, (traded, bars) = CASES[name], world
    assign(tmp_path)
    (tmp_path / "faults.toml").write_text(scenario(bars, more="".join(case.faults)))

    done = run(tmp_path, *WATCH, "--json", "--scenario", "faults.toml", settings=case.settings)

    assert (done.returncode, done.stderr) == (0, "")
    assert events(done.stdout)[-1]["event"] == "summary"
    found = records(tmp_path)
    assert wrong(found, replace(traded, splits=case.splits)) == []
    assert repeated(found) == []
    today = {(ticker, f"15 {hour}:00") for ticker in HOURLY for hour in (14, 15, 16)}
    assert set(told(found)) == today | {(ticker, "14 20:00") for ticker in RULES}
    for record in found:
        expected = case.untold.get(when(record).hour, ("signal or hold", ""))
        assert re.search(str(record["decision"]), expected[0]), record
        assert re.search(expected[1], str(record["reason"])), record


def test_a_bar_that_never_comes_is_abstained_on_and_counts_as_not_traded(
    world: tuple[Market, Path], tmp_path: Path
) -> None:
    """Half an hour without bars cannot be told from one without trades; nothing is made up."""
    traded, bars = world
    gap = fault("missing_bars", at(15), None, **{"from": at(14, 30), "to": at(15)})
    assign(tmp_path)
    (tmp_path / "gap.toml").write_text(scenario(bars, more=gap))

    done = run(tmp_path, *WATCH, "--json", "--scenario", "gap.toml")

    assert (done.returncode, done.stderr) == (0, "")
    as_told = {
        ticker: [row for row in rows if not at(14, 30) <= row[0] < at(15)]
        for ticker, rows in traded.bars.items()
    }
    found = records(tmp_path)
    assert wrong(found, replace(traded, bars=as_told)) == []
    assert {r["ticker"] for r in found if r["decision"] == "abstain" and when(r) == at(15)} == set(
        HOURLY
    )


def test_a_position_changed_by_hand_changes_what_is_prepared(
    world: tuple[Market, Path], tmp_path: Path
) -> None:
    """Sold by hand: no more decisions; more bought: more is sold; turned short: left alone."""
    traded, bars = world
    assign(tmp_path, dict.fromkeys(RULES, ("SMA", 5, "1H")))
    by_hand = (
        fault("set_position", at(14, 40), ticker="NASDAQ:AAA", quantity=0),
        fault("set_position", at(14, 40), ticker="NYSE:BBB", quantity=-50),
        fault("set_position", at(14, 40), ticker="ARCA:CCC", quantity=250),
    )
    (tmp_path / "hands.toml").write_text(scenario(bars, more="".join(by_hand)))

    done = run(tmp_path, *WATCH, "--json", "--scenario", "hands.toml")

    assert (done.returncode, done.stderr) == (0, "")
    found = records(tmp_path)
    assert wrong(found, traded) == []
    late = {bar: record for bar, record in told(found).items() if bar[1] > "15 14:40"}
    assert set(late) == {(t, f"15 {h}:00") for t in ("NYSE:BBB", "ARCA:CCC") for h in (15, 16)}
    for (ticker, _), record in late.items():
        if ticker == "NYSE:BBB":
            assert record["decision"] == "abstain"
            assert "short position of -50" in str(record["reason"])
        elif record["decision"] == "signal":
            assert "SELL 250 " in str(record["action_prepared"])
