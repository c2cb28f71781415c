"""
Intents that the audit log does not explain yet.

An intent goes on record before its decision is logged. Where the process ends
in between, or the log cannot be written, what the journal says is the decision:
it is logged from there, not made again on bars that may have been revised
meanwhile, and nothing of it is sent before.
"""

from datetime import timedelta

from sellcore.evaluation import Evidence
from sellcore.outcome import Outcome
from sellcore.plan import LOGGED_LATE, PROVISIONAL, Decision
from sellcore.quoting import quoted, rounded
from sellcore.selling.intent_record import IntentRecord
from sellcore.selling.lifecycle import State
from sellcore.usecases.watch_state import Ports, WatchState

REMEMBERED = timedelta(days=7)
"""How far back the audit log is asked which bars have been decided."""


def is_unlogged(state: WatchState, record: IntentRecord) -> bool:
    """Say whether an intent still waits for its decision to be logged."""
    intent = record.intent
    bar = (intent.rule.timeframe, intent.bar_end)
    return (
        record.state is State.PREPARED
        and bar not in state.decisions.decided.get(intent.instrument, frozenset())
        and record.decided_at >= state.began - REMEMBERED
    )


def unlogged(ports: Ports, state: WatchState) -> list[IntentRecord]:
    """
    Return the intents whose decisions are to be logged.

    Raises:
        StorageError: the journal cannot be read.
    """
    if ports.selling is None:
        return []
    opened = ports.selling.journal.open_intents()
    return [record for record in opened if is_unlogged(state, record)]


def decision_of(record: IntentRecord) -> Decision:
    """Return the decision that an intent came from, as the journal tells it."""
    intent = record.intent
    evidence = Evidence(intent.bar_end, record.close, record.average, record.bars_used)
    reason = (
        f"close {quoted(record.close)} is below {intent.rule.average} {rounded(record.average)}; "
        f"{LOGGED_LATE}"
    )
    if record.decided_at < intent.bar_end:
        reason += f"; {PROVISIONAL}"
    return Decision(
        intent.instrument,
        intent.rule,
        intent.bar_end,
        Outcome.SIGNAL,
        reason,
        evidence,
        intent,
    )
