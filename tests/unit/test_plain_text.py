"""What others say fits into a line of ours, whatever it is."""

import errno

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sellcore.plain_text import one_line, system_words


@given(st.text(max_size=200), st.integers(1, 50))
def test_any_text_comes_out_as_one_short_printable_line(text: str, longest: int) -> None:
    """It ends no line of a log, rings no bell, and moves no cursor."""
    line = one_line(text, longest)

    assert line.isprintable()
    assert len(line) <= longest


def test_words_stay_and_what_parts_them_becomes_one_space() -> None:
    """Line ends, tabs and escapes alike."""
    assert one_line(" halted\r\n by\t\x1b me ", 40) == "halted by me"
    assert one_line("halted by me", 6) == "halted"


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "no space left on device"),
        (OSError("Half a line"), "half a line"),
    ],
)
def test_words_of_the_system_stand_within_a_sentence(error: OSError, words: str) -> None:
    """Those that it has for its number, else those the error was raised with."""
    assert system_words(error) == words
