"""Arming: each key alone can refuse, and all reasons are told."""

from datetime import UTC, datetime, timedelta

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from sellcore.errors import InvalidValue
from sellcore.order import Mode
from sellcore.selling.account_kind import API_PORTS, AccountKind, kind_of
from sellcore.selling.arming import Arming, Keys, NotArmed, arm

NOW = datetime(2022, 5, 20, 12, tzinfo=UTC)
LATER = NOW + timedelta(hours=4)

PAPER = Keys(
    account="DU0000001",
    kind=AccountKind.PAPER,
    variable="DU0000001",
    login_account="DU0000001",
    port=4002,
    typed="DU0000001",
)
LIVE = Keys(
    account="U7654321",
    kind=AccountKind.LIVE,
    variable="U7654321",
    login_account="U7654321",
    port=4001,
    typed="U7654321",
)


def reasons(keys, now=NOW):
    answer = arm(keys, now)
    assert isinstance(answer, NotArmed), answer
    return answer.reasons


@pytest.mark.parametrize(("keys", "mode"), [(PAPER, Mode.PAPER), (LIVE, Mode.LIVE)])
def test_all_keys_together_arm(keys, mode):
    """Nothing else does."""
    arming = arm(keys, NOW)

    assert arming == Arming(keys.account, keys.kind, None)
    assert arming.mode is mode


ALONE = {
    "no account": (PAPER, {"account": ""}, "no account is named; set account in [live]"),
    "account of another login": (
        PAPER,
        {"login_account": "DU0000002"},
        "the settings name account 'DU0000001' and this login sells from 'DU0000002'; correct",
    ),
    "login without account": (PAPER, {"login_account": ""}, "this login sells from ''"),
    "no kind": (PAPER, {"kind": None}, "no kind of account is named; set kind in [live] to"),
    "paper account said to be live": (
        PAPER,
        {"kind": AccountKind.LIVE},
        "the settings say live and 'DU0000001' is a paper account by its first letters; correct",
    ),
    "live account said to be paper": (
        LIVE,
        {"kind": AccountKind.PAPER},
        "the settings say paper and 'U7654321' is a live account by its first letters; correct",
    ),
    "variable not set": (PAPER, {"variable": ""}, "SELLCLI_ARM is not set; set it to"),
    "variable of another account": (
        PAPER,
        {"variable": "DU0000002"},
        "SELLCLI_ARM holds another text than the account id; set it to 'DU0000001'",
    ),
    "variable with a space": (PAPER, {"variable": "DU0000001 "}, "SELLCLI_ARM holds another text"),
    "variable in small letters": (PAPER, {"variable": "du0000001"}, "SELLCLI_ARM holds another"),
    "nobody typed": (
        PAPER,
        {"typed": None},
        "nobody typed the account id; start it on a terminal, or give --arm-until HH:MM",
    ),
    "nothing typed": (PAPER, {"typed": ""}, "what was typed is not the account id; type"),
    "yes typed": (PAPER, {"typed": "y"}, "what was typed is not the account id; type 'DU0000001'"),
    "wrong account typed beside a time": (
        PAPER,
        {"typed": "DU0000002", "until": LATER},
        "what was typed is not the account id",
    ),
    "its time has passed": (
        PAPER,
        {"until": NOW},
        "--arm-until has passed at 2022-05-20T12:00:00Z; give a later time of today",
    ),
    **{
        f"paper account on port {port}": (
            PAPER,
            {"port": port},
            f"port {port} is {API_PORTS[port][1]}, and 'DU0000001' is a paper account; connect "
            "with --port to its own, usually one of 4002, 4004, 7497",
        )
        for port in (4001, 4003, 7496)
    },
    **{
        f"live account on port {port}": (
            LIVE,
            {"port": port},
            f"port {port} is {API_PORTS[port][1]}, and 'U7654321' is a live account; connect with "
            "--port to its own, usually one of 4001, 4003, 7496",
        )
        for port in (4002, 4004, 7497)
    },
}


@pytest.mark.parametrize("name", ALONE)
def test_each_key_alone_refuses_with_its_own_reason(name):
    """One reason, and the way out."""
    keys, change, said = ALONE[name]
    (reason,) = reasons(evolve(keys, **change))

    assert said in reason
    assert "; " in reason
    assert reason.isprintable()


