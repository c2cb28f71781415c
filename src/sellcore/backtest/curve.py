"""An equity curve: what an account is worth at the close of every bar."""

from attrs import frozen

from sellcore.arrays import Floats, Seconds


@frozen(eq=False)
class TickerCurve:
    """
    One ticker's part of the account, at every time of the account.

    Attributes:
        shares: Shape (n,), held.
        price: Shape (n,), the last close; NaN before its first bar has closed.
        realised: Shape (n,), earned by sales so far, all commissions paid.
        unrealised: Shape (n,), what the shares are worth above what they cost.
    """

    shares: Floats
    price: Floats
    realised: Floats
    unrealised: Floats

    def __repr__(self) -> str:
        return (
            f"TickerCurve({len(self.shares):,} closes, {self.shares[-1]:,g} shares at last, "
            f"realised {self.realised[-1]:+,.2f}, unrealised {self.unrealised[-1]:+,.2f})"
        )


@frozen(eq=False)
class Curve:
    """
    The account at the close of every bar.

    Attributes:
        time: Shape (n,), ends of bars, seconds since 1970 UTC.
        equity: Shape (n,), cash and what is held, at the last closes.
        cash: Shape (n,).
        exposure: Shape (n,), what is held is worth.
        tickers: Each ticker's part.
    """

    time: Seconds
    equity: Floats
    cash: Floats
    exposure: Floats
    tickers: dict[str, TickerCurve]

    def __repr__(self) -> str:
        return f"Curve({len(self.time):,} closes, {', '.join(self.tickers)})"
