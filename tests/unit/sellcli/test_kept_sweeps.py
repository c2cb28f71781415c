"""A sweep's run is named for all that was asked, and a page beside it changes no name."""

import json
import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from datetime import date
from pathlib import Path

import pytest
from attrs import evolve
from tests.report_runs import a_sweep, walks

from adapters.memory_bars import MemoryBars
from adapters.runs.revision import revision
from sellcli.compose.runs import keep_sweep
from sellcli.compose.sweep import Swept
from sellcli.compose.workers import executor
from sellcli.screen.sweep_forms import sweep_form
from sellcore.backtest import Action, ActionKind, Sweep
from sellcore.errors import StorageError
from sellcore.rule import parse_rule
from sellcore.timeframe import Timeframe

SPLIT = Action("A", date(2020, 3, 2), ActionKind.SPLIT, 2.0)


@pytest.fixture(scope="module")
def found() -> Sweep:
    """Return a sweep of two rules on two tickers."""
    return a_sweep("A", "B", count=60, lengths=(5,))


def kept(
    runs: Path, found: Sweep, actions: tuple[Action, ...] = (), report: str | None = None
) -> Path:
    """Keep a sweep, and return its folder."""
    source = MemoryBars({Timeframe.DAY: walks("A", count=60)})
    swept = Swept(source, found, None, None, None, ())
    return keep_sweep(runs, swept, actions, sweep_form(swept), report).folder


def hash_in(folder: Path) -> str:
    """Return the hash of what was asked."""
    told: str = json.loads((folder / "summary.json").read_text())["config_hash"]
    return told


CHANGES: dict[str, Callable[[Sweep], Sweep]] = {
    "a ticker": lambda found: evolve(found, tickers=("A", "C")),
    "a rule": lambda found: evolve(found, rules=(found.rules[0], parse_rule("SMA,10,D"))),
    "an assumption": lambda found: evolve(
        found, assumptions=evolve(found.assumptions, allow_jumps=True)
    ),
    "the first day": lambda found: evolve(found, since=date(2020, 1, 3)),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_whatever_else_is_asked_is_another_run(
    tmp_path: Path, found: Sweep, change: Callable[[Sweep], Sweep]
) -> None:
    """Also where it comes to the same figures."""
    one, two = kept(tmp_path, found), kept(tmp_path, change(found))

    assert one != two
    assert hash_in(one) != hash_in(two)


def test_another_split_is_another_run(tmp_path: Path, found: Sweep) -> None:
    """In whatever order its lines stand."""
    other = evolve(SPLIT, value=3.0, ticker="B")

    without, with_one = kept(tmp_path, found), kept(tmp_path, found, (SPLIT,))
    both = hash_in(kept(tmp_path / "both", found, (SPLIT, other)))
    turned = hash_in(kept(tmp_path / "turned", found, (other, SPLIT)))

    assert without != with_one
    assert len({hash_in(without), hash_in(with_one), both}) == 3
    assert both == turned


def test_other_figures_are_another_run(tmp_path: Path, found: Sweep) -> None:
    """Bars are no part of what was asked, and what came of them tells them apart."""
    columns = {**found.columns, "sharpe": found.columns["sharpe"] + 1}

    one, two = kept(tmp_path, found), kept(tmp_path, evolve(found, columns=columns))

    assert one != two
    assert hash_in(one) == hash_in(two)


def test_a_page_comes_later_and_changes_no_name(tmp_path: Path, found: Sweep) -> None:
    """The run is the same one; and it is named for the program as well."""
    bare = kept(tmp_path, found)
    drawn = kept(tmp_path, found, report="<p>page</p>")

    assert drawn == bare
    assert (bare / "report.html").read_text() == "<p>page</p>"
    assert bare.name.endswith(f"-{revision()}")


def test_workers_that_are_asked_for_are_there_for_few_tickers() -> None:
    """Left alone, a few tickers are worth none."""
    with executor(10, 2, None) as asked, executor(10, None, None) as alone:
        assert isinstance(asked, ProcessPoolExecutor)
        assert alone is None


@pytest.mark.parametrize(
    ("tickers", "cores", "workers"),
    [(511, 8, None), (512, 8, 2), (10_000, 3, 3), (10_000, 1, None), (10_000, None, None)],
)
def test_workers_are_worth_it_for_many_tickers_and_where_there_are_cores(
    monkeypatch: pytest.MonkeyPatch, tickers: int, cores: int | None, workers: int | None
) -> None:
    """One for each 256 tickers, and none that would have no core."""
    monkeypatch.setattr(os, "cpu_count", lambda: cores)

    with executor(tickers, None, None) as found:
        assert (found and found._max_workers) == workers


def test_a_worker_that_was_ended_is_told_with_a_way_out() -> None:
    """The system ends a process for want of memory; fewer of them need less."""
    with pytest.raises(StorageError, match="use fewer --workers"), executor(10, 2, None):
        raise BrokenProcessPool
