"""Listening to what the broker says of its own accord about orders of ours."""

from sellcore.ports.order_entry import Reply, Word
from sellcore.usecases.selling_state import Selling
from sellcore.usecases.watch_state import WatchState


def hear(selling: Selling, state: WatchState, seconds: float) -> frozenset[int]:
    """
    Keep the refusals that have come, whichever word came before them, and the last remarks.

    Args:
        selling: The way to send.
        state: Keeps the words.
        seconds: Wall-clock seconds to wait for the first word at most.

    Returns:
        The numbers of the orders that something was said about.
    """
    replies = selling.entry.replies(seconds)
    told = [reply for reply in replies if reply.word is Word.REFUSAL or reply.code]
    if told:
        ours = {
            record.order_id: record.intent_id
            for record in selling.journal.open_intents()
            if record.state.exposed and record.client_id == selling.entry.client_id
        }
        for reply in told:
            if (intent_id := ours.get(reply.order_id)) is not None:
                _keep(state, intent_id, reply)
    return frozenset(reply.order_id for reply in replies)


def _keep(state: WatchState, intent_id: str, reply: Reply) -> None:
    """Keep words of the broker, once where it repeats itself."""
    if reply.word is Word.REFUSAL:
        state.selling.refusals[intent_id] = reply.text
    words = f"{reply.code}: {reply.text}" if reply.code else reply.text
    if state.selling.said.get(intent_id) != words:
        state.selling.said[intent_id] = words
        state.selling.unnoted.append((intent_id, words))
