"""The text of ``assigned_ma.csv``: read line by line, changed without losing one."""

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from attrs import evolve, frozen

from sellcore.assignment import Assignments
from sellcore.errors import ConfigError
from sellcore.instrument import parse_ticker
from sellcore.rule import MovingAverageRule, parse_kind, parse_length
from sellcore.timeframe import Timeframe, parse_timeframe

T = TypeVar("T")

COLUMNS = ("ticker", "type", "length", "timeframe")
HEADER = ",".join(COLUMNS)
_OPTIONAL = "timeframe"
_BEFORE_TIMEFRAMES = Timeframe.HOUR.value
"""The older format has no timeframe: every rule was hourly."""

_LONGEST = 200
"""Characters of a cell that a message repeats; the file may hold anything."""


@frozen
class Line:
    """
    One line of the file.

    Attributes:
        number: From 1, as editors count.
        text: As it is written below the sheet's columns.
        cells: The row's cells in the order of the sheet's columns; empty for
            comments, blank lines and what no cells can be read from.
        ticker: What a row speaks of, where that can be read.
        rule: What a good row assigns.
        problem: Why the line assigns nothing though it should.
    """

    number: int
    text: str
    cells: tuple[str, ...] = ()
    ticker: str | None = None
    rule: MovingAverageRule | None = None
    problem: str | None = None


@frozen
class Sheet:
    """
    A whole file.

    Attributes:
        preface: What stands before the header, line by line.
        columns: COLUMNS, and behind them those that only its owner knows.
        body: Every line after the header.
    """

    preface: tuple[str, ...] = ()
    columns: tuple[str, ...] = COLUMNS
    body: tuple[Line, ...] = ()

    def text(self, newline: str = "\n") -> str:
        """Return the file's text, each line ended by ``newline``."""
        lines = (*self.preface, _join(self.columns), *(line.text for line in self.body))
        return "".join(line + newline for line in lines)


def parse_sheet(text: str, name: str) -> Sheet:
    """
    Read the text of a file.

    Args:
        text: Lines end in LF, CRLF or CR.
        name: What to call the file in messages.

    Raises:
        ConfigError: there is no header with the columns that are needed.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if not lines[-1]:
        lines.pop()
    at = next((index for index, line in enumerate(lines) if not _is_remark(line)), None)
    if at is None:
        raise ConfigError(f"{name} has no header; make its first line {HEADER}, or delete the file")
    found = _columns(lines[at], f"{name} line {at + 1}")
    others = [index for index, column in enumerate(found) if column not in COLUMNS]
    order = [found.index(column) if column in found else None for column in COLUMNS] + others
    body = (
        _line(number, line, order, len(found))
        for number, line in enumerate(lines[at + 1 :], at + 2)
    )
    return Sheet(tuple(lines[:at]), (*COLUMNS, *(found[index] for index in others)), tuple(body))


def assignments(sheet: Sheet, name: str) -> Assignments:
    """Return the rules of the good rows, and a line about each other one."""
    rows: dict[str, list[Line]] = {}
    problems = [(line.number, line.problem) for line in sheet.body if line.problem is not None]
    for line in sheet.body:
        if line.ticker is not None and line.rule is not None:
            rows.setdefault(line.ticker, []).append(line)
    for ticker, (first, *again) in rows.items():
        fault = f"{ticker} is also on line {first.number}; keep one of them, neither is used"
        problems += [(line.number, fault) for line in again]
    rules = {t: same[0].rule for t, same in rows.items() if len(same) == 1 and same[0].rule}
    told = {number: f"{name} line {number}: {problem}" for number, problem in sorted(problems)}
    unclear = {
        line.ticker: told[line.number]
        for line in sheet.body
        if line.number in told and line.ticker is not None and line.ticker not in rules
    }
    return Assignments(rules, tuple(told.values()), unclear)


def assign(sheet: Sheet, ticker: str, rule: MovingAverageRule) -> Sheet:
    """
    Return the sheet with ``rule`` for ``ticker``, on its first row or on a new one.

    Any further row of that ticker, good or malformed, becomes a comment.
    """
    assigned = (ticker, str(rule.kind), str(rule.length), str(rule.timeframe))
    body: list[Line] = []
    placed = False
    for line in sheet.body:
        if line.ticker != ticker:
            body.append(line)
        elif placed:
            body.append(Line(line.number, f"# {line.text}"))
        else:
            body.append(_row(line.number, assigned + line.cells[4 : len(sheet.columns)]))
            placed = True
    if not placed:
        body.append(_row(len(sheet.preface) + len(body) + 2, assigned))
    return evolve(sheet, body=tuple(body))


def _is_remark(line: str) -> bool:
    return not line.strip() or line.lstrip().startswith("#")


def _cells(line: str) -> list[str] | None:
    """Read one line by itself: an open quote must not swallow those that follow."""
    try:
        row = next(csv.reader([line], strict=True, skipinitialspace=True))
    except csv.Error:
        return None
    return [cell.strip() for cell in row]


def _join(cells: Iterable[str]) -> str:
    row = list(cells)
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(row)
    if _is_remark(text.getvalue()):  # a cell that starts with # must not turn into a comment
        text = io.StringIO()
        csv.writer(text, lineterminator="", quoting=csv.QUOTE_ALL).writerow(row)
    return text.getvalue()


def _columns(line: str, where: str) -> list[str]:
    cells = _cells(line) or [line]
    while len(cells) > 1 and not cells[-1]:
        cells.pop()
    columns = [cell.lower() if cell.lower() in COLUMNS else cell for cell in cells]
    missing = [name for name in COLUMNS if name not in columns and name != _OPTIONAL]
    repeated = [name for name in COLUMNS if columns.count(name) > 1]
    if missing or repeated:
        fault = f"lacks {', '.join(missing)}" if missing else f"has {', '.join(repeated)} twice"
        raise ConfigError(f"{where}: header {line.strip()[:80]!r} {fault}; it must be {HEADER}")
    return columns


def _line(number: int, text: str, order: Sequence[int | None], width: int) -> Line:
    """Read a line; ``order`` says where each column is found among ``width``, None nowhere."""
    if _is_remark(text):
        return Line(number, text)
    cells = _cells(text)
    if cells is None:
        return Line(number, text, problem="its quotes do not match")
    while cells and not cells[-1]:
        cells.pop()
    if not cells:
        return Line(number, "")
    surplus = cells[width:]
    cells += [""] * (width - len(cells))
    row = _row(number, [_BEFORE_TIMEFRAMES if at is None else cells[at] for at in order] + surplus)
    if surplus:
        return evolve(row, rule=None, problem=f"{len(cells)} cells, the header has {width}")
    return row


def _row(number: int, cells: Sequence[str]) -> Line:
    faults: list[str] = []
    ticker = _read(parse_ticker, cells[0], faults)
    kind = _read(parse_kind, cells[1], faults)
    length = _read(parse_length, cells[2], faults)
    timeframe = _read(parse_timeframe, cells[3], faults)
    row = Line(number, _join(cells), tuple(cells), ticker)
    if ticker is None or kind is None or length is None or timeframe is None:
        return evolve(row, problem="; ".join(faults))
    plain = (ticker, str(kind), str(length), str(timeframe), *cells[4:])
    rule = MovingAverageRule(kind, length, timeframe)
    return evolve(row, text=_join(plain), cells=plain, rule=rule)


def _read(parse: Callable[[str], T], text: str, faults: list[str]) -> T | None:
    try:
        return parse(text)
    except ValueError as refused:
        faults.append(str(refused) if len(text) <= _LONGEST else f"{text[:20]!r}... is too long")
        return None
