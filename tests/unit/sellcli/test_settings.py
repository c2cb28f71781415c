import json
import re
import subprocess
import sys
import tomllib
from datetime import timedelta
from pathlib import Path

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sellcli.setting_kinds import plain
from sellcli.setting_sources import DEFAULT_FILE, load_settings
from sellcli.settings import DEFAULT, KEYS, Settings, SmtpTls
from sellcore.errors import ConfigError
from sellcore.order_type import OrderType
from sellcore.policy import AtClose, Policy
from sellcore.rule import parse_rule
from sellcore.selling.account_kind import AccountKind
from sellcore.selling.limits import OtherOrders, SellingPolicy

DEFAULTS = {
    "host": "127.0.0.1",
    "port": 4001,
    "client_id": 1,
    "account": "",
    "concurrency": 32,
    "cache_dir": "cache",
    "log_dir": "logs",
    "state_dir": "state",
    "assignments": "config/assigned_ma.csv",
    "default_rule": "",
    "at_close": "next_open",
    "pre_close_seconds": 60,
    "window_minutes": 10,
    "settle_seconds": 30,
    "closing_settle_seconds": 60,
    "only_above_break_even": False,
    "connect_timeout": 20,
    "request_timeout": 60,
    "live.account": "",
    "live.kind": "",
    "live.order_type": "MKT",
    "live.limit_offset_pct": 0.5,
    "live.max_shares_per_order": 10000,
    "live.max_value_per_order": 50000,
    "live.max_orders_per_day": 20,
    "live.max_value_per_day": 200000,
    "live.other_orders": "cancel",
    "live.reject_limit": 3,
    "live.recheck_at_open": True,
    "live.open_buffer_seconds": 5,
    "live.close_buffer_seconds": 5,
    "live.reconcile_minutes": 5,
    "alerts.bell": True,
    "alerts.command": "",
    "alerts.smtp_host": "",
    "alerts.smtp_port": 587,
    "alerts.smtp_tls": "starttls",
    "alerts.mail_from": "",
    "alerts.mail_to": "",
    "alerts.webhook": "",
    "alerts.disconnected_minutes": 10,
}
"""The manual's table, by hand."""

SECRET = "T0P5ECRET"  # noqa: S105 - no secret of anybody's


@pytest.fixture(autouse=True)
def _somewhere_else(tmp_path, monkeypatch):
    """Run where there are no files of anybody's."""
    monkeypatch.chdir(tmp_path)


def written(text, path=DEFAULT_FILE):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode())
    return path


def shown(settings):
    return {key.path: plain(getattr(settings, name)) for name, key in KEYS.items()}


def test_defaults_are_those_of_the_manual():
    """Nothing set: every value is its default, and says so."""
    settings = load_settings()

    assert shown(settings) == DEFAULTS
    assert {settings.origin(name) for name in KEYS} == {DEFAULT}
    assert {key.path: key.shown_default for key in KEYS.values()} == DEFAULTS


def test_each_layer_wins_over_the_one_before():
    """Defaults < file < environment < flags, value by value, each with its origin."""
    written("host = 'a'\nport = 1\nclient_id = 2\n")
    environment = {"SELLCLI_PORT": "10", "SELLCLI_CLIENT_ID": "20"}
    settings = load_settings(environment=environment, flags={"client_id": 200, "port": None})

    assert (settings.concurrency, settings.origin("concurrency")) == (32, "default")
    assert (settings.host, settings.origin("host")) == ("a", "config/sellcli.toml")
    assert (settings.port, settings.origin("port")) == (10, "SELLCLI_PORT")
    assert (settings.client_id, settings.origin("client_id")) == (200, "--client-id")


