"""What a watch is put together with: each setting where it belongs, and no way to send."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.contract.scripted_gateway import LOGIN, ScriptedGateway

from adapters.instance_lock import InstanceLock, state_folder
from adapters.kill_file import KillFile
from sellcli.compose.selling import equipped, selling
from sellcli.compose.watch import wired
from sellcli.setting_sources import load_settings
from sellcore.errors import Denied, StorageError
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
        it = armed.ports.selling
        assert it is not None
        assert (armed.terms.mode, armed.terms.account) == (Mode.PAPER, "DU0000001")
        assert (it.arming, it.policy.max_orders_per_day) == (arming, 2)
        assert (it.entry.client_id, it.kill_switch.thrown()) == (17, "not today")
        folder = state_folder(settings.state_dir, Mode.PAPER, "DU0000001")
        assert (folder / "journal.db").exists()
        with pytest.raises(StorageError, match="another sellcli runs for account 'DU0000001'"):
            InstanceLock(settings.state_dir, Mode.PAPER, "DU0000001", datetime.now(UTC))
        assert wiring.ports.selling is None


@pytest.mark.parametrize("accounts", ["DU0000001,DU0000008", "DU0000008,DU0000001,"])
def test_one_of_the_accounts_of_a_login_is_armed(
    accounts: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever place it has among them; nothing is sold from the others."""
    monkeypatch.setenv("SELLCLI_ARM", "DU0000001")
    with ScriptedGateway(login=[(15, 1, accounts), *LOGIN[1:]]) as gateway:
        flags = {"live_account": "DU0000001", "live_kind": "paper", "port": str(gateway.port)}
        settings = load_settings(flags=flags)
        hour = lambda now: now + timedelta(hours=1)  # noqa: E731
        with (
            wired(settings, None, lambda event: None) as wiring,
            selling(wiring, settings, until=hour, ask=None) as (armed, login),
        ):
            assert set(login.accounts) == {"DU0000001", "DU0000008"}
            assert armed.terms.account == "DU0000001"
            assert armed.ports.selling is not None
            assert armed.ports.selling.arming is not None
            assert armed.ports.selling.arming.account == "DU0000001"


@pytest.mark.parametrize("typed", ["", "DU00000010", "DU000000", "du0000001", "DU0000008", "yes"])
def test_anything_but_the_whole_account_id_arms_nothing(
    typed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A slip is no consent."""
    monkeypatch.setenv("SELLCLI_ARM", "DU0000001")
    with ScriptedGateway() as gateway:
        flags = {"live_account": "DU0000001", "live_kind": "paper", "port": str(gateway.port)}
        settings = load_settings(flags=flags)
        with (
            wired(settings, None, lambda event: None) as wiring,
            pytest.raises(Denied, match="what was typed is not the account id"),
            selling(wiring, settings, until=None, ask=lambda account: typed),
        ):
            pytest.fail("it is armed")


def test_line_to_a_real_broker_keeps_to_its_pace_and_to_the_set_patience() -> None:
    """Fifty messages a second are the most that are taken; beyond, the broker hangs up."""
    settings = load_settings(flags={"connect_timeout": "7", "request_timeout": "90"})

    with wired(settings, None, lambda event: None) as wiring:
        assert wiring.connection.timeout == 7
        assert wiring.connection.order_limit(10) > 7  # ten orders may have to wait their turn


def test_each_run_has_a_name_of_its_own() -> None:
    """By which its lines in the audit log are told from those of another."""
    names = set()
    for _ in range(3):
        with wired(load_settings(), None, lambda event: None) as wiring:
            names.add(wiring.terms.run_id)

    assert len(names) == 3
