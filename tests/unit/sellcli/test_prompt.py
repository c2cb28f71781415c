"""What a person is asked, before the answer counts."""

import os
import sys
from typing import TextIO

import pytest

from sellcli.prompt import ask_rule, ask_yes
from sellcore.rule import AverageKind, MovingAverageRule
from sellcore.timeframe import Timeframe


def typed(text: str) -> TextIO:
    """Return a terminal at which somebody has typed this already."""
    keys, hands = os.pipe()
    os.write(hands, text.encode())
    os.close(hands)
    return os.fdopen(keys)


@pytest.mark.parametrize(
    ("text", "yes"),
    [("\n", True), ("y\n", True), ("YES\n", True), ("n\n", False), ("perhaps\nno\n", False)],
)
def test_enter_alone_is_a_yes(monkeypatch: pytest.MonkeyPatch, text: str, yes: bool) -> None:
    """As the capital letter says; what is neither is asked again."""
    with typed(text) as terminal:
        monkeypatch.setattr(sys, "stdin", terminal)
        assert ask_yes("go on?") is yes


@pytest.mark.parametrize(("number", "timeframe"), [("1", Timeframe.HOUR), ("2", Timeframe.DAY)])
def test_timeframe_is_the_one_that_its_number_was_shown_beside(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    number: str,
    timeframe: Timeframe,
) -> None:
    """Whoever means hours and gets days is not sold out for weeks."""
    with typed(f"1\n50\n{number}\n") as terminal:
        monkeypatch.setattr(sys, "stdin", terminal)
        rule = ask_rule("NASDAQ:MSFT")

    assert rule == MovingAverageRule(AverageKind.SMA, 50, timeframe)
    assert "  1) 1H  hourly bars\n  2) D  daily bars\n" in capsys.readouterr().err
