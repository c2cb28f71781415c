"""Corporate actions in a file: read as they are saved, refused row by row."""

from pathlib import Path

import pytest

from adapters.action_file import read_actions
from sellcore.errors import ConfigError


def test_actions_are_read_from_what_a_spreadsheet_saves(tmp_path: Path) -> None:
    """A byte order mark, Windows line ends and blank lines are no matter."""
    path = tmp_path / "actions.csv"
    path.write_bytes(
        b"\xef\xbb\xbfticker,date,kind,value\r\n\r\nnasdaq:aapl,2014-06-09,Split,7\r\n"
    )

    (action,) = read_actions(path).actions
    assert str(action) == "split 7 of NASDAQ:AAPL on 2014-06-09"


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (b"ticker\xff", "actions are CSV text in UTF-8; save them so"),
        (None, "actions cannot be read: no such file or directory"),
    ],
)
def test_a_file_of_actions_that_is_none_is_refused(
    tmp_path: Path, data: bytes | None, line: str
) -> None:
    """The file and what is wrong with it."""
    path = tmp_path / "actions.csv"
    if data is not None:
        path.write_bytes(data)

    with pytest.raises(ConfigError, match=line):
        read_actions(path)


def test_each_bad_row_is_told_with_its_file_and_line(tmp_path: Path) -> None:
    """All of them at once, and none of the good rows is taken."""
    path = tmp_path / "actions.csv"
    path.write_text("ticker,date,kind,value\n\nX:A,2014-06-09,split,7\nX:A,x,split,7\n,,,\nX:A\n")

    read = read_actions(path)

    assert read.actions == ()
    assert [problem.split(": ")[1] for problem in read.problems] == ["line 4", "line 6"]
    assert all(problem.startswith(f"{path}: ") for problem in read.problems)
