"""The key that a person types: the account's id, whole and by hand, or nothing is armed."""

import re
from pathlib import Path

import pytest
from tests.integration.terminal import Shown, on_terminal

ACCOUNT = "DU0000001"
LIVE = (
    *("start", "--simulate", "--pace", "0", "--live"),
    *("--scenario", "day.toml", "--default-rule", "SMA,5,1H"),
)
ASKED = "type the account id to arm it: "
REFUSED = f"what was typed is not the account id; type '{ACCOUNT}'"

SCENARIO = """
account = "DU0000001"
start = 2022-05-20T13:55:00Z
end = 2022-05-20T15:03:00Z

[[position]]
ticker = "NASDAQ:MSFT"
quantity = 100
average_cost = 280.0
price = 260.0
"""


def armed_by(
    folder: Path, *typed: bytes, account: str = ACCOUNT, more: tuple[str, ...] = ()
) -> Shown:
    """Start it on a terminal with every other key, and type these answers."""
    (folder / "day.toml").write_text(SCENARIO)
    keys = {"ARM": account, "LIVE_ACCOUNT": account, "LIVE_KIND": "paper"}
    wide = {"LIVE_MAX_VALUE_PER_ORDER": "1e9", "LIVE_MAX_VALUE_PER_DAY": "1e9"}
    question = re.compile(re.escape(ASKED.encode()) + rb"$")
    return on_terminal(
        folder,
        [*LIVE, *more],
        columns=120,
        answers=[(question, answer) for answer in typed],
        variables={f"SELLCLI_{name}": text for name, text in (keys | wide).items()},
    )


def is_untouched(folder: Path) -> bool:
    """Say whether nothing was begun: neither a journal nor an audit log."""
    return not list(folder.rglob("journal.db")) and not (folder / "logs").exists()


def test_account_id_that_is_typed_arms_it(tmp_path: Path) -> None:
    """After it was said that orders will be sent, and for which account."""
    shown = armed_by(tmp_path, f"{ACCOUNT}\n".encode())

    assert shown.code == 0
    said = shown.plain.index(f"Orders will be SENT for account {ACCOUNT}.")
    assert shown.plain[said + 1].startswith(ASKED)
    assert "filled: sold 100 of 100" in shown.text


@pytest.mark.parametrize("typed", ["", "y", "yes", "DU0000002", "du0000001", "DU000000", "1"])
def test_anything_else_denies(tmp_path: Path, typed: str) -> None:
    """Exit code 3 and nothing begun, an empty line above all: it is not asked twice."""
    shown = armed_by(tmp_path, f"{typed}\n".encode())

    assert shown.code == 3
    assert any(line.startswith("sellcli: denied: ") and REFUSED in line for line in shown.plain)
    assert is_untouched(tmp_path)


def test_nobody_types_for_a_login_of_another_account(tmp_path: Path) -> None:
    """What no answer could arm is denied before anybody is asked."""
    shown = armed_by(tmp_path, account="DU0000009")

    assert shown.code == 3
    assert ASKED not in shown.text
    assert any("this login sells from 'DU0000001'" in line for line in shown.plain)
    assert is_untouched(tmp_path)


def test_who_wants_no_question_is_not_asked(tmp_path: Path) -> None:
    """Then nobody has said yes, terminal or not."""
    shown = armed_by(tmp_path, more=("--no-input",))

    assert shown.code == 3
    assert ASKED not in shown.text
    assert any("nobody typed the account id" in line for line in shown.plain)
    assert is_untouched(tmp_path)


def test_end_of_the_input_arms_nothing(tmp_path: Path) -> None:
    """Ctrl-D is no answer, and ends it like Ctrl-C."""
    shown = armed_by(tmp_path, b"\x04")

    assert shown.plain[-2:] == ["sellcli: ended by the end of the input", ""]
    assert is_untouched(tmp_path)


def test_time_stands_for_what_would_be_typed(tmp_path: Path) -> None:
    """Nobody is asked, terminal or not."""
    shown = armed_by(tmp_path, more=("--arm-until", "23:59"))

    assert shown.code == 0
    assert ASKED not in shown.text
    assert "filled: sold 100 of 100" in shown.text
