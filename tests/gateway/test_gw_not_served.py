"""What the gateway has no data for: the request that asked is ended, nobody waits for ever."""

from collections.abc import Iterator

import pytest
from tests.gateway.gateway_stand import RawClient, contract_fields, running

K12 = contract_fields(272093)


@pytest.fixture(scope="module")
def client() -> Iterator[RawClient]:
    with running() as gateway, gateway.client(1) as client:
        client.settle()
        yield client


@pytest.mark.parametrize(
    ("request_fields", "code"),
    [
        ((10, 5, 77, *K12, 5, 0, ""), "10092"),
        ((11, 1, 77, 0), "310"),
        ((21, 2, 77, *K12), "200"),
        ((22, 77, 50, "STK", "STK.US", "TOP_PERC_GAIN"), "162"),
        ((23, 1, 77), "365"),
        ((50, 3, 77, *K12, 5, "TRADES", 1, ""), "420"),
        ((51, 1, 77), "300"),
        ((52, 2, 77, *K12, "ReportSnapshot"), "430"),
        ((54, 3, 77, *K12, 1, 100), "200"),
        ((68, 1, 77, 1), "321"),
        ((84, 77, "BRFG", "x"), "10276"),
        ((86, 77, 272093, "BRFG", "", "", 10), "10276"),
        ((89, 77), "300"),
        ((96, 77, *K12, 0, "20220519 10:00:00", "", 10, "TRADES", 1, 0), "10187"),
        ((97, 77, *K12, "Last", 0, 0), "10189"),
        ((98, 77), "300"),
        ((100, 77), "10276"),
    ],
)
def test_request_without_data_is_ended_by_an_error(
    client: RawClient, request_fields: tuple[object, ...], code: str
) -> None:
    """On its own id, with the code of a Gateway that lacks the permission."""
    client.send(*request_fields)
    (message,) = client.settle()

    assert (message[0], message[2], message[3]) == ("4", "77", code)


@pytest.mark.parametrize(
    ("request_fields", "answer"),
    [
        ((67, 1, 77), ["67", "1", "77", ""]),
        ((78, 77, "MSFT", "", "STK", 272093), ["76", "77"]),
        ((79, 77), ["77", "77", "0"]),
        ((82,), ["80", "0"]),
        ((83, 77, "a6"), ["82", "77", "0"]),
        ((85,), ["85", "0"]),
        ((88, 77, *K12, 1, "3 days"), ["89", "77", "0"]),
    ],
)
def test_list_of_nothing_is_told_as_empty(
    client: RawClient, request_fields: tuple[object, ...], answer: list[str]
) -> None:
    """A count of zero, or the end that follows the last of them."""
    client.send(*request_fields)
    assert client.settle() == [answer]


def test_advisor_data_are_refused_without_an_id(client: RawClient) -> None:
    """The request has none to name."""
    client.send(18, 1, 1)
    (message,) = client.settle()
    assert message[2:4] == ["-1", "321"]


@pytest.mark.parametrize("message", [12, 13, 101, 103])
def test_bulletins_are_awaited_in_silence(client: RawClient, message: int) -> None:
    """None comes, as on most days."""
    client.send(message, 1, 1)
    assert client.settle() == []
