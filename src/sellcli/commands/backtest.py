"""``sellcli backtest``: what a rule would have done with an account."""

import json
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sellcli.flags.assumptions import actions_in, assumption_options, unused_actions
from sellcli.flags.research import bar_options, result_options, tell_kept
from sellcli.flags.settings import setting_options
from sellcli.settings import Settings

if TYPE_CHECKING:
    from sellcli.compose.backtest import Tested
    from sellcli.compose.bars import Origin
    from sellcli.compose.runs import StoredRun
    from sellcore.backtest.assumptions import Assumptions


@click.command("backtest")
@click.argument("tickers", metavar="[TICKERS...]", nargs=-1)
@click.option(
    "--rule", metavar="TYPE,LENGTH,TIMEFRAME", help="SMA,50,1H; left out: as each is assigned."
)
@bar_options(
    click.option(
        "--data",
        type=click.Path(path_type=Path),
        help="Folder of bars, EXCHANGE_SYMBOL_1d.csv and the like, in place of the cache.",
    )
)
@click.option(
    "--trades",
    type=click.IntRange(min=0),
    default=10,
    show_default=True,
    help="How many of the last round trips are shown.",
)
@result_options("ledgers, summary, assumptions")
@setting_options("default_rule", "assignments", "cache_dir")
@assumption_options(account=True)
def command(
    settings: Settings,
    tickers: tuple[str, ...],
    rule: str | None,
    since: date | None,
    until: date | None,
    data: Path | None,
    origin: "Origin | None",
    trades: int,
    out: Path | None,
    report: bool,
    as_json: bool,
    assumptions: "Assumptions",
    actions: Path | None,
    allow_gaps: bool,
) -> None:
    """
    Test a rule on history, after costs, beside buying and holding.

    One account holds all tickers, an equal part each. Without TICKERS: all there are
    bars of. Whatever is taken for granted is printed with the result.

    \b
    Example:
      sellcli backtest NASDAQ:MSFT --rule SMA,50,D --entry reclaim
      sellcli backtest --from 2020-01-01 --costs free --out runs
    """
    from sellcli.compose.backtest import Question, tested
    from sellcli.screen.backtest_tables import show_backtest
    from sellcli.screen.choose import standard_console
    from sellcore.rule import parse_rule

    question = Question(
        tickers=tickers,
        rule=None if rule is None else parse_rule(rule),
        since=since,
        until=until,
        data=data,
        origin=origin,
        allow_gaps=allow_gaps,
    )
    listed = actions_in(actions)
    done = tested(settings, question, assumptions, listed)
    stored = _kept(out, done, report=report)
    if as_json:
        click.echo(_document(done, stored))
    else:
        show_backtest(standard_console(), done.found, done.origins, trades)
    for note in (*done.notes, *unused_actions(actions, listed, done.origins)):
        click.echo(f"sellcli: {note}", err=True)
    tell_kept(stored, as_json=as_json)


def _kept(out: Path | None, done: "Tested", *, report: bool) -> "StoredRun | None":
    if out is None:
        return None
    from sellcli.compose.runs import keep_backtest
    from sellcli.screen.backtest_forms import backtest_form

    page = None
    if report:
        from sellcli.compose.report import backtest_page
        from sellcli.screen.backtest_tables import subject

        page = backtest_page(done.found, subject(done.found))
    return keep_backtest(out, done.found, backtest_form(done.found), page)


def _document(done: "Tested", stored: "StoredRun | None") -> str:
    from sellcli.screen.backtest_forms import backtest_form, trade_form

    document = {
        "run": None if stored is None else str(stored.folder),
        "origins": {ticker: str(origin) for ticker, origin in done.origins.items()},
        **backtest_form(done.found),
        "trades": [trade_form(trade) for trade in done.found.trades],
    }
    return json.dumps(document, indent=2, allow_nan=False)
