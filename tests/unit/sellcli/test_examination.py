"""What the doctor says of a login, before anybody trusts it."""

import pytest
from attrs import evolve

from sellcli.examination import on_account
from sellcli.settings import Settings


@pytest.mark.parametrize(
    ("port", "wanted", "accounts", "fine", "said"),
    [
        (4002, "", ("DU1",), True, "DU1 (paper)"),
        (4001, "", ("U1",), True, "U1 (live)"),
        (5000, "", ("U1",), True, "U1 (live)"),
        (4002, "U1", ("DU1",), False, "U1 is not among DU1 (paper); see --account"),
        (4002, "", ("DU1", "DU2"), False, "name one with --account"),
        (4001, "", ("DU1",), False, "port 4001 is usually IB Gateway, live account"),
        (7497, "", ("U1",), False, "port 7497 is usually TWS, paper account"),
    ],
)
def test_login_is_held_against_settings_and_port(
    port: int, wanted: str, accounts: tuple[str, ...], fine: bool, said: str
) -> None:
    """Another account than the one meant, or the other kind of it, is found before a sale."""
    found = on_account(evolve(Settings(), port=port, account=wanted), accounts)

    assert found.fine is fine
    assert said in found.text
