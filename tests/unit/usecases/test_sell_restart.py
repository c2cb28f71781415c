"""The process dies, anywhere: what it did is found, and nothing is done twice."""

from datetime import timedelta
from decimal import Decimal

import pytest
from attrs import evolve
from tests.builders import AAPL, ACCOUNT, MSFT, an_order, rule
from tests.desk import FRIDAY, HOUR, MINUTE, MONDAY, SECOND, BrittleLog
from tests.journal_builders import a_record, an_execution, moved, sent
from tests.selling_builders import ended
from tests.selling_desk import DECIDED, ELEVEN, OURS, Killed, SellingDesk

from adapters.fake_order_desk import Fate
from sellcore.instrument import Instrument
from sellcore.outcome import Outcome
from sellcore.plan import LOGGED_LATE
from sellcore.selling.intent_record import IntentRecord
from sellcore.selling.lifecycle import Happening, State
from sellcore.usecases.reconcile import reconcile
from sellcore.usecases.take_testimony import take_testimony
from sellcore.usecases.watch_state import WatchState


def a_desk(fate: Fate = Fate.FILLS, *, stop: bool = False) -> SellingDesk:
    desk = SellingDesk()
    desk.entry.fate = fate
    if stop:
        desk.rest()
    return desk


def deaths(desk: SellingDesk) -> list[int]:
    """Return at which calls of an undisturbed watch it may die, from the intent on."""
    desk.run(1)
    calls = desk.stage.calls
    first = calls.index("journal.prepare")
    # Behind a call is before the next one: nothing outside is touched between the two.
    return [n for n, call in enumerate(calls, 1) if n > first and not call.endswith(", done")]


CASES = [
    pytest.param(fate, stop, number, id=f"{fate.name} {'with stop ' * stop}{number}")
    for fate in (Fate.FILLS, Fate.WORKS, Fate.LOST, Fate.REJECTED)
    for stop in (False, True)
    for number in deaths(a_desk(fate, stop=stop))
    if fate in (Fate.FILLS, Fate.LOST) or not stop
]


@pytest.mark.parametrize(("fate", "stop", "number"), CASES)
def test_death_at_any_call_sells_once_at_most(fate: Fate, stop: bool, number: int) -> None:
    """One intent, one order, and every share accounted for."""
    desk = a_desk(fate, stop=stop)
    desk.stage.dies_at = number

    lives = desk.run_through_kills()

    assert lives == 2
    assert len(desk.records) <= 1
    assert len(desk.sent) <= 1
    assert desk.held() == (0 if fate is Fate.FILLS and desk.sent else 100)
    if not desk.sent:
        assert desk.ends in ([], ["not sent"], ["denied"], ["prepared"])
    elif fate is Fate.FILLS:
        assert (desk.ends, desk.record.filled) == (["filled"], 100)
    elif fate is Fate.WORKS:
        assert (desk.ends, len(desk.broker.working())) == (["working"], 1)
    else:
        assert desk.ends in (["rejected"], ["not sent"])


def test_death_between_journal_and_log_decides_the_same_intent_again() -> None:
    """It is sold once; the decision is on record afterwards."""
    desk = a_desk()
    desk.stage.behind("journal.prepare", desk.die)

    assert desk.run_through_kills() == 2

    assert (len(desk.records), len(desk.sent), desk.ends) == (1, 1, ["filled"])
    decided = [r for r in desk.log.read() if r.bar_end == ELEVEN and not r.action_executed]
    assert [record.intent_id for record in decided] == [desk.record.intent_id]


def test_log_that_is_full_does_not_sell_twice() -> None:
    """The journal has the intent; the decision is made again until it can be recorded."""
    desk = a_desk(Fate.WORKS)
    desk.clock.at(ELEVEN, lambda: setattr(desk.log, "full", True))
    desk.clock.at(ELEVEN + 5 * MINUTE, lambda: setattr(desk.log, "full", False))

    desk.run()

    assert (len(desk.records), len(desk.sent)) == (1, 1)
    decided = [r for r in desk.log.read() if r.bar_end == ELEVEN]
    assert [record.intent_id for record in decided] == [desk.record.intent_id]


def logged(desk: SellingDesk) -> list[tuple[Outcome, str | None]]:
    """Return what the audit log says of the hour until eleven."""
    ends = tuple(f"{state}: " for state in State)
    lines = [row for row in desk.log.read() if row.bar_end == ELEVEN]
    return [(row.decision, row.intent_id) for row in lines if not row.reason.startswith(ends)]


