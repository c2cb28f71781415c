"""Listening to what the broker says of its own accord about orders of ours."""

from sellcore.ports.order_entry import Reply, Word
from sellcore.usecases.selling_state import Selling
from sellcore.usecases.watch_state import WatchState


def hear(selling: Selling, state: WatchState, seconds: float) -> frozenset[int]:
    """
    Keep refusals, whichever word came before them, remarks, and that there was a trade.

    Args:
        selling: The way to send.
        state: Keeps the words.
        seconds: Wall-clock seconds to wait for the first word at most.

    Returns:
        The numbers of the orders that something was said about.
    """
    replies = selling.entry.replies(seconds)
    told = [reply for reply in replies if _matters(reply)]
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


def _matters(reply: Reply) -> bool:
    """Say whether it is more than where an order stands: the lists tell that better."""
    return reply.code != 0 or reply.word is Word.REFUSAL or _is_trade(reply)


def _is_trade(reply: Reply) -> bool:
    return reply.word is Word.EXECUTION or (reply.word, reply.text) == (Word.STATUS, "Filled")


def _keep(state: WatchState, intent_id: str, reply: Reply) -> None:
    """Keep that it has traded, and words of the broker, once where it repeats itself."""
    if _is_trade(reply):
        state.selling.traded_by_word.add(intent_id)
        return
    if reply.word is Word.REFUSAL:
        state.selling.refusals[intent_id] = reply.text
    words = f"{reply.code}: {reply.text}" if reply.code else reply.text
    if state.selling.said.get(intent_id) != words:
        state.selling.said[intent_id] = words
        state.selling.unnoted.append((intent_id, words))
