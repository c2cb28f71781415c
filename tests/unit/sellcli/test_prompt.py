"""What a person is asked, before the answer counts."""

import os
import sys

import pytest

from sellcli.prompt import ask_rule
from sellcore.rule import AverageKind, MovingAverageRule
from sellcore.timeframe import Timeframe


@pytest.mark.parametrize(("number", "timeframe"), [("1", Timeframe.HOUR), ("2", Timeframe.DAY)])
def test_timeframe_is_the_one_that_its_number_was_shown_beside(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    number: str,
    timeframe: Timeframe,
) -> None:
    """Whoever means hours and gets days is not sold out for weeks."""
    keys, typed = os.pipe()
    os.write(typed, f"1\n50\n{number}\n".encode())
    os.close(typed)
    with os.fdopen(keys) as terminal:
        monkeypatch.setattr(sys, "stdin", terminal)
        rule = ask_rule("NASDAQ:MSFT")

    assert rule == MovingAverageRule(AverageKind.SMA, 50, timeframe)
    assert "  1) 1H  hourly bars\n  2) D  daily bars\n" in capsys.readouterr().err