def test_nothing_is_sold_before_its_decision_is_in_the_audit_log() -> None:
    """An order without a line that explains it is none that anybody can answer for."""
    desk = a_desk(Fate.WORKS)
    desk.clock.at(ELEVEN, lambda: setattr(desk.log, "full", True))
    desk.clock.at(ELEVEN + 5 * MINUTE, lambda: setattr(desk.log, "full", False))

    desk.run(4)
    assert (desk.sent, desk.ends) == ([], ["prepared"])
    desk.run()

    assert desk.record.sent_at == ELEVEN + 5 * MINUTE
    assert logged(desk) == [(Outcome.SIGNAL, desk.record.intent_id)]


def test_intent_of_a_process_that_died_is_explained_however_late() -> None:
    """It is a signal by the log as well as by the journal, not a bar that was missed."""
    desk = a_desk()
    desk.stage.behind("journal.prepare", desk.die)
    with pytest.raises(Killed):
        desk.run()
    desk.broker.drop("the process died")
    desk.true.moment = ELEVEN + 20 * MINUTE

    desk.run(30)

    assert (desk.sent, desk.ends) == ([], ["denied"])
    assert logged(desk) == [(Outcome.SIGNAL, desk.record.intent_id)]
    assert len(desk.telling("signal")) == 1


def test_all_intents_of_a_process_that_died_are_explained_once_each() -> None:
    """Two holdings fell in the same hour, and neither decision reached the log."""
    desk = SellingDesk(rules={"NASDAQ:MSFT": rule(), "NASDAQ:AAPL": rule()})
    desk.hold(AAPL)
    desk.falls(AAPL)
    desk.stage.behind("journal.prepare", desk.die)

    assert desk.run_through_kills() == 2

    assert (len(desk.sent), desk.ends) == (2, ["filled", "filled"])
    assert sorted(logged(desk), key=str) == sorted(
        [(Outcome.SIGNAL, record.intent_id) for record in desk.records], key=str
    )


def test_bars_behind_an_intent_that_nobody_logged_are_missed_not_forgotten() -> None:
    """The journal knows where the watch was left as well as the log does."""
    desk = a_desk()
    desk.stage.behind("journal.prepare", desk.die)
    with pytest.raises(Killed):
        desk.run()
    desk.broker.drop("the process died")
    desk.true.moment = MONDAY.open + 5 * MINUTE

    desk.watch(MONDAY.open + 8 * MINUTE)

    missed = [row.bar_end for row in desk.log.read() if row.decision is Outcome.MISSED]
    assert [end for end in missed if end and end > ELEVEN] == [
        ELEVEN + hours * 60 * MINUTE for hours in (1, 2, 3, 4)
    ]


def test_bars_that_were_missed_beside_an_unlogged_intent_are_missed_in_the_end() -> None:
    """A night behind the last bar on record, the first look dies before it can log."""
    desk = SellingDesk(FRIDAY.open + 25 * MINUTE)
    desk.drops_at_the_close()
    desk.watch(ELEVEN + 5 * MINUTE)
    desk.stage.behind("journal.prepare", desk.die)
    desk.broker.drop("the process died")
    desk.true.moment = MONDAY.open - 5 * MINUTE
    with pytest.raises(Killed):
        desk.watch(MONDAY.open + 8 * MINUTE)
    desk.broker.drop("the process died")

    desk.watch(MONDAY.open + 8 * MINUTE)

    missed = [row.bar_end for row in desk.log.read() if row.decision is Outcome.MISSED]
    assert missed == [ELEVEN + hours * 60 * MINUTE for hours in (1, 2, 3, 4)]
    assert (len(desk.sent), desk.ends) == (1, ["filled"])


@pytest.mark.parametrize(("days", "lines"), [(6.9, 1), (7.1, 0)])
def test_intent_from_before_the_log_is_read_is_not_explained_anew(days: float, lines: int) -> None:
    """The log is asked for a week; what is older may be in it, and nothing of it can be sent."""
    desk = a_desk()
    moment = desk.true.moment - timedelta(days=days)
    times = dict.fromkeys(("decided_at", "not_before", "deadline"), moment)
    record = a_record(instrument=MSFT, held=Decimal(100), **times)
    desk.journal.prepare([record])

    desk.run(-0.5)

    late = [row for row in desk.log.read() if LOGGED_LATE in row.reason]
    assert [row.intent_id for row in late] == [record.intent_id] * lines
    assert (desk.sent, desk.ends) == ([], ["denied"])