SETS = {
    "host": ("gateway.local", "gateway.local"),
    "port": (7497, 7497),
    "client_id": (0, 0),
    "account": ("DU0000001", "DU0000001"),
    "concurrency": (50, 50),
    "cache_dir": ("/far/c", Path("/far/c")),
    "log_dir": ("l", Path("l")),
    "state_dir": ("s/t", Path("s/t")),
    "assignments": ("rules.csv", Path("rules.csv")),
    "default_rule": ("EMA,20,D", parse_rule("EMA,20,D")),
    "at_close": ("skip", AtClose.SKIP),
    "pre_close_seconds": (30, 30.0),
    "window_minutes": (2.5, 2.5),
    "settle_seconds": (0, 0.0),
    "closing_settle_seconds": (90, 90.0),
    "only_above_break_even": (True, True),
    "connect_timeout": (0.5, 0.5),
    "request_timeout": (600, 600.0),
    "live_account": ("U1234567", "U1234567"),
    "live_kind": ("paper", AccountKind.PAPER),
    "live_order_type": ("LMT", OrderType.LIMIT),
    "live_limit_offset_pct": (1.25, 1.25),
    "live_max_shares_per_order": (1, 1),
    "live_max_value_per_order": (1000000, 1000000.0),
    "live_max_orders_per_day": (1, 1),
    "live_max_value_per_day": (0.5e9, 0.5e9),
    "live_other_orders": ("deny", OtherOrders.DENY),
    "live_reject_limit": (1, 1),
    "live_recheck_at_open": (False, False),
    "live_open_buffer_seconds": (0, 0.0),
    "live_close_buffer_seconds": (600, 600.0),
    "live_reconcile_minutes": (1, 1.0),
    "alerts_bell": (False, False),
    "alerts_command": ("notify 'a b' -x", ("notify", "a b", "-x")),
    "alerts_smtp_host": ("mail.example.com", "mail.example.com"),
    "alerts_smtp_port": (465, 465),
    "alerts_smtp_tls": ("tls", SmtpTls.TLS),
    "alerts_mail_from": ("a+b@example.com", "a+b@example.com"),
    "alerts_mail_to": ("a@b.cd, e@f.gh", "a@b.cd,e@f.gh"),
    "alerts_webhook": ("https://example.com/x?y=z", "https://example.com/x?y=z"),
    "alerts_disconnected_minutes": (2, 2.0),
}


def test_table_of_examples_is_complete():
    """A setting that is added is tested in every layer below."""
    assert set(SETS) == set(KEYS)


@pytest.mark.parametrize(
    ("typed", "on"),
    [
        *((text, True) for text in ("true", "Yes", " ON ", "1")),
        *((text, False) for text in ("false", "No", " OFF ", "0")),
    ],
)
def test_switch_is_typed_in_any_of_the_usual_words(typed, on):
    """In a variable, where nothing says which of them is meant."""
    assert load_settings(environment={"SELLCLI_ALERTS_BELL": typed}).alerts_bell is on


@pytest.mark.parametrize("name", SETS)
def test_every_setting_can_be_set_in_every_layer(name):
    """File, variable and flag mean the same by the same value."""
    stated, expected = SETS[name]
    key = KEYS[name]
    section, _, last = key.path.rpartition(".")
    text = f"{last} = {json.dumps(stated)}\n"
    written(f"[{section}]\n{text}" if section else text)
    typed = str(stated).lower() if isinstance(stated, bool) else str(stated)

    assert getattr(load_settings(), name) == expected
    DEFAULT_FILE.unlink()
    assert getattr(load_settings(environment={key.variable: typed}), name) == expected
    assert getattr(load_settings(flags={name: typed}), name) == expected
    assert getattr(load_settings(flags={name: stated}), name) == expected


