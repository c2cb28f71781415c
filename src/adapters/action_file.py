"""Corporate actions in a CSV file, ``ticker,date,kind,value``."""

from io import StringIO
from pathlib import Path

from attrs import frozen

from adapters.table_file import why_unreadable
from sellcore.backtest.actions import Action, parse_actions
from sellcore.errors import ConfigError, InvalidValue


@frozen
class ActionFile:
    """
    What a file of actions holds.

    Attributes:
        actions: None of them where a row cannot be read.
        problems: One line for each row that cannot be read, with file and line.
    """

    actions: tuple[Action, ...]
    problems: tuple[str, ...]


def read_actions(path: Path) -> ActionFile:
    """
    Read a file of actions.

    Raises:
        ConfigError: there is no such file, or it is no text.
    """
    try:
        # utf-8-sig: spreadsheets put a byte order mark in front.
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: actions are CSV text in UTF-8; save them so") from None
    except OSError as error:
        raise ConfigError(f"{path}: actions cannot be read: {why_unreadable(error)}") from error
    try:
        return ActionFile(parse_actions(StringIO(text, newline="")), ())
    except InvalidValue as error:
        return ActionFile((), tuple(f"{path}: {line}" for line in str(error).splitlines()))
