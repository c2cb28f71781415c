"""``sellcli gateway``: a gateway for other programs, in a process of its own."""

from pathlib import Path

import pytest
from tests.integration.cli import run

FULL = Path("/dev/full")

SELLS_AT_ONCE = """
account = "DU0000001"
start = 2022-05-20T14:25:00Z

[[position]]
ticker = "NASDAQ:MSFT"
quantity = 100
price = 260.0

[[open_order]]
ticker = "NASDAQ:MSFT"
action = "SELL"
type = "LMT"
quantity = 100
price = 2.0
"""


@pytest.mark.skipif(not FULL.exists(), reason="no device here that is always full")
def test_gateway_that_cannot_record_ends_with_one_line(tmp_path: Path) -> None:
    """A rehearsal whose orders are not on record would prove nothing."""
    (tmp_path / "day.toml").write_text(SELLS_AT_ONCE)

    told = ("--scenario", "day.toml", "--record", str(FULL), "--pace", "0.5", "--port", "0")
    done = run(tmp_path, "gateway", *told, limit=60.0)

    # On a slow machine the first order is due before the gateway says where it listens.
    *listening, complaint = done.stderr.splitlines()
    assert done.returncode == 1
    assert all(line.startswith("simulated gateway on 127.0.0.1:") for line in listening)
    assert complaint.startswith("sellcli: ledger /dev/full: ")
    assert complaint.endswith("give a file in a folder that exists and can be written to")