def test_bar_that_is_revised_behind_a_death_does_not_undo_the_decision() -> None:
    """What is on record is not decided again, so log and journal cannot contradict each other."""
    desk = a_desk()
    desk.stage.behind("journal.prepare", desk.die)
    with pytest.raises(Killed):
        desk.run()
    desk.broker.drop("the process died")
    desk.falls(MSFT, until=ELEVEN - 60 * MINUTE)  # the bar reads otherwise now: it never fell

    desk.run()

    assert (desk.sent, desk.ends) == ([], ["lapsed"])  # and what it never fell for is not sold
    assert logged(desk) == [(Outcome.SIGNAL, desk.record.intent_id)]


def test_intent_on_a_position_that_is_gone_is_explained_as_well() -> None:
    """The log tells why something was to be sold that nobody holds any more."""
    desk = a_desk()
    desk.stage.behind("journal.prepare", desk.die)
    with pytest.raises(Killed):
        desk.run()
    desk.broker.drop("the process died")
    desk.hold_quietly("0")

    desk.run()

    assert desk.sent == []
    assert logged(desk) == [(Outcome.SIGNAL, desk.record.intent_id)]


def test_audit_log_that_is_full_behind_the_send_is_told() -> None:
    """What became of the order is in the journal."""
    desk = a_desk()
    desk.stage.behind("entry.place", lambda: setattr(desk.log, "full", True))

    desk.run()

    assert desk.ends == ["filled"]
    assert any("what became of an order is in the journal" in alert for alert in desk.alerts)


def on_record(desk: SellingDesk) -> IntentRecord:
    """Put an intent on MSFT on record that an earlier life has sent."""
    moment = desk.true.moment - 30 * MINUTE
    times = dict.fromkeys(("decided_at", "not_before", "deadline"), moment)
    record = a_record(instrument=MSFT, held=Decimal(100), **times)
    move = sent(record, moment, client_id=OURS, order_id=41, position_before=record.held)
    desk.journal.prepare([record])
    desk.journal.record([move])
    return move.record


def test_order_of_the_life_before_is_adopted_at_start() -> None:
    """Before the first look at any bar."""
    desk = a_desk()
    record = on_record(desk)
    desk.broker.work(an_order(order_ref=record.intent.order_ref, client_id=OURS))

    desk.run(-0.5)

    assert desk.ends == ["working"]
    assert desk.stage.calls.index("journal.record") < desk.stage.calls.index("journal.epochs")


def test_position_with_an_order_of_the_life_before_is_not_sold_again() -> None:
    """The new signal is not acted on, and a person is told."""
    desk = a_desk()
    record = on_record(desk)
    desk.broker.work(an_order(order_ref=record.intent.order_ref, client_id=OURS))

    desk.run()

    assert desk.sent == []
    assert desk.telling("denied") == [
        "NASDAQ:MSFT: an earlier sale of it has not ended; this signal is not acted on"
    ]


def test_order_that_the_life_before_never_wrote_is_proven_absent_at_start() -> None:
    """Half an hour has passed; the bar that comes then is sold anew, with a higher number."""
    desk = a_desk()
    on_record(desk)

    desk.run()

    assert sorted(desk.ends) == ["filled", "not sent"]
    assert [order.order_id for order in desk.entry.sent] == [42]


def test_absence_counts_from_when_the_line_was_opened() -> None:
    """The lists of a gateway that has just come up may lack what its servers hold."""
    desk = a_desk()
    on_record(desk)

    desk.run(-0.9)
    assert desk.ends == ["sending"]
    desk.broker.drop("once more")
    desk.run(-0.4)
    assert desk.ends == ["sending"]
    desk.run()

    assert sorted(desk.ends) == ["filled", "not sent"]


def test_absence_counts_from_the_next_line_in_the_same_life() -> None:
    """An order left as the line went; what comes up minutes later may not list it at once."""
    desk = a_desk(Fate.LOST)

    def lose_the_line() -> None:
        desk.broker.drop("the line was lost")
        desk.broker.refuse_logins("not yet")

    desk.stage.behind("entry.place", lose_the_line)
    desk.clock.at(DECIDED + MINUTE, lambda: desk.broker.refuse_logins(None))

    desk.run(2.9)

    assert desk.state is not None
    assert desk.state.selling.reconciled_generation == desk.broker.generation()
    assert desk.ends == ["sending"]


def test_absence_counts_from_the_lines_opening_however_long_the_lists_take() -> None:
    """They are as old as the question: what was missing then is not missing for seconds."""
    desk = a_desk()
    on_record(desk)

    def slowly() -> None:
        desk.true.moment += 3 * SECOND

    desk.stage.behind("witness.completed_orders", slowly)

    desk.run(-0.8)

    assert desk.ends == ["sending"]


