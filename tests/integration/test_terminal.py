"""The same day on a terminal: what a person sees, and what a person types."""

import re
from pathlib import Path

import pytest
from tests.integration.cli import DAY as WATCH
from tests.integration.cli import run
from tests.integration.made_up_market import OPEN, RULES, assign, lay_out, market, scenario
from tests.integration.terminal import ESCAPE, QUESTION, on_terminal

ASKING = ("start", "--simulate", "--pace", "0", "--scenario", "day.toml")


@pytest.fixture(scope="module")
def bars(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Lay out the market once."""
    folder = tmp_path_factory.mktemp("market") / "bars"
    lay_out(folder, market())
    return folder


@pytest.fixture
def desk(bars: Path, tmp_path: Path) -> Path:
    """Return a folder with the scenario of a few minutes."""
    end = OPEN.replace(hour=14, minute=3)
    (tmp_path / "day.toml").write_text(scenario(bars, end=end))
    return tmp_path


@pytest.mark.parametrize(
    ("columns", "no_color", "once"),
    [(60, "", False), (80, "1", False), (160, "", False), (100, "1", True)],
)
def test_tables_fit_the_terminal_and_their_numbers_stand_in_line(
    columns: int, no_color: str, once: bool, desk: Path
) -> None:
    """No line is wider, closes end in one column, NO_COLOR leaves nothing but movement."""
    assign(desk)
    more = ("--once",) if once else ()

    shown = on_terminal(
        desk,
        [*WATCH, *more, "--scenario", "day.toml"],
        columns=columns,
        variables={"NO_COLOR": no_color},
    )

    assert shown.code == 0
    assert [line for line in shown.plain if len(line) > columns] == []
    styled = {code for code in ESCAPE.findall(shown.text) if code.endswith("m")}
    assert bool(styled) == (not no_color and not once)
    assert not any("…" in line for line in shown.plain)
    heads = [n for n, line in enumerate(shown.plain) if re.match(r" ?ticker +.*close", line)]
    assert heads
    for head in heads:
        edge = re.search(r"close", shown.plain[head])
        assert edge is not None
        rows = [line for line in shown.plain[head + 1 : head + 5] if re.match(r" ?[A-Z]+:", line)]
        assert len(rows) == len(RULES)
        for row in rows:
            assert re.search(r"\d\.\d\d$", row[: edge.end()]), row
            assert row[edge.end()] == " "


@pytest.mark.parametrize(("rows", "told"), [(22, 0), (34, 1), (40, 2), (90, 3)])
def test_distances_are_shown_of_as_many_holdings_as_there_is_room_for(
    rows: int, told: int, desk: Path
) -> None:
    """The nearest to their average come first, and a line says that these are not all."""
    assign(desk)

    shown = on_terminal(desk, [*WATCH, "--scenario", "day.toml"], columns=100, rows=rows)

    last = max(n for n, line in enumerate(shown.plain) if " DRY-RUN " in line)
    screen = shown.plain[last:]
    assert sum(bool(re.match(r" ?[A-Z]+:\S+ +(1H|D) +SMA ", line)) for line in screen) == told
    those = "the one nearest to its" if told == 1 else f"the {told} nearest to their"
    hint = f"{those} average; 'sellcli status' shows all"
    assert (hint in screen) == (0 < told < len(RULES))
    assert len(screen) < rows


def test_a_terminal_gets_its_cursor_back_after_ctrl_c(desk: Path) -> None:
    """Exit 0, the last table stands, the summary below it, the cursor is shown again."""
    assign(desk)
    arguments = ["start", "--simulate", "--no-input", "--scenario", "day.toml"]

    shown = on_terminal(
        desk, arguments, columns=120, answers=[(re.compile(rb"ends the watch"), b"\x03")]
    )

    assert shown.code == 0
    assert "Traceback" not in shown.text
    assert "sellcli: ended by Ctrl-C" in shown.plain
    assert any(line.startswith("every decision and its reason: ") for line in shown.plain)
    assert shown.text.rindex("\x1b[?25h") > shown.text.rindex("\x1b[?25l")


def test_missing_rules_are_asked_for_one_by_one_and_kept(desk: Path) -> None:
    """Numbers answer, Enter takes the default, s skips, nonsense is asked again."""
    typed = (b"9", b"1", b"", b"2", b"s", b"2", b"7", b"10", b"")

    shown = on_terminal(
        desk, ASKING, columns=100, answers=[(QUESTION, answer + b"\n") for answer in typed]
    )

    assert shown.code == 0
    assert sum(" is not one of " in line for line in shown.plain) == 2
    assert (desk / "config" / "assigned_ma.csv").read_text() == (
        "ticker,type,length,timeframe\nARCA:CCC,SMA,50,D\nNYSE:BBB,EMA,10,1H\n"
    )


def test_ctrl_c_at_a_question_keeps_what_was_answered_before(desk: Path) -> None:
    """Each answer is stored as it is given."""
    typed = (b"1\n", b"\n", b"\n", b"\x03")

    shown = on_terminal(desk, ASKING, columns=100, answers=[(QUESTION, answer) for answer in typed])

    assert shown.code == 0
    assert "Traceback" not in shown.text
    assert "sellcli: ended by Ctrl-C" in shown.plain
    assert (desk / "config" / "assigned_ma.csv").read_text() == (
        "ticker,type,length,timeframe\nARCA:CCC,SMA,50,1H\n"
    )


def test_symbols_that_look_like_markup_are_shown_as_they_are(tmp_path: Path) -> None:
    """What the broker calls a thing is a word and nothing else."""
    names = ("NYSE:A[/B]", "NYSE:[RED]C")
    held = "".join(f'[[position]]\nticker = "{name}"\nquantity = 1\n' for name in names)
    head = 'account = "DU1"\nstart = 2022-06-15T13:25:00Z\nend = 2022-06-15T13:26:00Z\n'
    (tmp_path / "day.toml").write_text(head + held)

    shown = on_terminal(tmp_path, [*WATCH, "--scenario", "day.toml"], columns=120)
    piped = run(tmp_path, *WATCH, "--scenario", "day.toml")

    assert (shown.code, piped.returncode, piped.stderr) == (0, 0, "")
    for name in names:
        assert any(line.startswith(f" {name} ") for line in shown.plain)
        assert f" {name} " in piped.stdout
