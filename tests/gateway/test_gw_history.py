"""Historical data over the wire: what is asked, what comes, and what is refused."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from tests.gateway.gateway_stand import (
    NEW_YORK,
    OPEN,
    RawClient,
    Running,
    bars_of,
    contract_fields,
    running,
)

from adapters.gateway.bar_sizes import BarSize
from adapters.gateway.columns import Columns
from sellcore.instant import to_epoch

NOON = datetime(2022, 5, 20, 16, 10, tzinfo=UTC)


@pytest.fixture(scope="module")
def gateway() -> Iterator[Running]:
    with running() as gateway:
        gateway.until(NOON)
        yield gateway


@pytest.fixture
def client(gateway: Running) -> Iterator[RawClient]:
    with gateway.client(1) as client:
        client.settle()
        yield client
        client.socket.shutdown(2)
        client.hung_up()
    while gateway.server.world.clients:
        time.sleep(0.001)


def tape_bars(gateway: Running, size: BarSize, first: datetime) -> Columns:
    world = gateway.server.world
    listing = world.listings.by_con_id(272093)
    assert listing is not None
    return world.tape.bars(listing, size, to_epoch(first), to_epoch(NOON), regular=True)


def test_answer_is_one_message_with_the_forming_bar_last(
    gateway: Running, client: RawClient
) -> None:
    """Ids, count and columns are in their places; prices are the decimals of the tape."""
    client.history(5, size="1 hour", duration="2 D")
    message = client.answer(17)
    rows = bars_of(message)
    expected = tape_bars(gateway, BarSize.HOUR, OPEN - timedelta(days=1, hours=1))

    assert message[1] == "5"
    assert [int(row[0]) for row in rows] == expected.start.tolist()
    assert [float(row[4]) for row in rows] == expected.close.tolist()
    assert datetime.fromtimestamp(int(rows[-1][0]), UTC) == datetime(2022, 5, 20, 16, tzinfo=UTC)
    assert all("e" not in field.lower() for row in rows for field in row)
    assert all(field.lstrip("-").isdigit() for row in rows for field in (row[5], row[7]))


@pytest.mark.parametrize(
    ("form", "first"),
    [(1, "20220520 09:30:00 US/Eastern"), (2, "1653053400"), (3, "20220520 09:30:00")],
)
def test_date_comes_in_the_form_asked_for(client: RawClient, form: int, first: str) -> None:
    """Text with the zone, seconds since 1970, or text without the zone."""
    client.history(5, form=form)

    assert bars_of(client.answer(17))[0][0] == first


@pytest.mark.parametrize("form", [1, 2, 3])
def test_daily_bars_are_dates_in_every_form(client: RawClient, form: int) -> None:
    """A day carries its date only, today's forming one included."""
    client.history(5, size="1 day", duration="3 D", form=form)

    assert [row[0] for row in bars_of(client.answer(17))] == ["20220518", "20220519", "20220520"]


@pytest.mark.parametrize(
    ("duration", "size", "count"),
    [
        ("1 D", "30 mins", 6),  # today until 12:10
        ("2 D", "30 mins", 19),
        ("5 D", "1 day", 5),
        ("3600 S", "1 min", 61),  # the minute of 11:10 has begun, that of 12:10 too
        ("1 W", "1 day", 6),
        ("1 M", "1 day", 23),  # 20 April to 20 May
        ("1 Y", "1 month", 13),
    ],
)
def test_duration_counts_as_the_broker_counts(
    client: RawClient, duration: str, size: str, count: int
) -> None:
    """Days are trading days with today; weeks, months and years go by the calendar."""
    client.history(5, size=size, duration=duration)

    assert len(bars_of(client.answer(17))) == count


def test_one_year_of_days_is_a_year(client: RawClient) -> None:
    """It begins on the same date a year ago."""
    client.history(5, size="1 day", duration="1 Y")

    assert bars_of(client.answer(17))[0][0] == "20210520"


