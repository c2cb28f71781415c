"""What a person sets by flags, files and settings is what a backtest takes for granted."""

from pathlib import Path

import pytest
from tests.integration.cli import one_line, strict_json
from tests.integration.research import day_rows, lay_out_days, sellcli, sessions, write_rows

TEST = ("backtest", "NASDAQ:AAA", "--rule", "SMA,5,D", "--data", "bars")


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """Return a folder with sixty days of two tickers."""
    lay_out_days(tmp_path / "bars", ["AAA", "BBB"], count=60)
    return tmp_path


def document(folder: Path, *words: str) -> dict:
    """Return what ``--json`` prints."""
    done = sellcli(folder, *words, "--json")
    assert done.code == 0, done.err
    return strict_json(done.out)


def test_each_number_of_the_costs_arrives_in_its_place(desk: Path) -> None:
    """Five numbers that differ; what is left out costs nothing and bounds nothing."""
    five = document(desk, *TEST, "--costs", "1,0.02,3,4,0.5")["assumptions"]["costs"]
    three = document(desk, *TEST, "--costs", "1,0.02,3")["assumptions"]["costs"]

    assert (five["fixed"], five["per_share"], five["minimum"]) == (1, 0.02, 3)
    assert (five["maximum_pct"], five["percent"]) == (4, 0.5)
    assert (three["maximum_pct"], three["percent"]) == (None, 0)


def test_no_slippage_is_none_and_not_the_usual(desk: Path) -> None:
    """A zero that somebody typed is a zero."""
    told = document(desk, *TEST, "--slippage-bps", "0")
    usual = document(desk, *TEST)

    assert told["assumptions"]["costs"]["slippage_bps"] == told["metrics"]["slippage"] == 0
    assert usual["assumptions"]["costs"]["slippage_bps"] == 2


@pytest.mark.parametrize("costs", ["0,0,0,0,0.1", "1,0,0,0"])
def test_a_maximum_of_nothing_is_refused_beside_costs(desk: Path, costs: str) -> None:
    """It would make every order free, and whoever types it means that there is no maximum."""
    done = sellcli(desk, *TEST, "--costs", costs)

    assert (done.code, done.out) == (2, "")
    assert "MAXIMUM_PCT 0 makes every order free; give 100 for no maximum" in one_line(done.err)
    assert document(desk, *TEST, "--costs", "0,0,0,0,0")["metrics"]["commission"] == 0
    assert document(desk, *TEST, "--costs", "0,0,0,100,0.1")["metrics"]["commission"] > 0


def test_each_cap_arrives_in_its_place(desk: Path) -> None:
    """One ticker, all of them together, and a day's loss are three limits."""
    words = ("--max-symbol", "0.6", "--max-gross", "0.8", "--max-daily-loss", "5")

    told = document(desk, *TEST, *words, "--volume-cap", "0.1")["assumptions"]

    assert (told["max_symbol_exposure"], told["max_gross_exposure"]) == (0.6, 0.8)
    assert (told["max_daily_loss_pct"], told["volume_cap"]) == (5, 0.1)


def test_one_day_is_a_period(desk: Path) -> None:
    """From a day to the same day is that day."""
    day = str(sessions(60)[30].day)

    found = document(desk, *TEST, "--from", day, "--to", day)

    assert found["metrics"]["bars"] == 1


def with_default(folder: Path) -> None:
    """Give tickers without a rule of their own the default one."""
    (folder / "config").mkdir(exist_ok=True)
    (folder / "config" / "sellcli.toml").write_text('default_rule = "SMA,10,D"\n')


def test_an_assigned_rule_goes_before_the_default(desk: Path) -> None:
    """Which is for the tickers that have none."""
    assert sellcli(desk, "assign", "NASDAQ:AAA", "EMA", "5", "--timeframe", "D").code == 0
    with_default(desk)

    tickers = document(desk, "backtest", "--data", "bars")["tickers"]

    assert {ticker: told["rule"] for ticker, told in tickers.items()} == {
        "NASDAQ:AAA": "EMA(5) D",
        "NASDAQ:BBB": "SMA(10) D",
    }