@pytest.mark.parametrize("instrument", [AAPL, MSFT])
def test_comparison_tells_what_it_found(instrument: Instrument) -> None:
    """For whoever asks for it: what was read, what it proves, and orders nobody meant."""
    desk = a_desk()
    desk.hold_quietly("200")
    record = on_record(desk)
    ours = an_order(order_ref=record.intent.order_ref, client_id=OURS)
    stray = evolve(an_order(instrument, order_ref="sellcli:nobody", client_id=OURS), perm_id=77)
    desk.broker.work(ours)
    desk.broker.work(stray)
    state = desk.run(-0.9).state
    assert state is not None
    ports = desk.ports()
    assert ports.selling is not None

    found = reconcile(ports, ports.selling, state)

    assert [order.perm_id for order in found.strays] == [77]
    assert [known.intent_id for known, _ in found.findings] == [record.intent_id]
    assert {order.perm_id for order in found.told.orders} == {ours.perm_id, 77}


def test_numbers_lie_above_every_number_on_record() -> None:
    """Though the broker counts from one again."""
    desk = a_desk()
    record = on_record(desk)
    step = moved(record, Happening.PROVEN_ABSENT, desk.true.moment)
    desk.journal.record([step])
    desk.entry.roll_back_ids()

    desk.run()

    assert [order.order_id for order in desk.entry.sent] == [42]


def test_intent_that_was_prepared_is_sold_by_the_next_life() -> None:
    """While its time lasts."""
    desk = a_desk()
    desk.stage.before("entry.order_ids", desk.die)

    assert desk.run_through_kills() == 2

    assert (len(desk.sent), desk.ends) == (1, ["filled"])
    assert desk.record.sent_at is not None
    assert desk.record.sent_at <= DECIDED + 10 * SECOND


def test_intent_whose_time_ran_out_while_the_process_was_dead_is_denied() -> None:
    """It is not sent late."""
    desk = a_desk()

    def die_long() -> None:
        desk.true.moment += 15 * MINUTE
        desk.die()

    desk.stage.before("entry.order_ids", die_long)

    assert desk.run_through_kills(40) == 2

    assert (desk.sent, desk.ends) == ([], ["denied"])


def test_holding_is_taken_up_again_at_the_bar_that_is_on_record() -> None:
    """Though no log tells of it: every bar behind that one is accounted for."""
    desk = a_desk()
    desk.stage.behind("journal.prepare", desk.die)
    with pytest.raises(Killed):
        desk.run()
    desk.log = BrittleLog()
    desk.broker.drop("the process died")
    desk.true.moment = MONDAY.open + 15 * MINUTE

    desk.watch(MONDAY.open + 16 * MINUTE)

    assert list(dict.fromkeys(desk.outcomes())) == [
        ("11:00", "signal"),
        *((hour, "missed") for hour in ("12:00", "13:00", "14:00", "15:00", "16:00")),
    ]


def test_stop_that_was_asked_to_go_is_named_by_the_next_life() -> None:
    """Its name is on record."""
    desk = a_desk(stop=True)

    def die_long() -> None:
        desk.true.moment += 15 * MINUTE
        desk.die()

    desk.stage.before("entry.order_ids", die_long)

    assert desk.run_through_kills(40) == 2

    (text,) = desk.telling("protection gone")
    assert "SELL 100 STP @ 240.00 GTC" in text


@pytest.mark.parametrize("state", [State.SENDING, State.UNKNOWN])
def test_unsettled_order_shuts_its_position_over_restarts(state: State) -> None:
    """Nothing is sold on it until it is settled."""
    desk = a_desk(Fate.LOST)
    desk.stage.behind("entry.place", lambda: desk.hold_quietly("60"))
    desk.run(1 if state is State.SENDING else 5)
    desk.broker.drop("restarted")

    desk.run(70)

    assert (len(desk.sent), desk.ends) == (1, ["unknown"])


def test_unknown_that_nobody_was_told_of_is_told_by_the_next_life() -> None:
    """The life before died between the journal and the alarm."""
    desk = a_desk(Fate.LOST)
    desk.stage.behind("entry.place", lambda: desk.hold_quietly("60"))
    desk.run(5)
    desk.broker.drop("restarted")
    before = len(desk.telling("unknown"))

    desk.run(8)

    assert (before, len(desk.telling("unknown"))) == (1, 2)
    assert "look in TWS" in desk.telling("unknown")[-1]


def test_unknown_that_the_first_comparison_settles_is_no_alarm() -> None:
    """Nobody is sent to look in TWS for what the lists tell by now."""
    desk = a_desk()
    record = on_record(desk)
    desk.journal.record([moved(record, Happening.UNCLEAR, desk.true.moment)])
    ref = record.intent.order_ref
    trade = an_execution(con_id=MSFT.con_id, time=desk.true.moment - MINUTE)
    desk.entry.witness.traded(evolve(trade, order_ref=ref))

    desk.run(-0.5)

    assert desk.ends == ["filled"]
    assert desk.telling("unknown") == []


