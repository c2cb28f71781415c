"""Scenario files: what they say, and one clear line where they say it wrongly."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from tests.gateway.gateway_stand import Weekdays

from adapters.calendar import SessionTable
from adapters.gateway.fault_table import HELP, help_rows
from adapters.gateway.faults import FaultKind
from adapters.gateway.folder_scenario import folder_scenario
from adapters.gateway.scenario import default_scenario, load_scenario, parse_scenario
from sellcore.errors import ConfigError

FULL = """
account = "DU0000001"
start = 2022-05-20T13:25:00Z
end = 2022-05-20T20:05:00Z
data = "bars"
read_only = true

[[position]]
ticker = "nasdaq:msft"
con_id = 272093
currency = "USD"
quantity = 10.7
average_cost = 280.0

[[open_order]]
ticker = "NASDAQ:MSFT"
action = "SELL"
type = "STP"
quantity = 100
price = 240.0

[[fault]]
at = 2022-05-20T17:00:00+02:00
kind = "late_bars"
ticker = "NASDAQ:MSFT"
seconds = 90.5
"""
HEAD = 'account = "DU1"\nstart = 2022-05-20T13:25:00Z\n'


def test_scenario_says_what_its_file_says(tmp_path: Path) -> None:
    """Every key of the design's example arrives, times in UTC, fractions exact."""
    path = tmp_path / "day.toml"
    path.write_text(FULL)

    scenario = load_scenario(path)

    assert scenario.start == datetime(2022, 5, 20, 13, 25, tzinfo=UTC)
    assert scenario.end == datetime(2022, 5, 20, 20, 5, tzinfo=UTC)
    assert scenario.data == tmp_path / "bars"
    assert scenario.read_only
    (position,) = scenario.positions
    assert (position.ticker, position.quantity) == ("NASDAQ:MSFT", Decimal("10.7"))
    (order,) = scenario.open_orders
    assert (order.con_id, order.client_id, order.price) == (272093, 0, 240.0)
    (fault,) = scenario.faults
    assert fault.kind is FaultKind.LATE_BARS
    assert fault.at == datetime(2022, 5, 20, 15, 0, tzinfo=UTC)
    assert fault.number("seconds") == 90.5


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("acount = 1\n" + HEAD, ["'acount'", "'account'"]),
        ("start = 2022-05-20T13:25:00Z", ["'account' is missing"]),
        ('account = "DU1"\nstart = 2022-05-20T13:25:00', ["start", "zone"]),
        ("account = 5\n", ["account = 5", "a text"]),
        ('account = "DU1', ["not TOML"]),
        (HEAD + "end = 2022-05-20T13:00:00Z", ["end", "not after start"]),
        (HEAD + '[[position]]\nticker = "MSFT"\nquantity = 1', ["number 1", "EXCHANGE:SYMBOL"]),
        (HEAD + '[[position]]\nticker = "A:B"\nquantity = "x"', ["quantity = 'x'", "a number"]),
        (HEAD + '[[position]]\nticker = "A:B"\nquantity = true', ["quantity", "a number"]),
        (HEAD + '[[position]]\nticker = "A:B"\nquantity = inf', ["quantity", "finite"]),
        (HEAD + '[[position]]\nticker = "A:B"\nquanity = 1', ["'quanity'", "'quantity'"]),
        (
            HEAD + '[[position]]\nticker = "A:B"\nquantity = 1\ncon_id = 5\n'
            '[[position]]\nticker = "A:C"\nquantity = 1\ncon_id = 5',
            ["con_id 5", "A:B", "A:C"],
        ),
        (
            HEAD + '[[open_order]]\nticker = "A:B"\naction = "HOLD"\ntype = "MKT"',
            ["action = 'HOLD'", "BUY or SELL"],
        ),
        (
            HEAD + '[[open_order]]\nticker="A:B"\naction="SELL"\ntype="STP"\nquantity=1',
            ["needs a price"],
        ),
        (
            HEAD + "[[fault]]\nat = 2022-05-20T14:00:00Z\nkind = 'drop_soket'",
            ["'drop_soket'", "'drop_socket'", "--help-faults"],
        ),
        (
            HEAD + "[[fault]]\nat = 2022-05-20T14:00:00Z\nkind = 'late_bars'\nsecond = 5",
            ["'second'", "'seconds'"],
        ),
        (
            HEAD + "[[fault]]\nat = 2022-05-20T14:00:00Z\nkind = 'split'",
            ["split needs 'ratio'"],
        ),
        (
            HEAD + "[[fault]]\nat = 2022-05-20T14:00:00Z\nkind = 'split'\nratio = '4'",
            ["ratio = '4'", "NEW:OLD"],
        ),
        (
            HEAD
            + "[[fault]]\nat = 2022-05-20T14:00:00Z\nkind = 'slow_answers'\nrequests = ['hist']",
            ["'hist'", "history"],
        ),
        (
            HEAD + "[[fault]]\nat = 2022-05-20T14:00:00Z\nuntil = 2022-05-20T14:00:00Z\n"
            "kind = 'half_open'",
            ["until", "not after at"],
        ),
        (
            HEAD + "[[fault]]\nat = 2022-05-20T14:00:00Z\nuntil = 2022-05-20T15:00:00Z\n"
            "kind = 'drop_socket'",
            ["drop_socket happens once"],
        ),
        (
            HEAD + '[[position]]\nticker = "A:B"\nquantity = 1\ndrift = -1',
            ["drift = -1", "between -0.9 and 9"],
        ),
        (HEAD + "zone = 'Mars/North'", ["zone = 'Mars/North'", "US/Eastern"]),
        (HEAD + "position = 5", ["position", "[[position]]"]),
    ],
)
def test_mistake_is_named_in_one_line(text: str, words: list[str]) -> None:
    """Where it is, what was met, and what is right or nearest."""
    with pytest.raises(ConfigError) as caught:
        parse_scenario(text, "scenario day.toml", Path())

    line = str(caught.value)
    assert "\n" not in line
    assert line.startswith("scenario day.toml")
    assert [word for word in words if word not in line] == []


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00"])
def test_unreadable_file_is_named(tmp_path: Path, content: bytes | None) -> None:
    """A file that is missing or no text is a ConfigError, not a traceback."""
    path = tmp_path / "day.toml"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(ConfigError, match=r"day\.toml"):
        load_scenario(path)