BOUNDS = {
    "port": (1, 65535),
    "client_id": (0, 2**31 - 1),
    "concurrency": (1, 50),
    "pre_close_seconds": (1.0, 3600.0),
    "window_minutes": (1.0, 60.0),
    "settle_seconds": (0.0, 59.0),
    "closing_settle_seconds": (0.0, 3600.0),
    "connect_timeout": (0.1, 600.0),
    "request_timeout": (0.1, 600.0),
    "live_limit_offset_pct": (0.01, 10.0),
    "live_max_shares_per_order": (1, 10**9),
    "live_max_value_per_order": (1.0, 1e9),
    "live_max_orders_per_day": (1, 10_000),
    "live_max_value_per_day": (1.0, 1e9),
    "live_reject_limit": (1, 100),
    "live_open_buffer_seconds": (0.0, 3600.0),
    "live_close_buffer_seconds": (0.0, 3600.0),
    "live_reconcile_minutes": (1.0, 60.0),
    "alerts_smtp_port": (1, 65535),
    "alerts_disconnected_minutes": (1.0, 1440.0),
}
"""The manual's least and most of every number, by hand."""


def test_every_number_has_its_bounds():
    """A limit that can be set to nothing, or beyond all measure, is none."""
    numbers = {name for name, (stated, _) in SETS.items() if type(stated) in (int, float)}

    assert set(BOUNDS) == numbers


@pytest.mark.parametrize("name", BOUNDS)
def test_numbers_are_taken_within_their_bounds_only(name):
    """The least and the most are, and what lies just beyond either is refused."""
    step = 1 if isinstance(BOUNDS[name][0], int) else 0.001
    for bound, beyond in zip(BOUNDS[name], (-step, step), strict=True):
        assert getattr(load_settings(flags={name: bound}), name) == bound
        with pytest.raises(ConfigError, match=re.escape(KEYS[name].kind.expected)):
            load_settings(flags={name: bound + beyond})


def test_names_are_those_of_the_manual():
    """One rule leads from a key to its variable and its flag."""
    assert KEYS["cache_dir"].variable == "SELLCLI_CACHE_DIR"
    assert KEYS["cache_dir"].flag == "--cache-dir"
    assert KEYS["live_account"].variable == "SELLCLI_LIVE_ACCOUNT"
    assert KEYS["live_account"].path == "live.account"


