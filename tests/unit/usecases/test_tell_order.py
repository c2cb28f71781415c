"""What is told of an order: on screen, in the audit log, and to a person elsewhere."""

from decimal import Decimal

import pytest
from attrs import evolve, frozen
from tests.builders import ACCOUNT, MSFT
from tests.desk import MINUTE
from tests.journal_builders import MODE, TEN, WAYS, S, a_record, moved, sent, steps
from tests.selling_desk import SellingDesk

from sellcore.errors import StorageError
from sellcore.event import Alert, OrderMoved
from sellcore.outcome import Outcome
from sellcore.ports.alerts import Cause
from sellcore.record import DecisionRecord
from sellcore.selling.intent_record import Move
from sellcore.selling.lifecycle import Happening, State
from sellcore.timeframe import Timeframe
from sellcore.usecases.tell import tell, tell_person
from sellcore.usecases.tell_order import last_word, tell_moves, tell_signal
from sellcore.usecases.watch_state import Ports, WatchState

AGAIN = "it is not sent again; the next bar decides anew"
TOLD = {
    S.SENDING: ("sent", "sending: as it went"),
    S.FILLED: ("filled", "filled: as it went"),
    S.DENIED: ("denied", "denied: as it went"),
    S.LAPSED: ("lapsed", "lapsed: as it went"),
    S.REJECTED: ("rejected", f"rejected: as it went; {AGAIN}"),
    S.CANCELLED: ("cancelled", f"cancelled: as it went; {AGAIN}"),
    S.NOT_SENT: ("not sent", f"not sent: as it went; {AGAIN}"),
    S.UNKNOWN: (
        "unknown",
        "unknown: as it went; nothing more is sold on it; look in TWS, then settle it: "
        "sellcli reconcile",
    ),
}
"""What a person is told of each state; of the others nothing."""

ON_THE_WAY = [S.CANCELLING, S.SENDING, S.WORKING]
ENDS = [state for state in State if state not in (S.PREPARED, *ON_THE_WAY)]
STOP = "SELL 100 STP @ 240.00 GTC"


@frozen
class Room:
    """A desk, and what a watch there knows."""

    desk: SellingDesk
    ports: Ports
    state: WatchState

    def tell(self, *moves: Move) -> None:
        tell_moves(self.ports, self.state, moves)

    @property
    def notices(self) -> list[tuple[str, str]]:
        """What a person was told elsewhere."""
        return [(str(notice.cause), notice.text) for notice in self.desk.told.sent]

    @property
    def lines(self) -> list[DecisionRecord]:
        """What the audit log says."""
        return list(self.desk.log.read())


@pytest.fixture
def room() -> Room:
    desk = SellingDesk()
    return Room(desk, desk.ports(), WatchState(account=ACCOUNT, began=TEN, run_id="run 7"))


def into(state: State, *asked_to_go: int, **known: object) -> Move:
    """Return the last step of a way into a state."""
    record = a_record(instrument=MSFT, held=Decimal(100), asked_to_go=asked_to_go)
    last = steps(record, *WAYS[state])[-1]
    if last.happening is Happening.SENDING:
        last = sent(last.before, TEN + MINUTE)
        return evolve(last, record=evolve(last.record, words="as it went"))
    return moved(last.before, last.happening, TEN + MINUTE, "as it went", **known)


@pytest.mark.parametrize("state", [*ON_THE_WAY, *ENDS])
def test_person_is_told_of_what_matters_with_the_way_out(room: Room, state: State) -> None:
    """By its cause, once; what is on the way only is shown on the screen."""
    move = into(state)

    room.tell(move)

    told = [(TOLD[state][0], f"NASDAQ:MSFT: SELL 100: {TOLD[state][1]}")] if state in TOLD else []
    assert room.notices == told
    assert room.desk.events == [OrderMoved(TEN + MINUTE, move.record)]