def test_every_fault_is_documented() -> None:
    """No kind is without its line, and no line without its kind."""
    assert set(HELP) == set(FaultKind)
    assert [row[0] for row in help_rows()] == [str(kind) for kind in FaultKind]
    assert all(text for _, _, text in help_rows())


def test_every_fault_can_be_written_with_its_defaults() -> None:
    """Each kind is read from a scenario that gives only what has no default."""
    needed = {FaultKind.SPLIT: "ratio = '2:1'"}
    for kind in FaultKind:
        text = f"{HEAD}[[fault]]\nat = 2022-05-20T14:00:00Z\nkind = '{kind}'\n"
        (fault,) = parse_scenario(text + needed.get(kind, ""), "here", Path()).faults
        assert fault.kind is kind


def test_default_scenario_has_something_of_everything() -> None:
    """A fraction, a short, a young listing, and a resting stop entered by hand."""
    scenario = default_scenario()

    assert scenario.account == "DU0000001"
    assert scenario.start == datetime(2022, 5, 20, 13, 25, tzinfo=UTC)
    assert len(scenario.positions) == 8
    assert any(p.quantity < 0 for p in scenario.positions)
    assert any(p.quantity % 1 for p in scenario.positions)
    assert any(p.first_day and p.first_day > date(2022, 5, 1) for p in scenario.positions)
    (stop,) = scenario.open_orders
    assert (stop.type, stop.client_id) == ("STP", 0)


@pytest.mark.parametrize(("named", "bars"), [("", "."), ('data = "other"', "other")])
def test_scenario_that_a_folder_brings_has_the_bars_of_the_folder(
    tmp_path: Path, named: str, bars: str
) -> None:
    """Unless it names others: generated bars would stand silently in place of those given."""
    (tmp_path / "scenario.toml").write_text(
        f'account = "DU0000001"\nstart = 2022-05-20T13:25:00Z\n{named}\n'
    )

    assert folder_scenario(tmp_path, Weekdays()).data == tmp_path / bars


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_bars_of_days_that_no_calendar_has_are_told_with_their_file(
    tmp_path: Path, day: str
) -> None:
    """The first and the last date there are; nothing is computed past them."""
    (tmp_path / "NYSE_KO_1d.csv").write_text(f"ts,open,high,low,close,volume\n{day},1,1,1,1,1\n")

    with pytest.raises(ConfigError, match=r"NYSE_KO_1d\.csv: "):
        folder_scenario(tmp_path, SessionTable())
