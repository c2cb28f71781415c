"""Whoever waits for a sweep sees what is done, and how much of it is."""

import pytest

from sellcli.screen.sweep_progress import sweep_progress


def shown(capsys: pytest.CaptureFixture[str], *steps: tuple[str, int, int]) -> str:
    """Return what stands on stderr after some steps."""
    with sweep_progress() as on_step:
        for step in steps:
            on_step(*step)
    told = capsys.readouterr()
    assert told.out == ""
    return told.err


@pytest.mark.parametrize(
    ("step", "words", "other"),
    [
        (("sweep", 3, 10), "every rule on every ticker", "to judge luck"),
        (("luck", 7, 10), "day by day, to judge luck", "every rule"),
    ],
)
def test_a_step_is_told_with_how_far_it_is(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    step: tuple[str, int, int],
    words: str,
    other: str,
) -> None:
    """In the words of that step, and not as if it were done; the other one is not there yet."""
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "200")

    told = shown(capsys, step)

    assert words in told
    assert other not in told
    assert f"{step[1]}/10" in told.replace(" ", "")
    assert "10/10" not in told


def test_without_a_terminal_nothing_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    """A log holds lines, not bars."""
    assert shown(capsys, ("sweep", 3, 10)) == ""
