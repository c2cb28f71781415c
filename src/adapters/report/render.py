"""A backtest as an HTML page."""

from base64 import b64encode
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import asdict, astuple, frozen

from adapters.report.encoding import chart_json, script_json
from adapters.report.headline import CARDS, COSTS, FIGURES, compared, deepest_fall, outcome
from adapters.report.tables import MOST_TRADES, ticker_rows, trade_rows
from adapters.report.wording import amount
from sellcore.backtest.account.result import Backtest
from sellcore.backtest.universe.sweep import Sweep
from sellcore.charts.account import drawdown, equity
from sellcore.charts.chart import Chart
from sellcore.charts.palette import DARK, LIGHT
from sellcore.charts.price import price
from sellcore.charts.rules import heat_map
from sellcore.errors import NotInstalled
from sellcore.rule import MovingAverageRule

if TYPE_CHECKING:
    from jinja2 import Template

MOST_CHARTS = 12
"""Tickers whose price is drawn: a page of hundreds would be slow to open, and is not read."""

_NAMED = 4
"""Tickers that are named in the line below the title."""

_PAGE = Path(__file__).parent / "page"


@frozen(eq=False)
class PriceSection:
    """The price of one ticker: the id of its chart, and what stands above it."""

    id: str
    ticker: str
    rule: str


def render(
    run: Backtest, *, title: str, sweep: Sweep | None = None, luck: Sequence[str] = ()
) -> str:
    """
    Return a page that shows a backtest, and needs neither network nor other files.

    The same run gives the same page, byte for byte, with the same plotly.

    Args:
        run: The backtest.
        title: Its heading, as plain text; whatever stands in it is shown, not obeyed.
        sweep: Other rules on the same bars, drawn as a heat map.
        luck: Lines on how likely the best of them is luck, shown with it.

    Raises:
        NotInstalled: plotly or jinja2 cannot be loaded.
    """
    plotly, template = _plotly_script(), _template()
    sections = [
        PriceSection(f"price-{number}", ticker, str(run.decisions[ticker].rule))
        for number, ticker in enumerate(_drawn_tickers(run), start=1)
    ]
    chosen = _chosen(run, sweep)
    charts = dict(_charts(run, sections, sweep, chosen))
    drawing = (_PAGE / "draw.js").read_text(encoding="utf-8")
    text = template.render(
        title=title,
        subject=_subject(run),
        outcome=outcome(run),
        cards=compared(run, CARDS),
        figures=compared(run, FIGURES),
        costs=compared(run, COSTS),
        deepest_fall=deepest_fall(run),
        sections=sections,
        trades=trade_rows(run),
        every_trade=len(run.trades),
        most_trades=MOST_TRADES,
        tickers=ticker_rows(run),
        sweep=sweep,
        is_framed=chosen is not None,
        luck=luck,
        assumptions=run.assumptions_in_words,
        config_hash=run.config_hash,
        heights={name: chart.height for name, chart in charts.items()},
        style=(_PAGE / "report.css").read_text(encoding="utf-8"),
        light=asdict(LIGHT),
        dark=asdict(DARK),
        charts=chart_json(charts),
        colours=script_json(list(zip(astuple(LIGHT), astuple(DARK), strict=True))),
        plotly=plotly,
        drawing=drawing,
        hashes=[_hash(plotly), _hash(drawing)],
    )
    # A lone surrogate, which is no text, would keep the page from being written.
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _charts(
    run: Backtest,
    sections: Sequence[PriceSection],
    sweep: Sweep | None,
    chosen: MovingAverageRule | None,
) -> Iterator[tuple[str, Chart]]:
    """Yield every chart with the id of its element."""
    yield "equity", equity(run)
    yield "drawdown", drawdown(run)
    for section in sections:
        yield section.id, price(run, section.ticker)
    if sweep is not None:
        yield "rules", heat_map(sweep, chosen)


def _chosen(run: Backtest, sweep: Sweep | None) -> MovingAverageRule | None:
    """Return the rule of all tickers, where there is one and it was swept."""
    rules = {decided.rule for decided in run.decisions.values()}
    swept = rules.intersection(() if sweep is None else sweep.rules)
    return swept.pop() if len(rules) == 1 and swept else None


def _drawn_tickers(run: Backtest) -> list[str]:
    """Return the tickers whose price is drawn: those that earned or lost most, in their order."""
    parts = run.curve.tickers

    def moved(ticker: str) -> float:
        return abs(float(parts[ticker].realised[-1] + parts[ticker].unrealised[-1]))

    kept = set(sorted(run.decisions, key=moved, reverse=True)[:MOST_CHARTS])
    return [ticker for ticker in run.decisions if ticker in kept]


def _subject(run: Backtest) -> str:
    """Return what was tested, in a line."""
    tickers = list(run.decisions)
    named = ", ".join(tickers[:_NAMED])
    if len(tickers) > _NAMED:
        named += f" and {len(tickers) - _NAMED} more"
    rules = list(dict.fromkeys(str(each.rule) for each in run.decisions.values()))
    rule = rules[0] if len(rules) == 1 else f"{len(rules)} rules"
    closes, day = run.metrics.bars, run.calendar()
    return (
        f"{named} \N{MIDDLE DOT} {rule} \N{MIDDLE DOT} {day(run.metrics.start)} to "
        f"{day(run.metrics.end)} \N{MIDDLE DOT} {amount(closes)} close{'' if closes == 1 else 's'}"
    )


def _hash(script: str) -> str:
    """Return what a content security policy knows a script by."""
    digest = sha256(script.encode("utf-8")).digest()
    return f"sha256-{b64encode(digest).decode('ascii')}"


def _plotly_script() -> str:
    """Return the text of plotly.js, fit to stand in a script element."""
    try:
        from plotly.offline import get_plotlyjs
    except ImportError as error:
        raise NotInstalled(_missing("plotly", error)) from error
    script: str = get_plotlyjs()
    # Browsers read line ends as \n, and a hash is of what they read.
    return script.replace("\r\n", "\n").replace("\r", "\n").replace("</script", "<\\/script")


def _template() -> "Template":
    try:
        from jinja2 import Environment, FileSystemLoader, StrictUndefined
    except ImportError as error:
        raise NotInstalled(_missing("jinja2", error)) from error
    environment = Environment(
        loader=FileSystemLoader(_PAGE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html")


def _missing(package: str, error: ImportError) -> str:
    return f'the report needs {package} ({error}); pip install "sellcli[report]"'