def test_a_rule_that_is_named_goes_before_the_assigned_ones(desk: Path) -> None:
    """Whoever names one asks what would come of it, whatever is assigned."""
    assert sellcli(desk, "assign", "NASDAQ:AAA", "EMA", "5", "--timeframe", "D").code == 0

    told = document(desk, "backtest", "--rule", "SMA,20,D", "--data", "bars")["tickers"]

    assert [each["rule"] for each in told.values()] == ["SMA(20) D"] * 2


def test_where_nothing_is_set_the_account_is_the_usual_one(desk: Path) -> None:
    """The flags take for granted what the library and the manual do."""
    told = document(desk, *TEST)["assumptions"]

    plain = {name: value for name, value in told.items() if name not in ("costs", "limits")}
    assert plain == {
        "fill": "next open",
        "entry": "held",
        "order_type": "MKT",
        "limit_offset_pct": 0.5,
        "volume_cap": None,
        "capital": 100_000,
        "max_symbol_exposure": 1,
        "max_gross_exposure": 1,
        "max_daily_loss_pct": None,
        "whole_shares": True,
        "allow_jumps": False,
        "adjustment": "price",
    }


def test_a_rule_that_cannot_be_told_is_not_the_default(desk: Path) -> None:
    """Whoever wrote two lines for a ticker meant neither of them to be a third."""
    assert sellcli(desk, "assign", "NASDAQ:AAA", "EMA", "5", "--timeframe", "D").code == 0
    sheet = desk / "config" / "assigned_ma.csv"
    with sheet.open("a") as file:
        file.write(sheet.read_text().splitlines()[-1].replace("EMA", "SMA") + "\n")
    with_default(desk)

    done = sellcli(desk, "backtest", "--data", "bars", "--json")

    assert list(strict_json(done.out)["tickers"]) == ["NASDAQ:BBB"]
    assert "left out: " in done.err
    assert "NASDAQ:AAA is also on line" in done.err


def test_behind_two_gaps_bars_behind_the_last_one_count(desk: Path) -> None:
    """Live decides on no bars before a gap; how many gaps there are is told."""
    lines = day_rows(60, seed=0)
    write_rows(desk / "bad", "NASDAQ_AAA_1d.csv", [*lines[:10], *lines[11:20], *lines[21:]])
    words = (*TEST[:-1], "bad")

    refused = sellcli(desk, *words)
    behind = document(desk, *words, "--from", str(sessions(60)[40].day))

    assert (refused.code, "(and 1 more gap); bring them" in one_line(refused.err)) == (2, True)
    assert behind["tickers"]["NASDAQ:AAA"]["warm_up"] == 40 - 21


def test_a_document_holds_every_round_trip(desk: Path) -> None:
    """The table on a screen is cut; what a program reads is whole."""
    words = ("--rule", "SMA,5,D", "--data", "bars", "--entry", "reclaim", "--trades", "1")

    found = document(desk, "backtest", *words)

    assert len(found["trades"]) == found["metrics"]["trades"] > 10


def test_what_was_imported_and_cannot_be_read_is_told_of(desk: Path) -> None:
    """Whoever imports more learns that some of it is lost."""
    assert sellcli(desk, "import", "bars/NASDAQ_AAA_1d.csv", "--yes").code == 0
    for part in (desk / "cache").rglob("*.parquet"):
        part.write_bytes(b"not parquet")

    done = sellcli(desk, "import", "bars/NASDAQ_BBB_1d.csv", "--yes")

    assert "bars-1d.parquet is damaged" in done.err
    assert "import its files again" in done.err