@pytest.mark.parametrize("state", [*ON_THE_WAY, *ENDS])
def test_audit_log_says_what_came_of_a_signal_that_ended(room: Room, state: State) -> None:
    """One that is unknown counts as ended: nothing may follow."""
    room.tell(into(state))

    assert [row.reason for row in room.lines] == [f"{state}: as it went"] * (state in ENDS)


@pytest.mark.parametrize("state", [S.CANCELLING, S.WORKING])
def test_step_that_stays_where_it_is_is_shown_and_told_to_nobody(room: Room, state: State) -> None:
    """More orders asked to go, more shares sold: nobody is called for it."""
    before = into(state, 1001)
    same = moved(before.record, before.happening, TEN + MINUTE, "again", filled=Decimal(5))

    room.tell(same)

    assert room.desk.events == [OrderMoved(TEN + MINUTE, same.record)]
    assert (room.notices, room.lines) == ([], [])


def test_step_behind_one_that_stays_is_told(room: Room) -> None:
    """Each is told by itself."""
    before = into(S.WORKING)
    same = moved(before.record, before.happening, TEN, "again")

    room.tell(same, into(S.FILLED), into(S.DENIED))

    assert [cause for cause, _ in room.notices] == ["filled", "denied"]
    assert len(room.lines) == 2


def test_line_of_the_audit_log_has_the_bar_the_average_and_the_order(room: Room) -> None:
    """Every field, so that it stands by itself."""
    record = evolve(into(S.WORKING).record, close=75.0, average=100.0)
    known = {"filled": Decimal("100.0"), "average_price": 98.76543, "perm_id": 5001}

    room.tell(moved(record, Happening.SEEN_FILLED, TEN + MINUTE, "as it went", **known))

    assert room.lines == [
        DecisionRecord(
            timestamp=TEN + MINUTE,
            run_id="run 7",
            mode=MODE,
            account=ACCOUNT,
            ticker="NASDAQ:MSFT",
            con_id=MSFT.con_id,
            timeframe=Timeframe.HOUR,
            bar_end=TEN,
            close=75.0,
            ma_type="SMA(50)",
            ma_value=100.0,
            bars_used=50,
            distance_pct=-25.0,
            decision=Outcome.SIGNAL,
            reason="filled: as it went",
            action_prepared="SELL 100 MKT DAY, leaving 0.7",
            action_executed="SELL 100, 100 sold @ 98.7654",
            intent_id=record.intent_id,
            order_id=11,
            perm_id=5001,
            errors=(),
        )
    ]


def test_line_of_what_was_never_sent_names_no_order(room: Room) -> None:
    """It says what went wrong instead."""
    room.tell(into(S.DENIED))

    (line,) = room.lines
    assert (line.action_executed, line.order_id, line.perm_id) == (None, None, None)
    assert line.errors == ("NASDAQ:MSFT: SELL 100: denied: as it went",)


def test_line_of_what_sold_nothing_names_no_price(room: Room) -> None:
    """There was none."""
    room.tell(into(S.NOT_SENT))

    (line,) = room.lines
    assert line.action_executed == "SELL 100, 0 sold"


def test_program_is_told_in_values(room: Room) -> None:
    """What was sent rather than what was meant, once it was sent."""
    record = evolve(into(S.SENDING).record, quantity=60)
    move = moved(record, Happening.SEEN_FILLED, TEN, filled=Decimal(60), average_price=98.5)

    room.tell(evolve(move, record=evolve(move.record, perm_id=5001)))

    (notice,) = room.desk.told.sent
    assert (notice.account, notice.at) == (ACCOUNT, room.desk.clock.now())
    assert notice.text.startswith("NASDAQ:MSFT: SELL 60: filled")
    assert notice.facts == {
        "mode": "paper",
        "ticker": "NASDAQ:MSFT",
        "con_id": MSFT.con_id,
        "intent_id": record.intent_id,
        "state": "filled",
        "quantity": 60,
        "filled": 60.0,
        "average_price": 98.5,
        "perm_id": 5001,
    }


