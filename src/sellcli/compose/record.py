"""What is on record: the audit log and the journal, read side by side."""

from contextlib import closing
from datetime import datetime
from typing import TYPE_CHECKING

from sellcli.compose.files import decision_log
from sellcli.settings import Settings
from sellcore.errors import ConfigError

if TYPE_CHECKING:
    from adapters.sqlite.journal import SqliteJournal
    from sellcli.story import Story
    from sellcore.order import Mode
    from sellcore.record import DecisionRecord
    from sellcore.selling.ledger import Proceeds


def story(settings: Settings, ticker: str, at: datetime | None) -> "Story":
    """
    Return all that is on record of the last bar of a ticker that was decided.

    Where several modes or accounts have decided it, the latest to do so.

    Args:
        settings: Where the log, the journal and the bars lie.
        ticker: EXCHANGE:SYMBOL.
        at: Only bars that ended by then; None for all.

    Raises:
        ConfigError: nothing is on record of it.
        StorageError: the log or the journal cannot be read.
    """
    from sellcli.compose.replay import bars_of
    from sellcli.story import Story

    found = [
        record
        for record in decision_log(settings).read(ticker=ticker)
        if record.bar_end is not None and (at is None or record.bar_end <= at)
    ]
    if not found:
        raise ConfigError(
            f"no decision on {ticker} is recorded below {settings.log_dir}; "
            "sellcli signals shows what is"
        )
    bar = max(record.bar_end for record in found if record.bar_end is not None)
    latest = [record for record in found if record.bar_end == bar][-1]
    of_bar = [record for record in found if _same_run(record, latest)]
    decision = of_bar[0]
    journal = _journal_of(settings, decision)
    bars = bars_of(settings, decision)
    if journal is None or decision.intent_id is None:
        return Story(decision, bars, tuple(of_bar[1:]), None, ())
    with closing(journal):
        wanted = decision.intent_id
        records = [r for r in journal.intents(ticker=ticker) if r.intent_id == wanted]
        return Story(
            decision,
            bars,
            tuple(of_bar[1:]),
            records[0] if records else None,
            tuple(journal.entries(wanted)),
        )


def _same_run(record: "DecisionRecord", other: "DecisionRecord") -> bool:
    """Say whether two lines are about one bar, in the same mode and account."""
    return (record.bar, record.mode, record.account) == (other.bar, other.mode, other.account)


def _journal_of(settings: Settings, decision: "DecisionRecord") -> "SqliteJournal | None":
    return journal(settings, decision.mode, decision.account)


def sales(settings: Settings, since: datetime | None) -> "list[tuple[str, Proceeds]]":
    """
    Return what the sales of each position have brought, with its ticker, by ticker.

    Raises:
        ConfigError: the settings name no account to sell from.
        StorageError: the journal cannot be read.
    """
    from sellcore.selling.ledger import proceeds

    mode, account = selling_account(settings)
    kept = journal(settings, mode, account)
    if kept is None:
        return []
    with closing(kept):
        names = {r.con_id: r.intent.instrument.ticker for r in kept.intents()}
        executions, commissions = kept.trades(since)
        found = proceeds(executions, commissions, {})
    pairs = [(names.get(each.con_id, str(each.con_id)), each) for each in found]
    return sorted(pairs, key=lambda pair: pair[0])


def selling_account(settings: Settings) -> "tuple[Mode, str]":
    """Return mode and account of the settings; ConfigError where they name none."""
    from sellcore.order import Mode

    if settings.live_kind is None or not settings.live_account:
        raise ConfigError("no account sells; set account and kind in [live] of the settings")
    return Mode(settings.live_kind.value), settings.live_account


def journal(settings: Settings, mode: "Mode", account: str) -> "SqliteJournal | None":
    """Return the journal of an account, or None where there is none."""
    from adapters.instance_lock import state_folder
    from adapters.sqlite.journal import SqliteJournal
    from sellcli.compose.selling import JOURNAL

    path = state_folder(settings.state_dir, mode, account) / JOURNAL
    return SqliteJournal(path, mode, account) if path.exists() else None
