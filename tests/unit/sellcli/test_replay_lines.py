"""What a replay found of a bar, as a line."""

from datetime import UTC, datetime

import pytest

from sellcli.screen.replay_lines import finding_line
from sellcore.order import Mode
from sellcore.replay.finding import Cause, Finding, LoggedBar, Verdict
from sellcore.timeframe import Timeframe

END = datetime(2022, 5, 20, 18, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("ticker", "told"),
    [("NYSE:KO", "NYSE:KO        "), ("NASDAQ:GOOGL.PREFERRED", "NASDAQ:GOOGL.PREFERRED ")],
)
def test_a_line_names_bar_ticker_and_timeframe_in_full(ticker: str, told: str) -> None:
    """A name that is longer than its column pushes the rest, and is not cut."""
    bar = LoggedBar(Mode.LIVE, "DU1", 7, ticker, Timeframe.HOUR, END)

    line = finding_line(Finding(bar, Verdict.NO_RECORD, "nobody decided it", None, None, None))

    assert line.plain.startswith(f"2022-05-20T18:30Z  {told}")
    assert line.plain.endswith("  no record       nobody decided it")


def test_a_difference_is_told_with_its_cause_first() -> None:
    """Whoever runs an eye down the lines looks for the cause."""
    bar = LoggedBar(Mode.LIVE, "DU1", 7, "NYSE:KO", None, None)
    cause = next(iter(Cause))

    line = finding_line(Finding(bar, Verdict.DIFFERS, "closed elsewhere", cause, None, None))

    assert line.plain.endswith(f"differs         {cause}: closed elsewhere")
