"""What the checks look at and what the broker tells; a test says what it cares about."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from attrs import evolve
from tests.builders import ACCOUNT, an_order, new_york
from tests.journal_builders import MODE, TEN, a_record, an_execution, stock

from sellcore.order import OpenOrder, Side
from sellcore.position import Position
from sellcore.selling.account_kind import AccountKind
from sellcore.selling.arming import Arming
from sellcore.selling.execution import CompletedOrder, Execution
from sellcore.selling.facts import Facts
from sellcore.selling.intent_record import IntentRecord
from sellcore.selling.lifecycle import State
from sellcore.selling.limits import SellingPolicy
from sellcore.selling.testimony import Testimony

PERM = 5001
"""The permanent id of our order."""

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
FRIDAY = new_york(TEN.date())
ARMED = Arming(ACCOUNT, AccountKind.PAPER)


def known(**changes: Any) -> Facts:
    """Know all that is needed to sell 100 of 100.7 shares right now: every check passes."""
    facts = Facts(
        record=a_record(),
        now=TEN + MINUTE,
        mode=MODE,
        policy=SellingPolicy(),
        arming=ARMED,
        halted=None,
        line=None,
        reconciled=True,
        skew=timedelta(0),
        session=FRIDAY,
        bars_read_at=TEN + MINUTE,
        bars_used=50,
        bars_needed=50,
        doubt=None,
        suspended=False,
        price=99.0,
        held=Decimal("100.7"),
        selling=Decimal(0),
        to_cancel=(),
        foreign=(),
        cancelled_sold=Decimal(0),
        orders_today=0,
        value_today=0.0,
        failed_sends=0,
    )
    return evolve(facts, **changes)


def exposed(state: State = State.SENDING, **changes: Any) -> IntentRecord:
    """Return an intent that was sent at ten: 100 of 100.7 shares, number 11 of client 7."""
    fields = {
        "state": state,
        "client_id": 7,
        "order_id": 11,
        "quantity": 100,
        "position_before": Decimal("100.7"),
        "sent_at": TEN,
        "perm_id": 0 if state is State.SENDING else PERM,
        "words": "as it was",
    }
    return a_record(**fields | changes)


def told(
    *,
    seconds: float = 1.0,
    held: str = "100.7",
    con_id: int = 1,
    orders: tuple[OpenOrder, ...] = (),
    completed: tuple[CompletedOrder, ...] = (),
    executions: tuple[Execution, ...] = (),
) -> Testimony:
    """Tell of an account so many seconds after ten."""
    return Testimony(
        read_at=TEN + timedelta(seconds=seconds),
        positions=(Position(ACCOUNT, stock(con_id), Decimal(held), 50.0),),
        orders=orders,
        completed=completed,
        executions=executions,
    )


def ours(record: IntentRecord | None = None, **changes: Any) -> OpenOrder:
    """Let the order of an intent work: 100 shares at the market."""
    order = an_order(stock(1), order_type="MKT", stop_price=None, client_id=7)
    ref = (record or exposed()).intent.order_ref
    fields = {"order_ref": ref, "perm_id": PERM, "order_id": 11, "status": "Submitted"}
    return evolve(order, **fields | changes)


def ended(record: IntentRecord | None = None, **changes: Any) -> CompletedOrder:
    """Let the order of an intent have ended: cancelled, with nothing filled."""
    order = CompletedOrder(
        con_id=1,
        account=ACCOUNT,
        side=Side.SELL,
        quantity=Decimal(100),
        filled=Decimal(0),
        status="Cancelled",
        explanation="Cancelled by Trader",
        perm_id=PERM,
        order_ref=(record or exposed()).intent.order_ref,
    )
    return evolve(order, **changes)


def trade(exec_id: str = "e1.01", *, at: datetime = TEN, **changes: Any) -> Execution:
    """Let the order of an intent trade 100 shares at 99.5."""
    execution = evolve(an_execution(exec_id, time=at), order_ref=exposed().intent.order_ref)
    return evolve(execution, **changes)