@pytest.mark.parametrize(
    ("toml", "complaint"),
    [
        ("port = 'abc'", "config/sellcli.toml: port 'abc' is not a whole number from 1 to 65535"),
        ("port = '4001'", "port '4001' is not a whole number"),
        ("port = 0", "port 0 is not a whole number from 1 to 65535"),
        ("port = 4001.0", "port 4001.0 is not"),
        ("port = true", "port True is not"),
        ("[port]\nnumber = 1", "port {'number': 1} is not"),
        ("client_id = -1", "client_id -1 is not a whole number from 0"),
        ("concurrency = 51", "concurrency 51 is not a whole number from 1 to 50"),
        ("concurrency = 0", "concurrency 0 is not"),
        ("host = ''", "host '' is not a host name or address"),
        ("host = 7", "host 7 is not"),
        ("cache_dir = ''", "cache_dir '' is not a path"),
        ('cache_dir = "a\\u0000b"', "is not a path"),
        ("log_dir = ['a']", "log_dir ['a'] is not a path"),
        ("at_close = 'whenever'", "is not one of next_open, submit, pre_close, skip"),
        ("only_above_break_even = 'yes'", "only_above_break_even 'yes' is not true or false"),
        ("only_above_break_even = 1", "only_above_break_even 1 is not true or false"),
        ("settle_seconds = nan", "settle_seconds nan is not a number from 0 to 59"),
        ("window_minutes = inf", "window_minutes inf is not a number from 1 to 60"),
        ("request_timeout = 2022-05-20", "request_timeout datetime.date(2022, 5, 20) is not"),
        (
            "default_rule = 'SMA,7,1H'",
            "default_rule: rule 'SMA,7,1H': length 7 is not one of 5, 10",
        ),
        ("default_rule = 'SMA'", "default_rule: rule 'SMA' is not TYPE,LENGTH,TIMEFRAME"),
        ("default_rule = 50", "default_rule 50 is not TYPE,LENGTH,TIMEFRAME"),
        ("[live]\nkind = 'demo'", "live.kind 'demo' is not one of paper, live, or empty"),
        ("account = 'DU 1'", "account 'DU 1' is not an account id"),
        ("[live]\nlimit_offset_pct = 0", "live.limit_offset_pct 0 is not a number from 0.01 to 10"),
        ("[live]\nmax_value_per_day = nan", "nan is not a number from 1 to 1000000000"),
        ("[live]\nmax_orders_per_day = 0", "max_orders_per_day 0 is not a whole number from 1"),
        ("[live]\norder_type = 'mkt'", "live.order_type 'mkt' is not one of MKT, LMT"),
        ("[live]\nother_orders = 'sell'", "live.other_orders 'sell' is not one of cancel, deny"),
        ("[alerts]\nsmtp_tls = true", "alerts.smtp_tls True is not one of starttls, tls, none"),
        ("[alerts]\nmail_from = 'larry'", "mail_from 'larry' is not a mail address, or empty"),
        ("[alerts]\nmail_from = 'Larry <a@b.cd>'", "is not a mail address, or empty"),
        ("[alerts]\nmail_to = 'a@b.cd; e@f.gh'", "is not mail addresses with commas between"),
        ("[alerts]\nmail_from = 'a@b.cd,e@f.gh'", "is not a mail address, or empty"),
        ('[alerts]\nmail_to = "a@b.cd\\nBcc: x@y.z"', "is not mail addresses with commas between"),
        ("[alerts]\nmail_to = 'a@b.cd,,'", "mail_to 'a@b.cd,,' is not mail addresses"),
        ("[alerts]\nwebhook = 'example.com'", "is not an address that begins with https://"),
        ("[alerts]\nwebhook = 'file:///x'", "is not an address that begins with https://"),
        ("[alerts]\nwebhook = 'https://a:b/'", "is not an address that begins with https://"),
        ('[alerts]\ncommand = "a \'b"', "alerts.command (not shown) is not a command as a list"),
        ("[alerts]\ncommand = ['', 'b']", "alerts.command (not shown) is not a command"),
        ("[alerts]\ncommand = ['a', 1]", "alerts.command (not shown) is not a command"),
        ("[alerts]\ncommand = 7", "alerts.command (not shown) is not a command"),
    ],
)
def test_wrong_value_in_the_file_is_named(toml, complaint):
    """One line says the file, the key, the value and what was expected."""
    written(toml)
    with pytest.raises(ConfigError) as refusal:
        load_settings()

    assert complaint in str(refusal.value)
    assert str(refusal.value).startswith("config/sellcli.toml: ")
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("port", "4 001"),
        ("port", "1_000"),
        ("port", "٤٠٠١"),
        ("port", "9" * 5000),
        ("port", "70000"),
        ("concurrency", "many"),
        ("request_timeout", "soon"),
        ("request_timeout", "nan"),
        ("only_above_break_even", "perhaps"),
        ("live_kind", "LIVE!"),
        ("cache_dir", "a\nb"),
    ],
)
def test_wrong_text_in_a_variable_or_a_flag_is_named(name, text):
    """One short line names the variable or the flag, the value and what was expected."""
    for place, layers in (
        (KEYS[name].variable, {"environment": {KEYS[name].variable: text}}),
        (KEYS[name].flag, {"flags": {name: text}}),
    ):
        with pytest.raises(ConfigError) as refusal:
            load_settings(**layers)
        assert str(refusal.value).startswith(f"{place} {text[:5]!r}"[:-1].replace("\n", "\\n"))
        assert str(refusal.value).endswith(f"is not {KEYS[name].kind.expected}")
        assert len(str(refusal.value)) < 200


