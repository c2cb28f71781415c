"""Listening to what the broker says of its own accord about orders of ours."""

from sellcore.ports.order_entry import Word
from sellcore.usecases.selling_state import Selling
from sellcore.usecases.watch_state import WatchState


def hear(selling: Selling, state: WatchState, seconds: float) -> frozenset[int]:
    """
    Keep the refusals that have come, whichever word came before them.

    Args:
        selling: The way to send.
        state: Keeps the refusals.
        seconds: Wall-clock seconds to wait for the first word at most.

    Returns:
        The numbers of the orders that something was said about.
    """
    replies = selling.entry.replies(seconds)
    refusals = {reply.order_id: reply.text for reply in replies if reply.word is Word.REFUSAL}
    if refusals:
        for record in selling.journal.open_intents():
            ours = record.state.exposed and record.client_id == selling.entry.client_id
            if ours and record.order_id in refusals:
                state.selling.refusals[record.intent_id] = refusals[record.order_id]
    return frozenset(reply.order_id for reply in replies)