@pytest.mark.parametrize("account", [ACCOUNT, ""])
def test_end_of_an_order_of_the_life_before_is_found(account: str) -> None:
    """Where the broker does not name the account as well: its reference says whose it is."""
    desk = a_desk()
    record = on_record(desk)
    stopped = ended(record, con_id=MSFT.con_id, account=account)
    desk.entry.witness.ended(stopped)

    desk.run(-0.9)

    assert desk.ends == ["cancelled"]


@pytest.mark.parametrize("account", [ACCOUNT, ""])
def test_trade_of_the_life_before_is_found(account: str) -> None:
    """Likewise, and what it brought is on record."""
    desk = a_desk()
    ref = on_record(desk).intent.order_ref
    trade = an_execution(con_id=MSFT.con_id, time=desk.true.moment - MINUTE, price=91.5)
    desk.entry.witness.traded(evolve(trade, order_ref=ref, account=account))

    desk.run(-0.9)

    assert desk.ends == ["filled"]
    assert desk.record.average_price == 91.5


def test_correction_counts_though_it_was_told_before_what_it_corrects() -> None:
    """What a trade came to is its last revision, not what was heard last."""
    desk = a_desk()
    ref = on_record(desk).intent.order_ref
    trade = an_execution(con_id=MSFT.con_id, time=desk.true.moment - MINUTE)
    for exec_id, price in (("e1.02", 91.5), ("e1.01", 90.0)):
        desk.entry.witness.traded(evolve(trade, exec_id=exec_id, price=price, order_ref=ref))

    desk.run(-0.9)

    assert (desk.ends, desk.record.average_price) == (["filled"], 91.5)


def test_journal_is_compared_again_once_the_line_is_back() -> None:
    """The order filled while nobody could see it."""
    desk = a_desk(Fate.WORKS)
    fill = lambda: desk.entry.fill(desk.entry.order(1))  # noqa: E731
    desk.clock.at(ELEVEN + MINUTE + SECOND, lambda: (desk.broker.drop(), fill()))

    desk.run(3)

    assert desk.ends == ["filled"]


def test_journal_that_cannot_be_written_at_start_is_told_and_sells_nothing() -> None:
    """Nothing counts as compared until it could be."""
    desk = a_desk()
    on_record(desk)
    desk.journal.full = True
    desk.clock.at(ELEVEN + 4 * MINUTE, lambda: setattr(desk.journal, "full", False))

    desk.run(3)
    assert desk.sent == []
    assert desk.state is not None
    assert desk.state.selling.reconciled_generation is None
    assert any("nothing is sent until the journal can be written" in a for a in desk.alerts)
    desk.run()

    assert (desk.sent, desk.ends) == ([], ["not sent"])


def asked(desk: SellingDesk) -> list[str]:
    """Return the trades that a testimony has now."""
    ports = desk.ports()
    assert ports.selling is not None
    state = WatchState(account=ACCOUNT, began=desk.true.moment)
    desk.broker.connect()
    return sorted(e.exec_id for e in take_testimony(ports, ports.selling, state).executions)


def test_trades_are_remembered_since_the_oldest_sale_that_is_not_settled() -> None:
    """
    The broker tells all of today's, and no others; the journal has those of the days before.

    It writes whole seconds, by a clock that ours may be 10 seconds ahead of.
    """
    desk = a_desk()
    first = on_record(desk)
    times = dict.fromkeys(("decided_at", "not_before", "deadline"), desk.true.moment)
    desk.journal.prepare([a_record(instrument=AAPL, **times)])
    for name, seconds in (("before.01", -12), ("at_once.01", -11), ("later.01", 60)):
        at = first.decided_at + seconds * SECOND
        desk.journal.add_trades([an_execution(name, time=at)], [])
    for name, hours in (("today.01", 0), ("this_morning.01", 3)):
        desk.entry.witness.traded(an_execution(name, time=desk.true.moment - hours * HOUR))

    assert asked(desk) == ["at_once.01", "later.01", "this_morning.01", "today.01"]


def test_trades_of_today_are_told_where_nothing_is_open() -> None:
    """As the broker tells them."""
    desk = a_desk()
    desk.journal.add_trades([an_execution("before.01")], [])
    desk.entry.witness.traded(an_execution("today.01", time=desk.true.moment))

    assert asked(desk) == ["today.01"]