@pytest.mark.parametrize(
    ("toml", "complaint"),
    [
        ("prot = 4001", "config/sellcli.toml: unknown key 'prot'; did you mean 'port'?"),
        ("cache-dir = 'x'", "unknown key 'cache-dir'; did you mean 'cache_dir'?"),
        ("[live]\nacount = 'U1'", "unknown key 'live.acount'; did you mean 'live.account'?"),
        ("live_account = 'U1'", "unknown key 'live_account'; did you mean 'live.account'?"),
        ("[connection]\nport = 4001", "unknown key 'connection.port'; did you mean 'port'?"),
        ("[lvie]", "unknown key 'lvie'; did you mean '"),
        ("live = 5", "'live' is a section and holds no value; write a line [live], and its"),
        ("zzz = 1", "unknown key 'zzz'; did you mean '"),
        ("SELLCLI_ARM = 'U1'", "unknown key 'SELLCLI_ARM'; did you mean '"),
    ],
)
def test_unknown_key_names_the_nearest(toml, complaint):
    """A slip of the pen is never ignored."""
    written(toml)

    with pytest.raises(ConfigError) as refusal:
        load_settings()
    assert complaint in str(refusal.value)


def test_unknown_variable_names_the_nearest():
    """A variable with our prefix is meant for us."""
    with pytest.raises(
        ConfigError, match="unknown variable SELLCLI_PROT; did you mean SELLCLI_PORT"
    ):
        load_settings(environment={"SELLCLI_PROT": "secret"})


def test_other_programs_variables_are_left_alone():
    """Only our own prefix counts."""
    environment = {"PATH": "/bin", "PORT": "x", "_SELLCLI_COMPLETE": "bash_source"}

    assert load_settings(environment=environment) == Settings()


def test_arming_is_no_setting_and_is_never_shown():
    """SELLCLI_ARM opens the way to live orders; no listing and no message holds it."""
    environment = {"SELLCLI_ARM": "U7654321", "SELLCLI_DEBUG": "1", "SELLCLI_PORT": "0"}
    with pytest.raises(ConfigError) as refusal:
        load_settings(environment=environment)
    settings = load_settings(environment={"SELLCLI_ARM": "U7654321"})

    assert "U7654321" not in str(refusal.value)
    assert "U7654321" not in f"{shown(settings)}{settings}{settings.origins}"


def test_variables_that_are_no_settings_are_left_alone():
    """Arming, the paper account of tests, and secrets."""
    environment = dict.fromkeys(
        (
            "SELLCLI_ARM",
            "SELLCLI_DEBUG",
            "SELLCLI_PAPER",
            "SELLCLI_SMTP_USER",
            "SELLCLI_SMTP_PASSWORD",
            "SELLCLI_WEBHOOK_TOKEN",
        ),
        SECRET,
    )
    settings = load_settings(environment=environment)

    assert settings == Settings()
    assert SECRET not in f"{settings}{settings.origins}"


@pytest.mark.parametrize(
    ("name", "variable"),
    [
        ("smtp_user", "SELLCLI_SMTP_USER"),
        ("smtp_password", "SELLCLI_SMTP_PASSWORD"),
        ("webhook_token", "SELLCLI_WEBHOOK_TOKEN"),
    ],
)
def test_secret_in_the_file_is_refused_with_its_place(name, variable):
    """The line says why and where it belongs, and does not repeat it."""
    written(f"[alerts]\n{name} = '{SECRET}'")

    with pytest.raises(ConfigError) as refusal:
        load_settings()
    assert str(refusal.value) == (
        f"config/sellcli.toml: alerts.{name} is a secret and no setting, because files are "
        f"copied and shared; take it out and set the variable {variable}"
    )