def test_an_import_says_what_was_guessed_and_what_was_there_before(desk: Path) -> None:
    """Somebody should look at a guess; a series that is there already is no new one."""
    text = (desk / "bars" / "NASDAQ_AAA_1d.csv").read_text()
    (desk / "NASDAQ_AAA_1d.csv").write_text(text.replace("ts,open", "Date,Open", 1))

    first = sellcli(desk, "import", "NASDAQ_AAA_1d.csv", "--yes")
    again = sellcli(desk, "import", "NASDAQ_AAA_1d.csv", "--yes")

    assert (first.code, again.code) == (0, 0)
    assert "(guessed)" in first.out + first.err
    assert "there already" not in first.out + first.err
    assert "60 bars, there already" in again.out + again.err


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("--capital", "-5"), "--capital -5.0 is not a number above 0"),
        (("--volume-cap", "0"), "--volume-cap 0.0 is not a number above 0 and at most 1"),
        (("--max-symbol", "2"), "--max-symbol 2.0 is not"),
        (("--max-gross", "nan"), "--max-gross nan is not"),
        (("--max-daily-loss", "0"), "--max-daily-loss 0.0 is not"),
        (("--limit-offset", "100"), "--limit-offset 100.0 is not"),
        (("--slippage-bps", "-1"), "--slippage-bps -1.0 is not"),
        (("--costs", "-1"), "--costs FIXED -1.0 is not"),
        (("--costs", "1,-1"), "--costs PER_SHARE -1.0 is not"),
        (("--costs", "1,0,-1"), "--costs MINIMUM -1.0 is not"),
        (("--costs", "1,0,1,101"), "--costs MAXIMUM_PCT 101.0 is not"),
        (("--costs", "1,0,1,1,-1"), "--costs PERCENT -1.0 is not"),
    ],
)
def test_a_number_that_is_none_is_told_by_its_flag(
    desk: Path, words: tuple[str, ...], named: str
) -> None:
    """Nobody who types a flag knows what the core calls it."""
    done = sellcli(desk, *TEST, *words)

    assert (done.code, done.out) == (2, "")
    assert one_line(done.err).startswith(f"sellcli: {named}")


@pytest.mark.parametrize("command", [TEST, ("sweep", "--data", "bars", "--rules", "SMA,5,D")])
def test_a_jump_is_told_with_the_flag_that_lets_it_pass(
    tmp_path: Path, command: tuple[str, ...]
) -> None:
    """And with that flag it passes."""
    lines = day_rows(60, seed=0)
    halved = [
        ",".join([day, *(str(float(price) / 2) for price in prices), volume])
        for day, *prices, volume in (line.split(",") for line in lines[30:])
    ]
    write_rows(tmp_path / "bars", "NASDAQ_AAA_1d.csv", [*lines[:30], *halved])

    done = sellcli(tmp_path, *command)

    assert (done.code, done.out) == (2, "")
    assert one_line(done.err).endswith("give the action, or --allow-jumps where it is real\n")
    assert sellcli(tmp_path, *command, "--allow-jumps").code == 0


@pytest.mark.parametrize("command", ["backtest", "sweep"])
def test_a_ticker_that_was_not_listed_yet_keeps_no_other_from_being_tested(
    tmp_path: Path, command: str
) -> None:
    """BBB begins behind --to: AAA is tested alone, and what is left out is told."""
    write_rows(tmp_path / "bars", "NASDAQ_AAA_1d.csv", day_rows(120, seed=0))
    write_rows(tmp_path / "bars", "NASDAQ_BBB_1d.csv", day_rows(120, seed=1)[80:])
    rule = ("--rule", "SMA,5,D") if command == "backtest" else ("--rules", "SMA,5,D")

    found = document(tmp_path, command, *rule, "--data", "bars", "--to", str(sessions(120)[60].day))

    if command == "backtest":
        assert list(found["tickers"]) == ["NASDAQ:AAA"]
        assert found["left_out"]["NASDAQ:BBB"].endswith("SMA(5) D needs 5 closed bars, has 0")
    else:
        assert found["judged"]["tickers"] == ["NASDAQ:AAA"]
        assert found["judged"]["too_short"] == ["NASDAQ:BBB"]
