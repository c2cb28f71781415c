"""Orders at the broker, intents of ours, and what each is called."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from tests.builders import AAPL, ACCOUNT, MSFT, an_order, at, rule

from sellcore.instrument import Instrument
from sellcore.order import Mode, OpenOrder, OrderIntent, SendAt
from sellcore.order_type import OrderType
from sellcore.rule import MovingAverageRule

INTENT = OrderIntent(
    mode=Mode.DRY_RUN,
    account=ACCOUNT,
    instrument=MSFT,
    rule=rule("SMA,50,1H"),
    bar_end=at("2022-05-20 15:00"),
    epoch=0,
    quantity=100,
    residual=Decimal(0),
    cancels=(),
    send_at=SendAt.NOW,
)
EASTERN = datetime.fromisoformat("2022-05-20T11:00-04:00")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "SELL 100 MKT DAY"),
        ({"send_at": SendAt.NEXT_OPEN}, "SELL 100 MKT DAY, at the next open"),
        ({"order_type": OrderType.LIMIT}, "SELL 100 LMT DAY"),
        ({"residual": Decimal("0.70")}, "SELL 100 MKT DAY, leaving 0.7"),
        (
            {"cancels": (an_order(), an_order(order_type="LMT", limit_price=300.0))},
            "SELL 100 MKT DAY, after cancelling SELL 100 STP @ 240.00 GTC "
            "and SELL 100 LMT @ 300.00 GTC",
        ),
        (
            {"cancels": (an_order(),), "send_at": SendAt.NEXT_OPEN, "residual": Decimal("0.7")},
            "SELL 100 MKT DAY, after cancelling SELL 100 STP @ 240.00 GTC, at the next open, "
            "leaving 0.7",
        ),
    ],
)
def test_intent_is_told_in_words(changes: dict[str, object], words: str) -> None:
    """What stands in the log as the action prepared."""
    assert str(evolve(INTENT, **changes)) == words


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ({"perm_id": 9, "order_id": 4}, {"perm_id": 9, "order_id": 5}, True),
        ({"perm_id": 9, "order_id": 4}, {"perm_id": 8, "order_id": 4}, False),
        ({"perm_id": 0, "order_id": 4}, {"perm_id": 9, "order_id": 4}, True),
        ({"perm_id": 0, "order_id": 4}, {"perm_id": 0, "order_id": 4}, True),
        ({"perm_id": 0, "order_id": 4}, {"perm_id": 9, "order_id": 5}, False),
        ({"perm_id": 0, "order_id": 4}, {"perm_id": 9, "order_id": 4, "client_id": 3}, False),
        ({"perm_id": 0, "order_id": 0}, {"perm_id": 9, "order_id": 0}, False),
    ],
)
def test_order_is_known_by_its_permanent_id_and_before_by_its_number(
    one: dict[str, int], other: dict[str, int], same: bool
) -> None:
    """The broker gives the id once it has taken the order; a number is its client's own."""
    first, second = evolve(an_order(), **one), evolve(an_order(), **other)

    assert first.same_as(second) is same
    assert second.same_as(first) is same


@pytest.mark.parametrize(
    ("order", "words"),
    [
        (an_order(quantity="1000"), "SELL 1000 STP @ 240.00 GTC"),
        (an_order(order_type="MKT", stop_price=None), "SELL 100 MKT GTC"),
        (an_order(quantity="0.5"), "SELL 0.5 STP @ 240.00 GTC"),
        (an_order(stop_price=628_930.5), "SELL 100 STP @ 628930.50 GTC"),
        (an_order(order_type="STP LMT", limit_price=239.5), "SELL 100 STP LMT @ 239.50 GTC"),
    ],
)
def test_open_order_is_told_in_words(order: OpenOrder, words: str) -> None:
    """No digit of a price is lost, and no quantity is in powers of ten."""
    assert str(order) == words


@pytest.mark.parametrize(
    ("ref", "ours"),
    [
        ("", False),
        ("sellcli", False),
        ("SELLCLI:1", False),
        ("x sellcli:1", False),
        ("sellcli:1", True),
    ],
)
def test_order_is_ours_by_its_reference(ref: str, ours: bool) -> None:
    """Never by its number, which is reused."""
    assert an_order(order_ref=ref).ours is ours


def test_reference_of_an_intent_is_recognised() -> None:
    """What we send is what we find again, within the broker's length."""
    assert an_order(order_ref=INTENT.order_ref).ours
    assert INTENT.order_ref == "sellcli:4fe1e684dc8fbd4a"
    assert len(INTENT.order_ref) <= 40


def test_intent_id_is_32_hexadecimal_digits_and_never_changes() -> None:
    """SHA-256 of its facts between bars, worked out by hand: it outlives this version."""
    assert INTENT.intent_id == "4fe1e684dc8fbd4a64424c6f4b1fabc7"


@pytest.mark.parametrize(
    "changes",
    [
        {"quantity": 7},
        {"residual": Decimal("0.5")},
        {"cancels": (an_order(),)},
        {"send_at": SendAt.NEXT_OPEN},
        {"instrument": Instrument(MSFT.con_id, "RENAMED", "NYSE", "EUR")},
        {"bar_end": EASTERN},
    ],
)
def test_intent_id_does_not_depend_on(changes: dict[str, object]) -> None:
    """The quantity, what is to be cancelled, a new name, another zone for the same instant."""
    assert evolve(INTENT, **changes).intent_id == INTENT.intent_id


@pytest.mark.parametrize(
    "changes",
    [
        {"mode": Mode.PAPER},
        {"mode": Mode.LIVE},
        {"account": "DU0000002"},
        {"instrument": AAPL},
        {"rule": rule("EMA,50,1H")},
        {"rule": rule("SMA,20,1H")},
        {"rule": rule("SMA,50,D")},
        {"bar_end": INTENT.bar_end + timedelta(hours=1)},
        {"epoch": 1},
    ],
)
def test_intent_id_depends_on(changes: dict[str, object]) -> None:
    """Mode, account, instrument, rule, bar and epoch of the position: each its own intent."""
    other = evolve(INTENT, **changes)

    assert other.intent_id != INTENT.intent_id
    assert other.order_ref != INTENT.order_ref


facts = st.builds(
    evolve,
    st.just(INTENT),
    mode=st.sampled_from(Mode),
    account=st.sampled_from(["DU1", "DU11", "U1"]),
    instrument=st.sampled_from([1, 11, 111]).map(lambda n: Instrument(n, "A", "B", "USD")),
    rule=st.sampled_from(["SMA,5,1H", "SMA,50,1H", "EMA,5,D"]).map(rule),
    bar_end=st.integers(0, 3).map(lambda n: INTENT.bar_end + n * timedelta(hours=1)),
    epoch=st.sampled_from([0, 1, 11]),
)


@given(facts, facts)
def test_two_intents_have_one_id_only_where_all_facts_agree(
    one: OrderIntent, other: OrderIntent
) -> None:
    """No two facts run into each other."""

    def about(intent: OrderIntent) -> tuple[object, ...]:
        wanted: MovingAverageRule = intent.rule
        return intent.mode, intent.account, intent.instrument, wanted, intent.bar_end, intent.epoch

    assert (one.intent_id == other.intent_id) == (about(one) == about(other))