@pytest.mark.parametrize(
    "toml",
    [
        f"[alerts]\nwebhook = 'https://larry:{SECRET}@example.com/'",
        f"[alerts]\nwebhook = 'https://{SECRET}@example.com/'",
        f"[alerts]\nwebhook = 'example.com/{SECRET}'",
        f'[alerts]\ncommand = "curl \'{SECRET}"',
        f"[alerts]\nsmtp_passwort = '{SECRET}'",
        f"[alerts.smtp]\npassword = '{SECRET}'",
    ],
)
def test_refusal_repeats_nothing_that_may_be_a_secret(toml):
    """A message is pasted into a forum."""
    written(toml)

    with pytest.raises(ConfigError) as refusal:
        load_settings()
    assert SECRET not in str(refusal.value)


def test_secret_by_a_wrong_name_is_led_to_the_right_one():
    """Nobody has to guess which variables there are."""
    with pytest.raises(ConfigError, match="did you mean SELLCLI_SMTP_PASSWORD"):
        load_settings(environment={"SELLCLI_ALERTS_SMTP_PASSWORD": SECRET})


@pytest.mark.parametrize(
    ("name", "value", "visible"),
    [
        ("alerts_webhook", "", ""),
        ("alerts_webhook", "https://example.com", "https://example.com"),
        ("alerts_webhook", f"https://example.com:1/{SECRET}", "https://example.com:1/..."),
        ("alerts_webhook", f"https://example.com?key={SECRET}", "https://example.com/..."),
        ("alerts_command", "", ""),
        ("alerts_command", "notify", "notify"),
        ("alerts_command", f"notify {SECRET}", "notify ..."),
    ],
)
def test_what_may_hold_a_secret_is_shown_in_part(name, value, visible):
    """Chat services put a secret into the address, and people put one into a command."""
    settings = load_settings(flags={name: value})

    assert KEYS[name].kind.shown(getattr(settings, name)) == visible
    assert SECRET not in repr(settings)


def test_command_may_be_a_list():
    """Then no text has to be cut, and a path may hold anything."""
    written("[alerts]\ncommand = ['C:\\tools\\notify.exe', 'a b', '']")

    assert load_settings().alerts_command == ("C:\\tools\\notify.exe", "a b", "")


def test_limits_take_the_settings_over():
    """The core is told in its own units, and its defaults are those of the manual."""
    flags = {name: SETS[name][0] for name in SETS if name.startswith("live_")}

    assert load_settings().selling_policy() == SellingPolicy()
    assert load_settings(flags=flags).selling_policy() == SellingPolicy(
        order_type=OrderType.LIMIT,
        limit_offset_pct=1.25,
        max_shares_per_order=1,
        max_value_per_order=1_000_000.0,
        max_orders_per_day=1,
        max_value_per_day=500_000_000.0,
        other_orders=OtherOrders.DENY,
        reject_limit=1,
        recheck_at_open=False,
        open_buffer=timedelta(0),
        close_buffer=timedelta(seconds=600),
        reconcile=timedelta(minutes=1),
    )


def test_empty_variable_counts_as_not_set():
    """Containers pass on variables that nobody filled in."""
    assert load_settings(environment={"SELLCLI_PORT": ""}).port == 4001


def test_empty_flag_takes_a_text_back():
    """What the file sets for unattended runs can be emptied for one run."""
    written("default_rule = 'SMA,50,1H'")

    assert load_settings(flags={"default_rule": ""}).default_rule is None


def test_every_fault_is_told_at_once():
    """Three mistakes need one look, not three."""
    written("prot = 1\nconcurrency = 99\n")
    with pytest.raises(ConfigError) as refusal:
        load_settings(flags={"port": "x"})

    assert [word in str(refusal.value) for word in ("'prot'", "concurrency 99", "--port 'x'")] == [
        True,
        True,
        True,
    ]


