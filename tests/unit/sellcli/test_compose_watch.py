"""What a watch is put together with: each setting where it belongs, and no way to send."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adapters.instance_lock import InstanceLock, state_folder
from adapters.kill_file import KillFile
from sellcli.compose.selling import equipped
from sellcli.compose.watch import wired
from sellcli.setting_sources import load_settings
from sellcore.errors import StorageError
from sellcore.event import Event
from sellcore.order import Mode
from sellcore.policy import AtClose
from sellcore.rule import parse_rule
from sellcore.selling.account_kind import AccountKind
from sellcore.selling.arming import Arming


@pytest.fixture(autouse=True)
def _somewhere_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run where there are no files of anybody's."""
    monkeypatch.chdir(tmp_path)


def test_each_setting_reaches_the_watch() -> None:
    """Those that another default would hide, above all."""
    settings = load_settings(
        flags={
            "account": "DU0000009",
            "alerts_disconnected_minutes": "3",
            "at_close": "submit",
            "client_id": "17",
            "default_rule": "EMA,20,D",
            "port": "4002",
            "state_dir": "kept/here",
        }
    )
    told: list[Event] = []

    with wired(settings, None, told.append) as wiring:
        terms = wiring.terms
        assert (terms.mode, terms.account, terms.recall) == (Mode.DRY_RUN, "DU0000009", True)
        assert (terms.outage, terms.client_id) == (timedelta(minutes=3), 17)
        assert (terms.policy.at_close, terms.default_rule) == (
            AtClose.SUBMIT,
            parse_rule("EMA,20,D"),
        )
        assert (wiring.connection.client_id, wiring.port) == (17, 4002)
        assert wiring.state_dir == Path("kept/here")
        assert (wiring.ports.selling, wiring.ports.alerts) == (None, None)
        assert wiring.connection.fault() is not None
    assert told == []


def test_what_may_sell_is_of_the_account_that_was_armed() -> None:
    """Whatever account is only watched, in a journal of its own, within the trader's limits."""
    arming = Arming("DU0000001", AccountKind.PAPER)
    flags = {"account": "DU0000009", "client_id": "17", "live_max_orders_per_day": "2"}
    settings = load_settings(flags=flags)
    assert KillFile(settings.state_dir).thrown() is None
    KillFile(settings.state_dir).throw("not today")

    with (
        wired(settings, None, lambda event: None) as wiring,
        equipped(wiring, settings, Mode.PAPER, "DU0000001", arming) as armed,
    ):
        selling = armed.ports.selling
        assert selling is not None
        assert (armed.terms.mode, armed.terms.account) == (Mode.PAPER, "DU0000001")
        assert (selling.arming, selling.policy.max_orders_per_day) == (arming, 2)
        assert (selling.entry.client_id, selling.kill_switch.thrown()) == (17, "not today")
        folder = state_folder(settings.state_dir, Mode.PAPER, "DU0000001")
        assert (folder / "journal.db").exists()
        with pytest.raises(StorageError, match="another sellcli runs for account 'DU0000001'"):
            InstanceLock(settings.state_dir, Mode.PAPER, "DU0000001", datetime.now(UTC))
        assert wiring.ports.selling is None


def test_each_run_has_a_name_of_its_own() -> None:
    """By which its lines in the audit log are told from those of another."""
    names = set()
    for _ in range(3):
        with wired(load_settings(), None, lambda event: None) as wiring:
            names.add(wiring.terms.run_id)

    assert len(names) == 3
