"""The colours of every chart and of the report: one calm set by day, one by night."""

from attrs import frozen


@frozen
class Palette:
    """
    Colours by what they mean, as CSS and plotly read them; no two of a palette are the same.

    Attributes:
        ground: Behind everything.
        paper: Behind a chart or a table.
        ink: Text, and prices while they are held.
        muted: Text that steps back.
        grid: Lines of grids and tables.
        account: The account that follows the rule.
        hold: Buying and holding, beside it.
        average: The moving average.
        price: Prices while they are not held.
        gain: Purchases, and what is better.
        loss: Sales, and what is worse.
        fall: The area of a drawdown.
        shade: A stretch of time that is set apart.
        even: Neither better nor worse.
    """

    ground: str
    paper: str
    ink: str
    muted: str
    grid: str
    account: str
    hold: str
    average: str
    price: str
    gain: str
    loss: str
    fall: str
    shade: str
    even: str


LIGHT = Palette(
    ground="#f4f5f7",
    paper="#ffffff",
    ink="#1c2733",
    muted="#5f6b78",
    grid="#e5e8ec",
    account="#24678d",
    hold="#9aa4b0",
    average="#c98a2b",
    price="#b3bcc6",
    gain="#2c8a6d",
    loss="#bf4f3a",
    fall="rgba(191, 79, 58, 0.14)",
    shade="rgba(95, 107, 120, 0.09)",
    even="#f1f2f4",
)

DARK = Palette(
    ground="#0f1318",
    paper="#171d24",
    ink="#e2e8ee",
    muted="#96a3b0",
    grid="#29323c",
    account="#6cb2d6",
    hold="#788592",
    average="#e0b062",
    price="#5b6875",
    gain="#55b996",
    loss="#e07f66",
    fall="rgba(224, 127, 102, 0.18)",
    shade="rgba(150, 163, 176, 0.10)",
    even="#232b34",
)