def test_all_reasons_are_told_at_once():
    """Six mistakes need one look."""
    nothing = Keys("", None, "", "DU0000001", 4001, None, None)

    assert [reason.partition(";")[0] for reason in reasons(nothing)] == [
        "no account is named",
        "SELLCLI_ARM is not set",
        "no kind of account is named",
        "port 4001 is IB Gateway, live account, and 'DU0000001' is a paper account",
        "nobody typed the account id",
    ]


def test_before_a_login_nobody_is_told_to_type_an_empty_account():
    """No account is known yet: what the variable holds may well be right."""
    named = reasons(Keys("", None, "DU0000001", "", 4001))
    unset = reasons(Keys("", None, "", "", 4001))

    assert not any("SELLCLI_ARM" in reason for reason in named)
    assert "SELLCLI_ARM is not set; set it to the account id" in unset


def test_reasons_are_told_to_the_end_with_the_way_out():
    """They are all that a person has to go by."""
    nothing = Keys("", None, "", "DU0000001", 4001, None, None)
    wrong = Keys("DU1", AccountKind.LIVE, "x", "DU2", 4002, "y", NOW)

    assert reasons(nothing) == (
        "no account is named; set account in [live] of the settings",
        "SELLCLI_ARM is not set; set it to the account id, 'DU0000001'",
        "no kind of account is named; set kind in [live] to 'paper' or 'live'",
        "port 4001 is IB Gateway, live account, and 'DU0000001' is a paper account; connect with "
        "--port to its own, usually one of 4002, 4004, 7497",
        "nobody typed the account id; start it on a terminal, or give --arm-until HH:MM for a run "
        "without one",
    )
    assert reasons(wrong) == (
        "the settings name account 'DU1' and this login sells from 'DU2'; correct [live] account, "
        "or log in to the other",
        "SELLCLI_ARM holds another text than the account id; set it to 'DU1'",
        "the settings say live and 'DU1' is a paper account by its first letters; correct kind or "
        "account in [live]",
        "what was typed is not the account id; type 'DU1'",
        "--arm-until has passed at 2022-05-20T12:00:00Z; give a later time of today",
    )


def test_ports_are_those_of_the_brokers_programs():
    """Of each: what listens there, and what kind of account it reaches."""
    assert {port: (str(kind), name) for port, (kind, name) in API_PORTS.items()} == {
        4001: ("live", "IB Gateway, live account"),
        4002: ("paper", "IB Gateway, paper account"),
        4003: ("live", "a container's IB Gateway, live account"),
        4004: ("paper", "a container's IB Gateway, paper account"),
        7496: ("live", "TWS, live account"),
        7497: ("paper", "TWS, paper account"),
    }


def test_reason_names_the_account_of_the_settings_else_that_of_the_login():
    """So that what is to be set can be copied from it."""
    elsewhere = evolve(PAPER, login_account="DU0000002", variable="", typed="x")
    unnamed = evolve(elsewhere, account="")

    assert reasons(elsewhere)[1:] == (
        "SELLCLI_ARM is not set; set it to the account id, 'DU0000001'",
        "what was typed is not the account id; type 'DU0000001'",
    )
    assert reasons(unnamed)[1:] == (
        "SELLCLI_ARM is not set; set it to the account id, 'DU0000002'",
        "what was typed is not the account id; type 'DU0000002'",
    )


@pytest.mark.parametrize("keys", [PAPER, LIVE])
@pytest.mark.parametrize("port", [1, 4000, 4005, 5000, 7498, 65535])
def test_other_ports_say_nothing(keys, port):
    """The kind and the account's first letters must agree, and they do."""
    assert isinstance(arm(evolve(keys, port=port), NOW), Arming)


