"""More is being sold than is held: our order goes back, or a person is told of others."""

from decimal import Decimal

from sellcore.order import Side
from sellcore.ports.alerts import Cause
from sellcore.selling.intent_record import IntentRecord
from sellcore.selling.last_sale import last_sales
from sellcore.selling.testimony import Testimony
from sellcore.usecases.selling_state import Selling
from sellcore.usecases.take_testimony import take_testimony
from sellcore.usecases.tell import tell_person
from sellcore.usecases.unlogged import REMEMBERED
from sellcore.usecases.watch_state import Ports, WatchState


def take_back_excess(
    ports: Ports, selling: Selling, state: WatchState, record: IntentRecord, told: Testimony
) -> None:
    """
    Have our order cancelled where more is being sold than is held.

    Trades are read before positions, so a fill between the two looks just like it, and
    to cancel then would leave the rest unsold. Another reading tells: its trades are
    younger than the position of this one.

    A run that nobody armed changes nothing at the broker, and says who can.

    Raises:
        BrokerUnavailable: the other reading was not answered in full.
        StorageError: what it brought could not be stored.
    """
    con_id, before = record.con_id, told.held(record.con_id)
    if told.selling(con_id) <= before or con_id in state.selling.doubtful:
        return
    told = take_testimony(ports, selling, state)
    held, selling_now = told.held(con_id), told.selling(con_id)
    mine = [o for o in told.orders_on(con_id) if o.order_ref == record.intent.order_ref]
    in_doubt = con_id in state.selling.doubtful
    if not mine or in_doubt or selling_now <= max(before, held):
        return
    ours = [order for order in mine if order.client_id == selling.entry.client_id]
    if ours != mine:
        way_out = f"our order was entered as client {record.client_id}, which this run is not: "
        way_out += "cancel it in TWS"
    elif selling.arming is None:
        way_out = "cancel our order in TWS, or start 'sellcli start --live', which does"
    else:
        way_out = "our order is asked to go"
    text = (
        f"{record.intent.instrument.ticker}: {held.normalize():f} shares are held and "
        f"{selling_now.normalize():f} are being sold; {way_out}"
    )
    tell_person(ports, state, Cause.UNKNOWN, f"excess {record.intent_id}", text)
    if ours and selling.arming is not None:
        selling.entry.cancel(ours)


def tell_orders_left(ports: Ports, selling: Selling, state: WatchState, told: Testimony) -> None:
    """
    Tell a person of orders that would sell more of a position than is left behind a sale.

    A stop that no list told before the sale can turn up behind it, and would leave the
    account short. Where it has just filled, the trades of this reading may not tell yet:
    what two comparisons in turn show is told.

    Raises:
        StorageError: the journal could not be read.
    """
    before, state.selling.left = state.selling.left, frozenset()
    sales = last_sales(selling.journal.intents(told.read_at - REMEMBERED), told.read_at)
    shut = {record.con_id for record in selling.journal.open_intents()}
    for con_id, record in sales.items():
        held, to_sell = max(told.held(con_id), Decimal(0)), told.selling(con_id)
        if con_id in shut or con_id in state.selling.doubtful or to_sell <= held:
            continue
        state.selling.left |= {con_id}
        if con_id in before:
            left = [order for order in told.orders_on(con_id) if order.side is Side.SELL]
            text = (
                f"{record.intent.instrument.ticker} was sold, {held.normalize():f} shares are "
                f"held, and these orders would sell more: {', '.join(map(str, left))}; cancel "
                "them in TWS, they would leave you short"
            )
            tell_person(ports, state, Cause.UNKNOWN, f"left {con_id}", text)