def test_part_that_was_sold_is_told_as_a_part(room: Room) -> None:
    """Forty-five of sixty, and the rest is not sold any more."""
    record = evolve(into(S.SENDING).record, quantity=60)
    move = moved(record, Happening.SEEN_CANCELLED, TEN, filled=Decimal(45), average_price=98.5)

    room.tell(move)

    (notice,) = room.desk.told.sent
    assert (notice.facts["quantity"], notice.facts["filled"]) == (60, 45.0)


def test_signal_is_told_with_what_is_meant(room: Room) -> None:
    """Before anything of it is sent."""
    tell_signal(room.ports, room.state, into(S.DENIED).before)

    (notice,) = room.desk.told.sent
    assert str(notice.cause) == "signal"
    assert notice.text == ("NASDAQ:MSFT: SELL 100: prepared: close 99.50 is below SMA(50) 100.2500")
    assert (notice.facts["quantity"], notice.facts["filled"]) == (100, 0.0)


def asked(room: Room, *stops: str) -> Move:
    """Put on record that these orders were asked to go, each by a step of its own."""
    record = a_record(instrument=MSFT, held=Decimal(100))
    room.desk.journal.prepare([record])
    for number, stop in enumerate(stops, 1001):
        gone = (*record.asked_to_go, number)
        words = f"asked to go first: {stop}"
        move = moved(record, Happening.CANCELS_ASKED, TEN, words, asked_to_go=gone)
        room.desk.journal.record([move])
        record = move.record
    return move


def gone(room: Room) -> list[str]:
    return [text for cause, text in room.notices if cause == "protection gone"]


def test_orders_that_were_asked_to_go_for_nothing_are_named(room: Room) -> None:
    """All of them, in turn, as they were."""
    record = asked(room, STOP, "SELL 50 STP @ 80.00 GTC").record

    room.tell(moved(record, Happening.DENIED, TEN, "no"))

    (text,) = gone(room)
    assert text == (
        f"NASDAQ:MSFT: not sold, and these orders on it are or may be gone: {STOP}, "
        "SELL 50 STP @ 80.00 GTC; place them again if you want their protection"
    )
    assert text in room.desk.alerts


@pytest.mark.parametrize(
    ("happening", "filled", "sold"),
    [
        (Happening.SEEN_CANCELLED, "0", "not sold"),
        (Happening.SEEN_CANCELLED, "40.0", "40 sold"),
        (Happening.UNCLEAR, "0", "perhaps not sold"),
        (Happening.UNCLEAR, "40", "perhaps not sold"),
    ],
)
def test_what_was_sold_is_told_beside(
    room: Room, happening: Happening, filled: str, sold: str
) -> None:
    """As far as it is known."""
    record = sent(asked(room, STOP).record).record

    room.tell(moved(record, happening, TEN, "so", filled=Decimal(filled)))

    (text,) = gone(room)
    assert text.startswith(f"NASDAQ:MSFT: {sold}, and these orders")


def test_orders_that_went_for_a_sale_that_came_about_are_nobodys_loss(room: Room) -> None:
    """Neither where it filled nor where a person has settled it."""
    room.tell(into(S.FILLED, 1001), into(S.SETTLED, 1001))

    assert gone(room) == []


def test_sale_for_which_nothing_was_asked_to_go_leaves_nothing_unprotected(room: Room) -> None:
    """There was no protection."""
    room.tell(into(S.DENIED))

    assert gone(room) == []


def test_orders_are_told_by_number_where_the_journal_cannot_be_read(room: Room) -> None:
    """Better than nothing."""
    record = asked(room, STOP).record

    def fail() -> None:
        raise StorageError("cannot read the journal")

    room.desk.stage.before("journal.entries", fail)

    room.tell(moved(record, Happening.DENIED, TEN, "no"))

    (text,) = gone(room)
    assert "may be gone: (1001,); place them again" in text


def test_audit_log_that_is_full_is_told(room: Room) -> None:
    """Where to look instead; nothing is raised."""
    room.desk.log.full = True

    room.tell(into(S.FILLED))

    assert room.desk.alerts == [
        "logs/signals.log: no space left on device; what became of an order is in the journal"
    ]
    assert room.state.told["log"] == room.desk.alerts[0]
    assert [cause for cause, _ in room.notices] == ["filled"]