@pytest.mark.parametrize(
    ("account", "kind"),
    [
        ("DU0000001", AccountKind.PAPER),
        ("DF0000001", AccountKind.PAPER),
        ("U7654321", AccountKind.LIVE),
        ("F1234567", AccountKind.LIVE),
        ("I1234567", AccountKind.LIVE),
        ("du0000001", AccountKind.LIVE),
        ("D0000001", AccountKind.LIVE),
        ("XDU00001", AccountKind.LIVE),
        ("", AccountKind.LIVE),
    ],
)
def test_kind_by_the_first_letters(account, kind):
    """What is not known to be paper counts as live."""
    assert kind_of(account) is kind


def test_a_time_stands_for_what_would_be_typed():
    """A run without a terminal disarms itself."""
    arming = arm(evolve(PAPER, typed=None, until=LATER), NOW)

    assert isinstance(arming, Arming)
    assert arming.armed(NOW)
    assert arming.armed(LATER - timedelta(microseconds=1))
    assert not arming.armed(LATER)
    assert not arming.armed(LATER + timedelta(days=1))


def test_without_a_time_it_lasts_as_long_as_the_process():
    """Whoever typed it sits there."""
    assert Arming("U7654321", AccountKind.LIVE).armed(NOW + timedelta(days=1000))


def test_naive_times_are_refused():
    """Sixteen o'clock where?"""
    with pytest.raises(InvalidValue, match="no time zone"):
        evolve(PAPER, until=datetime(2022, 5, 20, 16))
    with pytest.raises(InvalidValue, match="no time zone"):
        arm(PAPER, datetime(2022, 5, 20, 12))
    with pytest.raises(InvalidValue, match="no time zone"):
        Arming("U7654321", AccountKind.LIVE, datetime(2022, 5, 20, 16))


@pytest.mark.parametrize("key", ["account", "variable", "login_account", "typed"])
@given(st.data())
def test_what_is_almost_the_id_is_another(key, data):
    """A beginning of it, an end, more than it, other letters: each key is compared whole."""
    own = PAPER.account
    at = data.draw(st.integers(1, len(own) - 1))
    other = data.draw(
        st.sampled_from([own[:at], own[at:], own + own[:at], f"{own} ", own.lower(), own[::-1]])
    )

    assert reasons(evolve(PAPER, **{key: other}))


def test_what_the_variable_holds_is_never_shown():
    """Neither in a reason nor in a repr."""
    keys = evolve(PAPER, variable="U7654321")

    assert "U7654321" not in f"{keys!r}{reasons(keys)}"


IDS = st.sampled_from(["", "DU0000001", "DU0000002", "DF0000001", "U7654321", "du0000001"])
KEYS = st.builds(
    Keys,
    account=IDS,
    kind=st.sampled_from([None, *AccountKind]),
    variable=IDS,
    login_account=IDS,
    port=st.sampled_from([*API_PORTS, 5000]),
    typed=st.none() | IDS,
    until=st.none() | st.sampled_from([NOW - timedelta(hours=1), NOW, LATER]),
)


@given(KEYS)
def test_nothing_arms_but_the_agreement_of_all(keys):
    """The rule once more, as one sentence."""
    kinds = {keys.kind, kind_of(keys.account)}
    if keys.port in API_PORTS:
        kinds.add(API_PORTS[keys.port][0])
    agreed = (
        keys.account != ""
        and {keys.account, keys.login_account, keys.variable} == {keys.account}
        and len(kinds) == 1
        and (keys.typed == keys.account or (keys.typed is None and keys.until is not None))
        and (keys.until is None or keys.until > NOW)
    )
    answer = arm(keys, NOW)

    assert isinstance(answer, Arming) == agreed
    if isinstance(answer, Arming):
        assert (answer.account, answer.kind, answer.until) == (keys.account, keys.kind, keys.until)
    else:
        assert len(answer.reasons) == len(set(answer.reasons)) > 0


@given(
    st.sampled_from([PAPER, LIVE, evolve(PAPER, typed=None, until=LATER)]),
    KEYS,
    st.sampled_from(["account", "kind", "variable", "login_account", "port", "typed", "until"]),
)
def test_no_single_change_leads_to_another_account(good, other, name):
    """Whatever one key is changed to: the same account of the same kind, or nothing."""
    answer = arm(evolve(good, **{name: getattr(other, name)}), NOW)

    if isinstance(answer, Arming):
        assert (answer.account, answer.kind) == (good.account, good.kind)