@pytest.mark.parametrize(
    "end",
    [
        "20220519 16:00:00 US/Eastern",
        "20220519 16:00:00 America/New_York",
        "20220519 16:00:00",
        "20220519-20:00:00",
        "20220519 22:00:00 Europe/Berlin",
        "20220520 03:00:00",
    ],
)
def test_end_is_read_in_every_form(client: RawClient, end: str) -> None:
    """With a zone, in the login's zone, or in UTC: the session of the 19th and no more."""
    client.history(5, end=end, duration="1 D")
    rows = bars_of(client.answer(17))
    starts = [datetime.fromtimestamp(int(row[0]), UTC).astimezone(NEW_YORK) for row in rows]

    assert len(rows) == 13
    assert f"{starts[0]:%m%d %H:%M} {starts[-1]:%H:%M}" == "0519 09:30 15:30"


def test_end_in_the_future_shows_no_future(client: RawClient) -> None:
    """Bars end where time stands, whatever is asked for."""
    client.history(5, end="20220601 16:00:00", duration="1 D")

    assert len(bars_of(client.answer(17))) == 6


@pytest.mark.parametrize(
    ("changes", "code", "words"),
    [
        ({"duration": "one day"}, "321", "duration"),
        ({"duration": "0 D"}, "321", "duration"),
        ({"duration": "366 D"}, "321", "must be made in years"),
        ({"size": "7 mins"}, "321", "1 secs, 5 secs"),
        ({"end": "yesterday"}, "321", "yyyymmdd"),
        ({"end": "20221345 10:00:00"}, "321", "yyyymmdd"),
        ({"end": "20220519 10:00:00 Mars/North"}, "321", "yyyymmdd"),
        ({"show": "GOSSIP"}, "321", "What to show"),
        ({"show": "SCHEDULE"}, "10295", "1 day"),
        ({"show": "ADJUSTED_LAST", "end": "20220519 16:00:00"}, "321", "adjusted last"),
        ({"live": 1, "end": "20220519 16:00:00"}, "321", "keepUpToDate"),
        ({"end": "20100101 16:00:00"}, "162", "HMDS query returned no data: MSFT@SMART Trades"),
        ({"contract": contract_fields(con_id=1)}, "200", "No security definition"),
        ({"contract": contract_fields(symbol="ZZZ")}, "200", "No security definition"),
    ],
)
def test_what_cannot_be_answered_draws_its_error(
    client: RawClient, changes: dict[str, object], code: str, words: str
) -> None:
    """The code and the words of a real Gateway, under the request's id."""
    client.history(77, **changes)
    error = client.answer(4, 17)

    assert error[2:4] == ["77", code]
    assert words in error[4]


@pytest.mark.parametrize(("show", "off"), [("BID", -0.01), ("ASK", 0.01), ("MIDPOINT", 0.0)])
def test_quotes_have_no_volume(client: RawClient, show: str, off: float) -> None:
    """Bars of quotes lie a tick around the trades and have -1 for volume and count."""
    client.history(5)
    trades = bars_of(client.answer(17))
    client.history(6, show=show)
    quotes = bars_of(client.answer(17))

    assert {(row[5], row[6], row[7]) for row in quotes} == {("-1", "-1", "-1")}
    assert [float(q[4]) for q in quotes] == [round(float(t[4]) + off, 4) for t in trades]


def test_schedule_tells_sessions(client: RawClient) -> None:
    """Start, end and date of each, in the exchange's zone, today's included."""
    client.history(5, show="SCHEDULE", size="1 day", duration="2 D")

    assert client.answer(106) == [
        *("106", "5", "20220519-09:30:00", "20220520-16:00:00", "US/Eastern", "2"),
        *("20220519-09:30:00", "20220519-16:00:00", "20220519"),
        *("20220520-09:30:00", "20220520-16:00:00", "20220520"),
    ]


