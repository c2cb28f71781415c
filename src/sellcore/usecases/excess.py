"""More is being sold than is held: somebody has sold by hand, and our order goes back."""

from sellcore.ports.alerts import Cause
from sellcore.selling.intent_record import IntentRecord
from sellcore.selling.testimony import Testimony
from sellcore.usecases.selling_state import Selling
from sellcore.usecases.take_testimony import take_testimony
from sellcore.usecases.tell import tell_person
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
