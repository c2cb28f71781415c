"""Intents on record and what happens to them; a test says what it cares about."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from attrs import evolve
from tests.builders import ACCOUNT, an_order

from sellcore.instrument import Instrument
from sellcore.order import Mode, OpenOrder, OrderIntent, SendAt, Side
from sellcore.rule import parse_rule
from sellcore.selling.execution import Commission, Execution
from sellcore.selling.intent_record import IntentRecord, Move, moved
from sellcore.selling.lifecycle import Happening, State

MODE = Mode.PAPER
TEN = datetime(2022, 5, 20, 14, tzinfo=UTC)
"""Ten o'clock in New York."""

H, S = Happening, State

WAYS: dict[State, tuple[Happening, ...]] = {
    S.PREPARED: (),
    S.CANCELLING: (H.CANCELS_ASKED,),
    S.DENIED: (H.DENIED,),
    S.LAPSED: (H.CANCELS_ASKED, H.LAPSED),
    S.SENDING: (H.SENDING,),
    S.WORKING: (H.SENDING, H.SEEN_WORKING),
    S.UNKNOWN: (H.SENDING, H.UNCLEAR),
    S.FILLED: (H.CANCELS_ASKED, H.SENDING, H.SEEN_WORKING, H.SEEN_FILLED),
    S.CANCELLED: (H.SENDING, H.SEEN_CANCELLED),
    S.REJECTED: (H.SENDING, H.SEEN_REJECTED),
    S.NOT_SENT: (H.SENDING, H.PROVEN_ABSENT),
    S.SETTLED: (H.SENDING, H.UNCLEAR, H.SETTLED),
}
"""One way into each state."""


def later(hours: float) -> datetime:
    """Return an instant after ten."""
    return TEN + timedelta(hours=hours)


def stock(con_id: int) -> Instrument:
    """Return the stock that is called ``NASDAQ:S1`` for contract id 1."""
    return Instrument(con_id, f"S{con_id}", "NASDAQ", "USD")


def a_record(
    con_id: int = 1,
    hour: float = 0,
    *,
    mode: Mode = MODE,
    account: str = ACCOUNT,
    instrument: Instrument | None = None,
    cancels: tuple[OpenOrder, ...] = (),
    epoch: int = 0,
    residual: str = "0.7",
    send_at: SendAt = SendAt.NOW,
    rule: str = "SMA,50,1H",
    **known: Any,
) -> IntentRecord:
    """Mean to sell 100 of 100.7 shares, because of the bar that ended at an hour after ten."""
    intent = OrderIntent(
        mode=mode,
        account=account,
        instrument=instrument or stock(con_id),
        rule=parse_rule(rule),
        bar_end=later(hour),
        epoch=epoch,
        quantity=100,
        residual=Decimal(residual),
        cancels=cancels,
        send_at=send_at,
    )
    fields = {
        "state": State.PREPARED,
        "decided_at": later(hour),
        "not_before": later(hour),
        "deadline": later(hour + 1),
        "held": Decimal("100.7"),
        "close": 99.5,
        "average": 100.25,
        "bars_used": 50,
        "words": "close 99.50 is below SMA(50) 100.2500",
    }
    return IntentRecord(intent=intent, **fields | known)


def an_elaborate_record() -> IntentRecord:
    """Return one with something unusual in every field."""
    stop = an_order(stock(3), order_type="STP", stop_price=240.1, quantity="10.3")
    stop = evolve(stop, remaining=Decimal("4.2"))
    limit = an_order(stock(3), order_type="LMT", limit_price=0.1, stop_price=None, order_ref='"ü\n')
    limit = evolve(limit, side=Side.BUY)
    return a_record(
        instrument=Instrument(3, "BRK B", "NYSE", "CHF"),
        cancels=(stop, limit),
        epoch=4,
        residual="1E-8",
        send_at=SendAt.NEXT_OPEN,
        rule="EMA,200,D",
        decided_at=TEN.replace(microsecond=123456),
        held=Decimal("100.00000001"),
        close=0.1 + 0.2,
        average=1e300,
        asked_to_go=(1001, 2**40),
        client_id=7,
        order_id=11,
        quantity=99,
        limit_price=1 / 3,
        position_before=Decimal("99.70"),
        sent_at=later(2.00001),
        perm_id=2**33,
        filled=Decimal("0.3"),
        average_price=99.123456789,
        words="über 'quotes', \"more\" and\ttabs",
    )


def sent(record: IntentRecord, at: datetime = TEN, **known: Any) -> Move:
    """Let a record be sent, 100 shares with number 11 of client 7 unless told otherwise."""
    numbers = {"client_id": 7, "order_id": 11, "quantity": 100, "sent_at": at}
    return moved(record, Happening.SENDING, at, **numbers | known)


def steps(record: IntentRecord, *happenings: Happening, at: datetime = TEN) -> list[Move]:
    """Return the moves that these happenings make of a record, one after the other."""
    moves: list[Move] = []
    for happening in happenings:
        before = moves[-1].record if moves else record
        is_sent = happening is Happening.SENDING
        moves.append(sent(before, at) if is_sent else moved(before, happening, at))
    return moves


def an_execution(
    exec_id: str = "e1.01",
    *,
    con_id: int = 1,
    side: Side = Side.SELL,
    shares: str = "100",
    price: float = 99.5,
    time: datetime = TEN,
) -> Execution:
    """Trade 100 shares at 99.5."""
    return Execution(
        exec_id=exec_id,
        con_id=con_id,
        account=ACCOUNT,
        side=side,
        shares=Decimal(shares),
        price=price,
        time=time,
        perm_id=5001,
        order_id=11,
        client_id=7,
        order_ref="sellcli:0123456789abcdef",
    )


def a_commission(
    exec_id: str = "e1.01",
    amount: float = 1.0,
    currency: str = "USD",
    realized: float | None = None,
) -> Commission:
    """Let a trade cost a dollar."""
    return Commission(exec_id, amount, currency, realized)