def test_audit_log_that_is_full_is_no_matter_where_nothing_has_ended(room: Room) -> None:
    """Nothing is to be written."""
    room.desk.log.full = True

    room.tell(into(S.SENDING), into(S.WORKING))

    assert room.desk.alerts == []


def test_unknown_that_was_told_is_not_told_again_by_the_next_comparison(room: Room) -> None:
    """It is kept under the name that a comparison asks for."""
    move = into(S.UNKNOWN)

    room.tell(move)

    ((_, text),) = room.notices
    tell_person(room.ports, room.state, Cause.UNKNOWN, f"unknown {move.record.intent_id}", text)
    assert len(room.notices) == 1


def test_person_is_told_once_until_it_is_something_else(room: Room) -> None:
    """On screen as well as elsewhere."""
    for text in ("one", "one", "two", "one"):
        tell_person(room.ports, room.state, Cause.HALTED, "halt", text)
    tell_person(room.ports, room.state, Cause.HALTED, "another thing", "one")

    assert room.notices == [("halted", text) for text in ("one", "two", "one", "one")]
    assert room.desk.events == [
        Alert(room.desk.clock.now(), text) for text in ("one", "two", "one", "one")
    ]
    assert [notice.facts for notice in room.desk.told.sent] == [{}] * 4


def test_line_is_shown_once_until_it_is_another(room: Room) -> None:
    """The reason why something waits may change while it waits."""
    for text in ("one", "one", "two", "one"):
        tell(room.ports, room.state, "the broker", text)
    tell(room.ports, room.state, "another thing", "one")

    assert room.desk.alerts == ["one", "two", "one", "one"]
    assert room.notices == []


def test_where_nobody_is_to_be_told_elsewhere_the_screen_is(room: Room) -> None:
    """Alerts are a choice; so is selling."""
    ports = evolve(room.ports, alerts=None, selling=None)

    tell_moves(ports, room.state, [into(S.DENIED, 1001)])
    tell_person(ports, room.state, Cause.HALTED, "halt", "selling is halted")

    assert room.notices == []
    assert room.desk.alerts == ["selling is halted"]
    assert len(room.lines) == 1


def test_last_word_on_what_waits_says_when_it_is_sent() -> None:
    """Whoever ends a watch in the evening must not take it for sold, nor for forgotten."""
    record = a_record(not_before=TEN, deadline=TEN + 10 * MINUTE, words="")

    assert last_word(record) == (
        f"{record.intent.instrument.ticker}: SELL 100: prepared; a watch that sells from "
        "2022-05-20T14:00:00Z to 2022-05-20T14:10:00Z sends it, else nobody"
    )


def test_last_word_where_others_were_asked_to_go_says_that_they_may_be_gone() -> None:
    """The position is neither sold nor protected."""
    record = a_record(state=S.CANCELLING, deadline=TEN + 10 * MINUTE, words=f"asked: {STOP}")

    assert last_word(record) == (
        f"{record.intent.instrument.ticker}: SELL 100: cancelling: asked: {STOP}; they may be gone,"
        " and it is not sold: a watch that sells goes on with it until 2022-05-20T14:10:00Z, else "
        "place them again if you want their protection"
    )


def test_last_word_on_what_was_being_sent_says_who_finds_out() -> None:
    """It may be at the broker, and this run does not look any more."""
    record = evolve(into(S.SENDING).record, words="SELL 100 MKT DAY")

    assert last_word(record) == (
        f"{record.intent.instrument.ticker}: SELL 100: sending: SELL 100 MKT DAY; what became of "
        "it is not known yet: sellcli reconcile asks the broker"
    )


def test_last_word_on_what_works_is_where_it_stands() -> None:
    """There is nothing to be done about it."""
    record = evolve(into(S.WORKING).record, words="the broker lists it as Submitted")

    assert last_word(record) == (
        f"{record.intent.instrument.ticker}: SELL 100: working: the broker lists it as Submitted"
    )
