"""``sellcli sweep``: many rules on many tickers, and how likely the best is luck."""

import json
import re
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sellcli.flags.assumptions import actions_in, assumption_options, unused_actions
from sellcli.flags.research import bar_options, result_options, tell_kept
from sellcli.flags.settings import setting_options
from sellcli.settings import Settings

if TYPE_CHECKING:
    from sellcli.compose.bars import Origin
    from sellcli.compose.runs import StoredRun
    from sellcli.compose.sweep import Swept
    from sellcore.backtest.actions import Action
    from sellcore.backtest.assumptions import Assumptions
    from sellcore.rule import MovingAverageRule


@click.command("sweep")
@click.argument("tickers", metavar="[TICKERS...]", nargs=-1)
@click.option(
    "--rules",
    metavar="LIST",
    help='Rules parted by spaces, "SMA,50,D EMA,20,D"; left out: SMA and EMA of all lengths.',
)
@click.option(
    "--timeframe",
    "timeframes",
    multiple=True,
    type=click.Choice(["1H", "D"]),
    help="Of those rules; may be given twice. Left out: those that there are bars of.",
)
@bar_options(
    click.option(
        "--data",
        metavar="DIR|URI",
        help="A data folder, or a Parquet dataset by path or URI, in place of the cache.",
    )
)
@click.option("--walk-forward", "walk", is_flag=True, help="Also choose and follow, by turns.")
@click.option(
    "--workers",
    type=click.IntRange(min=1),
    help="Processes to use. [default: as many as there are cores, where it is worth it]",
)
@click.option("--dask", metavar="ADDRESS", help="A dask scheduler to use in their place.")
@click.option(
    "--top",
    type=click.IntRange(min=1),
    default=10,
    show_default=True,
    help="How many rules, and how many tickers, are shown.",
)
@result_options("figures, daily returns, summary")
@setting_options("cache_dir")
@assumption_options(account=False)
def command(
    settings: Settings,
    tickers: tuple[str, ...],
    rules: str | None,
    timeframes: tuple[str, ...],
    since: date | None,
    until: date | None,
    data: str | None,
    origin: "Origin | None",
    walk: bool,
    workers: int | None,
    dask: str | None,
    top: int,
    out: Path | None,
    report: bool,
    as_json: bool,
    assumptions: "Assumptions",
    actions: Path | None,
    allow_gaps: bool,
) -> None:
    """
    Test many rules on many tickers, and say how likely the best is luck.

    Each rule has an account of its own on each ticker. Without TICKERS: all there
    are bars of.

    \b
    Example:
      sellcli sweep NASDAQ:MSFT NYSE:KO --entry reclaim --walk-forward
      sellcli sweep --data bars --rules "SMA,50,D SMA,200,D" --json
    """
    _check(rules, timeframes, workers, dask)
    from sellcli.compose.sweep import Universe, swept
    from sellcli.screen.choose import standard_console
    from sellcli.screen.sweep_progress import sweep_progress
    from sellcli.screen.sweep_tables import show_sweep
    from sellcore.timeframe import Timeframe

    universe = Universe(
        tickers=tuple(ticker.upper() for ticker in tickers),
        rules=None if rules is None else _rules(rules),
        timeframes=tuple(Timeframe(each) for each in dict.fromkeys(timeframes)),
        since=since,
        until=until,
        data=data,
        origin=origin,
        allow_gaps=allow_gaps,
    )
    listed = actions_in(actions)
    with sweep_progress() as on_step:
        done = swept(
            settings,
            universe,
            assumptions,
            listed,
            workers=workers,
            dask=dask,
            walk=walk,
            on_step=on_step,
        )
    kept = None if out is None else _kept(out, done, listed, report=report)
    if as_json:
        click.echo(_document(done, kept))
    else:
        show_sweep(standard_console(), done, top)
    for note in (*done.notes, *unused_actions(actions, listed, done.found.tickers)):
        click.echo(f"sellcli: {note}", err=True)
    tell_kept(kept, as_json=as_json)


def _kept(out: Path, done: "Swept", actions: "tuple[Action, ...]", *, report: bool) -> "StoredRun":
    from sellcli.compose.runs import keep_sweep
    from sellcli.screen.sweep_forms import sweep_form

    page = None
    if report:
        from sellcli.compose.report import sweep_page
        from sellcli.screen.luck_words import luck_lines
        from sellcli.screen.sweep_tables import tried

        words: list[str] = []
        if done.luck is not None and done.returns is not None:
            words = luck_lines(done.luck, done.returns)
        page = sweep_page(done, actions, f"The best of {tried(done.found)}", words)
    return keep_sweep(out, done, actions, sweep_form(done), page)


def _document(done: "Swept", kept: "StoredRun | None") -> str:
    from sellcli.screen.sweep_forms import row_forms, sweep_form

    run = None if kept is None else str(kept.folder)
    document = {"run": run, **sweep_form(done), "rows": row_forms(done)}
    return json.dumps(document, indent=2, allow_nan=False)


def _check(
    rules: str | None, timeframes: tuple[str, ...], workers: int | None, dask: str | None
) -> None:
    for name, first, other, second in (
        ("--rules", rules, "--timeframe", timeframes),
        ("--workers", workers, "--dask", dask),
    ):
        if first and second:
            raise click.UsageError(f"{name} and {other} do not go together; give one of them")


def _rules(text: str) -> "tuple[MovingAverageRule, ...]":
    from sellcore.rule import parse_rule

    return tuple(parse_rule(each) for each in re.split(r"[\s;]+", text.strip()) if each)