@pytest.mark.parametrize(("form", "text"), [(1, "20190501-13:30:00"), (2, "1556717400")])
def test_head_timestamp_is_the_first_bar(client: RawClient, form: int, text: str) -> None:
    """Three years of generated history begin on the first of the month."""
    client.send(87, 9, *contract_fields(272093), 0, 1, "TRADES", form)

    assert client.answer(88) == ["88", "9", text]


def test_cancelling_nothing_draws_366(client: RawClient) -> None:
    """A finished request is unknown."""
    client.send(25, 1, 4)

    assert client.answer(4)[2:4] == ["4", "366"]


def test_small_bars_are_paced(client: RawClient) -> None:
    """The same request again within 15 seconds is a pacing violation; larger bars are free."""
    for _ in range(2):
        client.history(5, size="30 secs")
    first, second = (client.answer(4, 17) for _ in range(2))
    for _ in range(10):
        client.history(6, size="1 min", duration="60 S")

    assert first[0] == "17"
    assert second[3] == "162"
    assert "pacing violation" in second[4]
    assert all(client.answer(4, 17)[0] == "17" for _ in range(10))


def test_sixth_request_of_a_contract_in_two_seconds_is_too_fast(client: RawClient) -> None:
    """Different requests count together when they are of one contract."""
    for n in range(6):
        client.history(n, size="15 secs", duration=f"{n + 1} D")
    found = [client.answer(4, 17) for _ in range(6)]

    assert [m[0] for m in found] == ["17"] * 5 + ["4"]
    assert "pacing violation" in found[5][4]


def test_fifty_live_requests_are_open_at_most(client: RawClient) -> None:
    """The fifty-first is refused until one is cancelled."""
    for n in range(51):
        client.history(n, size="1 min", duration="60 S", live=1)
    last = [client.answer(4, 17) for _ in range(51)][-1]
    client.send(25, 1, 0)
    cancelled = client.answer(4)
    client.history(60, size="1 min", duration="60 S", live=1)

    assert last[2:4] == ["50", "322"]
    assert "50 simultaneous" in last[4]
    assert cancelled[2:4] == ["0", "162"]
    assert "query cancelled: 0" in cancelled[4]
    assert client.answer(4, 17)[0] == "17"


def test_live_bars_grow_every_five_seconds_and_are_born_at_their_start() -> None:
    """Each minute the bar that closed is told whole, then the newborn one."""
    with running() as gateway, gateway.client(1) as client:
        gateway.until(OPEN + timedelta(seconds=30))
        client.settle()
        client.history(5, size="1 min", duration="1 D", live=1)
        begun = bars_of(client.answer(17))[-1]
        gateway.until(OPEN + timedelta(minutes=3))
        updates = [m for m in client.settle() if m[0] == "90"]
        client.history(6, size="1 min", duration="1 D")
        final = {row[0]: row for row in bars_of(client.answer(17))}

    dates = [m[3] for m in updates]
    assert dates == sorted(dates)
    assert len(set(dates)) == 4
    for date in sorted(set(dates))[:-1]:
        last = [m for m in updates if m[3] == date][-1]
        _, start, opening, high, low, close, volume, wap, count = ["", *final[date]]
        assert last == ["90", "5", count, start, opening, close, high, low, wap, volume]
    newborn = next(m for m in updates if m[3] != begun[0])
    assert newborn[4] == newborn[5] == newborn[6] == newborn[7]


def test_live_request_that_was_cancelled_is_silent() -> None:
    """Nothing comes after the cancel."""
    with running() as gateway, gateway.client(1) as client:
        client.settle()
        client.history(5, size="1 min", live=1)
        client.send(25, 1, 5)
        client.settle()
        gateway.until(OPEN + timedelta(minutes=3))

        assert [m for m in client.settle() if m[0] == "90"] == []


def test_head_timestamp_of_no_known_prices_is_refused(client: RawClient) -> None:
    """321 on the request, as for bars."""
    client.send(87, 77, *contract_fields(272093), 0, 1, "GOSSIP", 1)
    (message,) = client.settle()

    assert message[2:4] == ["77", "321"]
