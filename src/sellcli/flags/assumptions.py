"""The flags of backtests and sweeps for what is taken for granted, and for corporate actions."""

import functools
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from sellcore.errors import ConfigError, InvalidValue

if TYPE_CHECKING:
    from sellcore.backtest.actions import Action
    from sellcore.backtest.assumptions import Assumptions, Costs

Command = TypeVar("Command", bound=Callable[..., Any])

COSTS = ("FIXED", "PER_SHARE", "MINIMUM", "MAXIMUM_PCT", "PERCENT")
"""What the numbers of ``--costs`` mean, in their order; only the first is needed."""

_OPTIONS = (
    click.option(
        "--entry",
        type=click.Choice(["held", "reclaim"]),
        default="held",
        show_default=True,
        help="Bought once and sold once, or bought again when a bar closes above.",
    ),
    click.option(
        "--fill",
        type=click.Choice(["next-open", "same-close"]),
        default="next-open",
        show_default=True,
        help="Filled at the next bar's open, or at the very close, which nobody can do.",
    ),
    click.option(
        "--costs",
        metavar="ib|free|NUMBERS",
        default="ib",
        show_default=True,
        help="Commission: ib, free, or FIXED,PER_SHARE,MINIMUM,MAXIMUM_PCT,PERCENT.",
    ),
    click.option(
        "--slippage-bps",
        type=float,
        help="Basis points a fill is worse than the bar's price. [default: 2, or 0 with free]",
    ),
    click.option(
        "--capital",
        type=float,
        default=100_000.0,
        show_default=True,
        help="What the account starts with.",
    ),
    click.option(
        "--whole-shares/--fractions",
        "whole_shares",
        default=True,
        show_default="whole-shares",
        help="Whether only whole shares are traded.",
    ),
    click.option(
        "--adjust",
        type=click.Choice(["price", "total-return"]),
        default="price",
        show_default=True,
        help="Which actions are taken out of prices: splits, or dividends as well.",
    ),
    click.option(
        "--actions",
        type=click.Path(path_type=Path),
        help="CSV file of splits and dividends: ticker,date,kind,value.",
    ),
    click.option("--allow-jumps", is_flag=True, help="Take jumps that look like a split for real."),
    click.option("--allow-gaps", is_flag=True, help="Take what bars there are, though some miss."),
)
"""Those that a sweep has as well."""

_ACCOUNT_OPTIONS = (
    click.option(
        "--order",
        type=click.Choice(["market", "limit"]),
        default="market",
        show_default=True,
        help="At the market, or at a limit that is good for the day.",
    ),
    click.option(
        "--limit-offset",
        type=float,
        default=0.5,
        show_default=True,
        help="How far a limit lies from the close that was decided on, in percent.",
    ),
    click.option("--volume-cap", type=float, help="The part of a bar's volume a fill may take."),
    click.option(
        "--max-symbol",
        type=float,
        default=1.0,
        show_default=True,
        help="The part of the equity that a purchase may bring one ticker to.",
    ),
    click.option(
        "--max-gross",
        type=float,
        default=1.0,
        show_default=True,
        help="The same of all tickers together.",
    ),
    click.option(
        "--max-daily-loss",
        type=float,
        help="A loss in percent since the day before that stops orders for the day.",
    ),
    click.option(
        "--live-limits", is_flag=True, help="Apply the limits on orders of [live] as live does."
    ),
)


def assumption_options(*, account: bool) -> Callable[[Command], Command]:
    """
    Give a command the flags for what is taken for granted.

    It is called with ``assumptions``, with ``actions``, the path of their file or None,
    and with ``allow_gaps``. Belongs below ``setting_options``.

    Args:
        account: Also the flags by which tickers, days and volumes hang together.
    """
    names = [*_NAMES, *(_ACCOUNT_NAMES if account else ())]

    def decorate(command: Command) -> Command:
        @functools.wraps(command)
        def with_assumptions(*args: Any, settings: Any, **given: Any) -> Any:
            told = {name: given.pop(name) for name in names}
            if told.pop("live_limits", False):
                told["limits"] = settings.selling_policy()
            with _named_by_flags():
                assumed = _assumptions(told)
                return command(*args, settings=settings, assumptions=assumed, **given)

        decorated: Any = with_assumptions
        for option in reversed((*_OPTIONS, *(_ACCOUNT_OPTIONS if account else ()))):
            decorated = option(decorated)
        finished: Command = decorated
        return finished

    return decorate


