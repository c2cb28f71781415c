"""``sellcli doctor``: everything that a watch needs is looked at, and what is wrong is said."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.integration.cli import gateway, run, strict_json

HOLDINGS = """
[[position]]
ticker = "NASDAQ:MSFT"
quantity = 100
average_cost = 280.0
price = 260.0
"""
SECOND = timedelta(seconds=1)


def examined(folder: Path, *, port: int = 1, account: str = "") -> tuple[int, dict[str, object]]:
    """Return the exit code, and the text of each check that is not fine by its name."""
    flags = ("--port", str(port), *(("--account", account) if account else ()))
    done = run(folder, "doctor", "--json", *flags)
    assert done.stderr == ""
    findings = strict_json(done.stdout)["findings"]
    assert isinstance(findings, list)
    names = [each["check"] for each in findings]
    assert len(set(names)) == len(names)
    return done.returncode, {each["check"]: each["text"] for each in findings if not each["ok"]}


def scenario(ahead: timedelta = timedelta(0)) -> str:
    """Return an account of one holding, at a broker whose clock is so far ahead of ours."""
    start = datetime.now(UTC) + ahead
    return f'account = "DU0000001"\nstart = {start:%Y-%m-%dT%H:%M:%SZ}\n{HOLDINGS}'


def test_desk_on_which_all_is_well_is_fine(tmp_path: Path) -> None:
    """Exit code 0, and nothing to do."""
    with gateway(tmp_path, scenario()) as port:
        assert examined(tmp_path, port=port) == (0, {})


@pytest.mark.parametrize("ahead", [-60, 60])
def test_clock_that_is_off_is_found_either_way(tmp_path: Path, ahead: int) -> None:
    """Behind the broker's as much as ahead of it."""
    with gateway(tmp_path, scenario(ahead * SECOND)) as port:
        code, wrong = examined(tmp_path, port=port)

    assert (code, list(wrong)) == (1, ["clock"])
    ours = int(str(wrong["clock"]).partition(" s against the broker's")[0])
    assert ours == pytest.approx(-ahead, abs=10)


def test_each_thing_that_is_wrong_is_said_by_itself(tmp_path: Path) -> None:
    """A halt, assignments that cannot be read in full, and an account that is not there."""
    run(tmp_path, "halt", "not today")
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "assigned_ma.csv").write_text("ticker,type,length\nNASDAQ:MSFT,SMA,x\n")

    with gateway(tmp_path, scenario()) as port:
        code, wrong = examined(tmp_path, port=port, account="DU0000009")

    assert (code, set(wrong)) == (1, {"halt", "assignments", "account"})
    assert "not today; 'sellcli resume' ends that" in str(wrong["halt"])


def test_broker_that_is_not_there_keeps_nothing_else_from_being_looked_at(tmp_path: Path) -> None:
    """One finding, with the way out."""
    code, wrong = examined(tmp_path)

    assert (code, list(wrong)) == (1, ["connection"])
    assert "start TWS or IB Gateway" in str(wrong["connection"])
