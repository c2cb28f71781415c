"""Who may arm a watch, and what comes first: nobody is bothered for what would be denied anyway."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from attrs import evolve
from tests.contract.scripted_gateway import LOGIN, ScriptedGateway

from sellcli.compose.selling import equipped, selling
from sellcli.compose.watch import wired
from sellcli.setting_sources import load_settings
from sellcli.settings import Settings
from sellcore.errors import AnotherRuns, Denied, StorageError
from sellcore.order import Mode

OURS = "DU0000001"


@pytest.fixture(autouse=True)
def _somewhere_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run where there are no files of anybody's, with the variable that arms."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("SELLCLI_ARM", OURS)


@pytest.fixture
def gateway() -> Iterator[ScriptedGateway]:
    """Return a gateway of the account that is to be armed."""
    with ScriptedGateway() as gateway:
        yield gateway


def settings_for(gateway: ScriptedGateway, **flags: str) -> Settings:
    """Return settings that hold every key but the variable and the person."""
    keys = {"live_account": OURS, "live_kind": "paper", "port": str(gateway.port)}
    return load_settings(flags=keys | flags)


def in_an_hour(now: datetime) -> datetime:
    """Return the end of an arming that somebody has given."""
    return now + timedelta(hours=1)


def never(account: str) -> str:
    """Fail where a person is asked."""
    pytest.fail(f"somebody is asked for {account}")


def denied(settings: Settings, **person: object) -> str:
    """Return why a watch is not armed."""
    asked = {"until": None, "ask": None} | person
    with (
        wired(settings, None, lambda event: None) as wiring,
        pytest.raises(Denied) as refusal,
        selling(wiring, settings, **asked),  # type: ignore[arg-type]  # as given above
    ):
        pytest.fail("it is armed")
    return str(refusal.value)


def test_account_id_that_is_typed_arms_it_until_the_end(gateway: ScriptedGateway) -> None:
    """Asked once, for that account; blanks around it are no slip."""
    asked = []

    def types(account: str) -> str:
        asked.append(account)
        return f" {account}\n"

    settings = settings_for(gateway)
    with (
        wired(settings, None, lambda event: None) as wiring,
        selling(wiring, settings, until=None, ask=types) as (armed, login),
    ):
        assert armed.ports.selling is not None
        assert armed.ports.selling.arming is not None
        assert armed.ports.selling.arming.until is None
        assert (armed.terms.mode, armed.terms.account) == (Mode.PAPER, OURS)
        assert tuple(login.accounts) == (OURS,)
    assert asked == [OURS]


def test_who_says_until_when_is_not_asked(gateway: ScriptedGateway) -> None:
    """The time stands for what would be typed, and it is counted from now."""
    settings = settings_for(gateway)
    with (
        wired(settings, None, lambda event: None) as wiring,
        selling(wiring, settings, until=in_an_hour, ask=never) as (armed, _),
    ):
        assert armed.ports.selling is not None
        arming = armed.ports.selling.arming
        assert arming is not None
        now = armed.ports.clock.now()
        assert arming.armed(now + timedelta(minutes=59))
        assert not arming.armed(now + timedelta(minutes=61))


def test_run_that_nobody_arms_reaches_no_gateway(gateway: ScriptedGateway) -> None:
    """Neither a time was given, nor is anybody there to type."""
    why = denied(settings_for(gateway))

    assert why.startswith("nobody typed the account id; ")
    assert gateway.opening == b""


def test_key_that_is_missing_is_told_before_anybody_is_bothered(
    gateway: ScriptedGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither the gateway nor the person, and all of the reasons in one line."""
    monkeypatch.delenv("SELLCLI_ARM")
    flags = {"live_account": "U0000001"}

    why = denied(settings_for(gateway, **flags), ask=never)

    assert why == (
        "SELLCLI_ARM is not set; set it to the account id, 'U0000001'; the settings say paper "
        "and 'U0000001' is a live account by its first letters; correct kind or account in [live]"
    )
    assert gateway.opening == b""


def test_login_of_other_accounts_is_denied_before_anybody_types() -> None:
    """It names those that it would sell from."""
    with ScriptedGateway(login=[(15, 1, "DU0000008,DU0000009"), *LOGIN[1:]]) as gateway:
        why = denied(settings_for(gateway), ask=never)

    assert why == (
        "the settings name account 'DU0000001' and this login sells from 'DU0000008, DU0000009'; "
        "correct [live] account, or log in to the other"
    )


@pytest.mark.parametrize("shared", [True, False])
def test_one_gateway_sells_for_an_account_from_one_folder_only(
    gateway: ScriptedGateway, shared: bool
) -> None:
    """From two folders the same shares would be sold twice; a gateway of our own is no other's."""
    with ExitStack() as stack:

        def begin(folder: str) -> None:
            folders = {"state_dir": f"{folder}/state", "cache_dir": f"{folder}/cache"}
            settings = settings_for(gateway, **folders)
            wiring = stack.enter_context(wired(settings, None, lambda event: None))
            if not shared:
                wiring = evolve(wiring, gateway=None)
            stack.enter_context(equipped(wiring, settings, Mode.PAPER, OURS, None))

        begin("one")
        if not shared:
            begin("two")
            return
        with pytest.raises(AnotherRuns, match="another sellcli runs for account 'DU0000001'"):
            begin("two")


def test_what_was_taken_is_given_back_at_the_end(gateway: ScriptedGateway) -> None:
    """The next run finds neither lock held."""
    settings = settings_for(gateway)
    for _ in range(2):
        with (
            wired(settings, None, lambda event: None) as wiring,
            equipped(wiring, settings, Mode.PAPER, OURS, None) as ready,
        ):
            assert ready.ports.selling is not None
            journal = ready.ports.selling.journal
            assert journal.open_intents() == ()
        with pytest.raises(StorageError, match="closed"):
            journal.open_intents()
