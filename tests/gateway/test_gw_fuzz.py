"""Whatever a client sends, its connection lives on and the next question is answered."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.gateway.gateway_stand import RawClient, contract_fields, running

SERVED = (
    *(1, 2, 3, 4, 5, 6, 7, 8, 9, 14, 15, 16, 17, 20, 25, 58, 59, 61, 62, 63, 64),
    *(10, 11, 12, 13, 18, 19, 21, 22, 23, 24, 50, 51, 52, 53, 54, 55, 56, 57, 67, 68, 69, 70),
    *(71, 74, 75, 76, 77, 78, 79, 80, 81, 82, 83, 84, 85, 86, 87, 88, 89, 90, 91, 92, 93, 94, 95),
    *(96, 97, 98, 99, 100, 101, 102, 103, 104),
)
ODD = st.sampled_from(
    [
        *("", "0", "1", "-1", "5", "2147483647", "1.7976931348623157E308", "Infinity", "nan"),
        *("abc", "1e400", "-0.0", "99999999999999999999", "STK", "BAG", "SMART", "1 D", "1 min"),
        *("TRADES", "SELL", "MKT", "20220520 10:00:00", "DU0000001", "272093", "ÄÖ\u2028", "9 9"),
    ]
)


@pytest.fixture(scope="module")
def client() -> Iterator[RawClient]:
    with running() as gateway, gateway.client(1) as client:
        client.settle()
        yield client


@given(st.sampled_from(SERVED), st.lists(ODD, max_size=40))
def test_any_fields_are_survived(client: RawClient, message: int, fields: list[str]) -> None:
    """Too few, too many, no numbers, far too large ones."""
    client.send(message, *fields)
    client.settle()


@given(
    st.lists(st.tuples(st.integers(12, 32), ODD), max_size=6),
    st.integers(14, 26),
)
def test_history_with_odd_fields_is_answered(
    client: RawClient, changes: list[tuple[int, str]], length: int
) -> None:
    """A sound request with some fields spoilt or cut off still ends in an answer."""
    fields: list[object] = [20, 5, *contract_fields(272093), 0, "", "1 day", "5 D", 1, "TRADES"]
    fields += [2, 0, ""]
    for place, text in changes:
        if place < len(fields):
            fields[place] = text
    client.send(*fields[:length])

    assert {message[0] for message in client.settle()} & {"4", "17", "106"}
    client.send(25, 1, 5)
    client.settle()