_NAMES = (
    *("entry", "fill", "costs", "slippage_bps", "capital", "whole_shares"),
    *("adjust", "allow_jumps"),
)
_ACCOUNT_NAMES = (
    *("order", "limit_offset", "volume_cap", "max_symbol", "max_gross", "max_daily_loss"),
    "live_limits",
)

_FIELDS = {
    "limit_offset": "limit_offset_pct",
    "max_symbol": "max_symbol_exposure",
    "max_gross": "max_gross_exposure",
    "max_daily_loss": "max_daily_loss_pct",
}
"""Where a flag is shorter than what it sets."""

_FLAGS = {
    **{
        _FIELDS.get(name, name): f"--{name.replace('_', '-')}"
        for name in (*_NAMES, *_ACCOUNT_NAMES)
    },
    **{name.lower(): f"--costs {name}" for name in COSTS},
}
"""What a person typed, by the name that the core has for it."""

_NAMED = re.compile(rf"(?:^|(?<= ))({'|'.join(_FLAGS)})(?= \S+ is not a number| where it is real)")
"""Where a line of the core names one of its own."""


@contextmanager
def _named_by_flags() -> Iterator[None]:
    """Let refusals name the flag that a person typed, or may type, and not the core's own name."""
    try:
        yield
    except InvalidValue as error:
        text = _NAMED.sub(lambda name: _FLAGS[name[1]], str(error))
        raise InvalidValue(text) from error


def _assumptions(told: dict[str, Any]) -> "Assumptions":
    from sellcore.backtest.assumptions import Adjustment, Assumptions, Entry, Fill
    from sellcore.order_type import OrderType

    costs = _costs(told.pop("costs"), told.pop("slippage_bps"))
    order = {"market": OrderType.MARKET, "limit": OrderType.LIMIT}[told.pop("order", "market")]
    return Assumptions(
        entry=Entry(told.pop("entry")),
        fill=Fill(told.pop("fill").replace("-", " ")),
        adjustment=Adjustment(told.pop("adjust").replace("-", " ")),
        costs=costs,
        order_type=order,
        **{_FIELDS.get(name, name): value for name, value in told.items()},
    )


def _costs(text: str, slippage_bps: float | None) -> "Costs":
    from attrs import evolve

    from sellcore.backtest.assumptions import FREE, IB_FIXED, Costs

    known = {"ib": IB_FIXED, "free": FREE}.get(text.strip().lower())
    if known is None:
        try:
            numbers = [float(each) for each in text.split(",")]
        except ValueError:
            numbers = []
        if not 0 < len(numbers) <= len(COSTS):
            raise ConfigError(
                f"--costs {text!r} is none of ib, free, {','.join(COSTS)}; e.g. --costs 1 for "
                "1.00 an order"
            )
        fixed, per_share, minimum, maximum, percent = numbers + [0.0] * (5 - len(numbers))
        if len(numbers) > 3 and not maximum and (fixed or per_share or minimum or percent):
            raise ConfigError(
                f"--costs {text!r}: MAXIMUM_PCT 0 makes every order free; give 100 for no maximum, "
                "or --costs free"
            )
        known = Costs(
            fixed=fixed,
            per_share=per_share,
            minimum=minimum,
            maximum_pct=maximum if len(numbers) > 3 else None,
            percent=percent,
        )
    return known if slippage_bps is None else evolve(known, slippage_bps=slippage_bps)


def actions_in(path: Path | None) -> "tuple[Action, ...]":
    """
    Return the actions of a file, none without one; each bad row is a line on stderr.

    Raises:
        ConfigError: the file, or a row of it, cannot be read.
    """
    if path is None:
        return ()
    from sellcli.compose.research_bars import read_actions

    read = read_actions(path)
    for problem in read.problems[:-1]:
        click.echo(f"sellcli: {problem}", err=True)
    if read.problems:
        raise ConfigError(read.problems[-1])
    return read.actions


def unused_actions(
    path: Path | None, actions: "Sequence[Action]", tickers: Collection[str]
) -> Iterator[str]:
    """Say whose actions went unused, if any did: a ticker may be misspelt."""
    others = sorted({action.ticker for action in actions if action.ticker not in tickers})
    if others:
        more = f" and {len(others) - 3} more" if len(others) > 3 else ""
        yield f"{path}: actions of {', '.join(others[:3])}{more} are of no ticker that is tested"