def test_faulty_value_is_told_though_a_later_layer_wins():
    """A file with a mistake in it is mended before it is needed."""
    written("port = 'x'")

    with pytest.raises(ConfigError, match="port 'x'"):
        load_settings(flags={"port": 4002})


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"port = \n", "is not valid TOML: Invalid value"),
        (b"port = 1\nport = 2\n", "is not valid TOML: Cannot overwrite a value"),
        (b"host = '\xff'", "is not UTF-8 text; save it as UTF-8"),
        (b"x = " + b"[" * 5000, "is not valid TOML"),
        (b"port = " + b"9" * 5000, "is not valid TOML"),
    ],
)
def test_file_that_is_no_toml_is_refused(content, complaint):
    """The message names the file and the place in it."""
    DEFAULT_FILE.parent.mkdir()
    DEFAULT_FILE.write_bytes(content)

    with pytest.raises(ConfigError, match=f"^config/sellcli.toml {complaint}") as refusal:
        load_settings()
    assert "\n" not in str(refusal.value)


def test_mark_in_front_of_a_file_is_ignored():
    """Windows' editors write one."""
    written("\ufeffport = 4002")

    assert load_settings().port == 4002


def test_named_file_is_read_instead_of_the_default():
    """--config means this file, and no other one."""
    written("port = 1")
    other = written("client_id = 7", Path("other.toml"))
    settings = load_settings(other)

    assert (settings.port, settings.client_id) == (4001, 7)
    assert settings.origin("client_id") == "other.toml"


def test_named_file_must_exist():
    """A slip in --config does not run with defaults."""
    with pytest.raises(ConfigError, match=r"there is no file gone.toml; name one that exists"):
        load_settings(Path("gone.toml"))


def test_folder_in_place_of_the_file_is_one_clear_line():
    """What cannot be read is said with its cause."""
    DEFAULT_FILE.mkdir(parents=True)

    with pytest.raises(ConfigError, match=r"cannot read config/sellcli.toml: is a directory"):
        load_settings()


def test_home_is_found(monkeypatch):
    """A tilde is the user's home, not a folder of that name."""
    monkeypatch.setenv("HOME", "/home/larry")
    monkeypatch.setenv("USERPROFILE", "/home/larry")

    assert load_settings(flags={"cache_dir": "~/bars"}).cache_dir == Path("/home/larry/bars")


def test_relative_paths_start_at_the_working_directory():
    """A file elsewhere does not move the folders it names."""
    other = written("cache_dir = 'c'", Path("far/away/sellcli.toml"))

    assert load_settings(other).cache_dir == Path("c")


@given(st.fixed_dictionaries({}, optional={name: st.just(SETS[name][0]) for name in SETS}))
def test_what_is_shown_can_be_set_again(flags):
    """`sellcli config` prints values that a file would take as they are."""
    settings = load_settings(flags=flags)
    again = load_settings(flags={n: plain(getattr(settings, n)) for n in KEYS})

    assert again == settings


def test_settings_cannot_be_changed():
    """What a run started with is what it ends with."""
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        Settings().port = 1


def test_policy_takes_the_settings_over():
    """The core is told in its own units."""
    flags = {
        "at_close": "pre_close",
        "pre_close_seconds": 90,
        "window_minutes": 5,
        "settle_seconds": 3,
        "closing_settle_seconds": 4,
        "only_above_break_even": True,
    }

    assert load_settings(flags=flags).policy() == Policy(
        settle=timedelta(seconds=3),
        closing_settle=timedelta(seconds=4),
        window=timedelta(minutes=5),
        at_close=AtClose.PRE_CLOSE,
        pre_close=timedelta(seconds=90),
        only_above_break_even=True,
    )


def test_every_key_can_be_documented():
    """The manual's table is made of these."""
    assert all(key.meaning and key.kind.expected for key in KEYS.values())
    assert tomllib.loads("\n".join(f"{n} = {json.dumps(v)}" for n, v in DEFAULTS.items()))


def test_reading_settings_imports_nothing_heavy():
    """Every command pays for this at its start."""
    code = (
        "import sys; from sellcli.setting_sources import load_settings; load_settings()\n"
        "heavy = {'numpy', 'pyarrow', 'pandas', 'click', 'rich', 'difflib', 'tomllib'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"
