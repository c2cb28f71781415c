"""An account while its history runs: a lane for each ticker, and one book for all."""

from attrs import define, field, frozen

from sellcore.backtest.account.book import Book, Holding
from sellcore.backtest.account.orders import Order, WorkingOrder
from sellcore.backtest.account.phases import Phase
from sellcore.backtest.account.safety import DayTotal
from sellcore.backtest.account.times import AccountTimes
from sellcore.backtest.assumptions import Assumptions
from sellcore.backtest.decisions import Decisions


@frozen
class Ledger:
    """
    What an account did.

    Attributes:
        orders: In the order they were decided.
        book: With every fill.
    """

    orders: tuple[Order, ...]
    book: Book


@define
class Lane:
    """
    One ticker of the account.

    Attributes:
        place: Counts the tickers from 0.
        decisions: Its bars, decided.
        holding: What the book holds of it.
        order: The one that works on it; never two.
    """

    place: int
    decisions: Decisions
    holding: Holding
    order: WorkingOrder | None = None

    @property
    def ticker(self) -> str:
        """The label it goes by."""
        return self.decisions.ticker


@define
class Account:
    """
    The account.

    Attributes:
        lanes: One for each ticker.
        assumptions: What is taken for granted.
        times: When it is looked at.
        book: Cash, shares and fills.
        trades: Whether it follows the rule, or only holds.
        orders: Those that work no more.
        begun: How many orders there have been.
        sales: What is sent on each UTC date, days since 1970, as the journal counts a day.
        events: A heap of (time, phase, whether it is a purchase, lane, row).
    """

    lanes: list[Lane]
    assumptions: Assumptions
    times: AccountTimes
    book: Book
    trades: bool
    orders: list[Order] = field(factory=list)
    begun: int = 0
    sales: dict[int, DayTotal] = field(factory=dict)
    events: list[tuple[int, Phase, bool, int, int]] = field(factory=list)

    @property
    def decided(self) -> list[Decisions]:
        """The decisions of all tickers."""
        return [lane.decisions for lane in self.lanes]
