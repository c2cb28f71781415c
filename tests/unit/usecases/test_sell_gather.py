"""What the safety checks look at is what is so, each of it by itself."""

from datetime import timedelta
from decimal import Decimal
from math import inf, nan

import pytest
from attrs import evolve
from tests.builders import MSFT, an_order
from tests.desk import FRIDAY, MINUTE, SECOND
from tests.journal_builders import a_record, sent
from tests.selling_desk import DECIDED, ELEVEN, OURS, SellingDesk

from sellcore.bar import BarSeries
from sellcore.order import OpenOrder, Side
from sellcore.ports.journal import Sent
from sellcore.ports.order_entry import Reply, Word
from sellcore.ports.quotes import MarketQuote
from sellcore.selling import testimony
from sellcore.selling.facts import Facts
from sellcore.selling.intent_record import IntentRecord
from sellcore.series import StoredSeries
from sellcore.snapshot import Holding
from sellcore.timeframe import Granularity
from sellcore.trading_days import TradingDays
from sellcore.usecases.decide import holdings
from sellcore.usecases.gather import Look, facts, look, look_again
from sellcore.usecases.hear import hear
from sellcore.usecases.selling_state import Selling
from sellcore.usecases.watch_state import Ports, WatchState

NOBODY = Sent()


def told_of(*orders: OpenOrder) -> testimony.Testimony:
    return testimony.Testimony(ELEVEN, (), orders, (), ())


class Looking:
    """A desk at eleven, whose watch has read everything and decided nothing yet."""

    def __init__(self) -> None:
        self.desk = SellingDesk()
        state = self.desk.run(0).state
        assert state is not None
        self.state: WatchState = state
        self.ports: Ports = self.desk.ports()
        assert self.ports.selling is not None
        self.selling: Selling = self.ports.selling
        self.held = holdings(state)
        self.rule = "SMA,50,1H"

    def look(self) -> Look:
        terms = self.desk.terms(ELEVEN)
        return look(self.ports, self.selling, self.state, terms, [MSFT], self.held)

    def facts(self, told: testimony.Testimony | None = None, **changes: object) -> Facts:
        """Return the facts of an intent on MSFT."""
        seen = evolve(self.look(), **changes)
        record = a_record(instrument=MSFT, held=Decimal(100), rule=self.rule)
        read = told or told_of()
        return facts(self.selling, self.state, record, seen, read, NOBODY)

    def with_holding(self, **changes: object) -> Facts:
        (holding,) = self.held
        return self.facts(holdings={MSFT.con_id: evolve(holding, **changes)})


@pytest.fixture
def looking() -> Looking:
    return Looking()


def test_what_is_sent_in_one_look_adds_up_currency_by_currency() -> None:
    """An order in another currency makes none of the room that was used."""
    sent = Sent(3, {"USD": 100.0}).with_order("CAD", 7.0).with_order("USD", 20.5)

    assert (sent.orders, sent.value_in("USD"), sent.value_in("CAD")) == (5, 120.5, 7.0)
    assert sent.value_in("EUR") == 0.0


def test_line_is_in_the_way_by_itself(looking: Looking) -> None:
    """What the line says comes first, then what kept the watch from reading."""
    assert looking.look().line is None
    looking.state.obstacle = "positions did not answer"
    assert looking.look().line == "positions did not answer"
    assert look_again(looking.ports, looking.selling, looking.state, looking.look()).line == (
        "positions did not answer"
    )

    looking.desk.broker.drop("the gateway went")

    assert looking.look().line == looking.desk.broker.fault() != "positions did not answer"


def test_line_that_goes_between_two_looks_is_seen(looking: Looking) -> None:
    """The second look costs no question, and asks about everything that can change."""
    before = looking.look()
    looking.desk.broker.drop("the gateway went")
    looking.desk.switch.why = "stop"
    looking.desk.true.moment += 7 * SECOND

    again = look_again(looking.ports, looking.selling, looking.state, before)

    assert (before.line, before.halted, before.reconciled) == (None, None, True)
    assert again.line == looking.desk.broker.fault() is not None
    assert (again.halted, again.reconciled) == ("stop", False)
    assert again.now - before.now == 7 * SECOND


def test_comparison_counts_for_its_own_line_only(looking: Looking) -> None:
    """Journal and broker were compared since this line was opened, or they were not."""
    assert looking.look().reconciled
    looking.state.selling.reconciled_generation = None
    assert not looking.look().reconciled


def test_bars_were_read_when_those_that_the_rule_rests_on_were(looking: Looking) -> None:
    """Hours come of half hours, whatever was said of days; never, where nothing has answered."""
    early, late = ELEVEN - MINUTE, ELEVEN
    both = {Granularity.HALF_HOUR: early, Granularity.DAY: late}

    assert looking.with_holding(read_at=both).bars_read_at == early
    assert looking.with_holding(read_at={Granularity.DAY: late}).bars_read_at is None
    assert looking.with_holding(read_at={}).bars_read_at is None
    assert looking.facts(holdings={}).bars_read_at is None


def test_bars_of_a_day_were_read_when_anything_was(looking: Looking) -> None:
    """A day that has closed is not read again: that its bars are told still, half hours show."""
    looking.rule = "SMA,50,D"
    early, late = ELEVEN - 20 * MINUTE, ELEVEN
    both = {Granularity.HALF_HOUR: late, Granularity.DAY: early}

    assert looking.with_holding(read_at=both).bars_read_at == late
    assert looking.with_holding(read_at={Granularity.DAY: early}).bars_read_at == early
    assert looking.with_holding(read_at={}).bars_read_at is None


@pytest.mark.parametrize(("text", "bars"), [("SMA,50,1H", 50), ("EMA,50,1H", 50 + 116)])
def test_average_needs_bars_until_its_seed_weighs_little(
    looking: Looking, text: str, bars: int
) -> None:
    """An EMA needs more than it is long: after 116 more its seed weighs (49/51)^116, under 1 %."""
    looking.rule = text

    assert looking.facts().bars_needed == bars
    assert looking.facts().bars_used == 50  # as on record, whatever the rule wants


def test_doubt_about_a_holding_is_handed_on(looking: Looking) -> None:
    """None where nothing is known of it: other checks see to that."""
    assert looking.with_holding(obstacle="its bars contradict each other").doubt == (
        "its bars contradict each other"
    )
    assert looking.facts(holdings={}).doubt is None


def test_foreign_sales_count_against_what_is_held(looking: Looking) -> None:
    """What is left of them; a purchase of another program sells nothing."""
    sale = an_order(client_id=9)
    orders = (
        evolve(sale, perm_id=1, remaining=Decimal(30)),
        evolve(sale, perm_id=2, remaining=Decimal(20)),
        evolve(sale, perm_id=3, side=Side.BUY, remaining=Decimal(500)),
    )

    found = looking.facts(told_of(*orders))

    assert found.selling == 50
    assert len(found.foreign) == 3


@pytest.mark.parametrize(
    ("bid", "last", "price"),
    [
        (89.5, 91.0, 89.5),
        (0.01, 91.0, 0.01),
        (None, 91.0, 91.0),
        (0.0, 91.0, 91.0),
        (-1.0, 91.0, 91.0),
        (nan, 91.0, 91.0),
        (inf, 91.0, 91.0),
        (-1.0, nan, 90.5),
        (None, None, 90.5),
    ],
)
def test_price_is_the_first_that_is_one(
    looking: Looking, bid: float | None, last: float | None, price: float
) -> None:
    """The bid, the last trade, or what the forming bar shows: 90.50."""
    found = looking.facts(quotes={MSFT: MarketQuote(bid=bid, last=last)}, now=DECIDED)

    assert found.price == price


def test_without_a_session_there_is_no_price_of_it(looking: Looking) -> None:
    """Yesterday's bars are no price of today, nor are bars that nobody has."""
    nothing: dict[Granularity, StoredSeries] = {}
    stored = series_of(looking)
    empty = {Granularity.HALF_HOUR: StoredSeries(stored.bars[:0], stored.coverage)}
    old = {Granularity.HALF_HOUR: StoredSeries(stored.bars[:5], stored.coverage)}

    assert looking.facts(now=FRIDAY.close).price is None
    assert looking.facts(holdings={}).price is None
    for series in (nothing, empty, old):
        assert looking.with_holding(series=series).price is None


def test_price_of_the_session_is_the_newest_one(looking: Looking) -> None:
    """What the forming bar trades at now, not where it began."""
    stored = series_of(looking)
    bars = stored.bars
    climbing = BarSeries(
        bars.start, bars.end, bars.open, bars.close + 3, bars.low, bars.close + 2, bars.volume
    )
    series = {Granularity.HALF_HOUR: StoredSeries(climbing, stored.coverage)}

    assert looking.with_holding(series=series).price == bars.close[-1] + 2


def series_of(looking: Looking) -> StoredSeries:
    (holding,) = looking.held
    return holding.series[Granularity.HALF_HOUR]


def test_session_is_the_one_that_is_on(looking: Looking) -> None:
    """Not the last one before, nor one that nobody knows."""
    assert looking.facts(now=ELEVEN).session == FRIDAY
    assert looking.facts(now=FRIDAY.open).session == FRIDAY
    assert looking.facts(now=FRIDAY.open - SECOND).session is None
    assert looking.facts(now=FRIDAY.close).session is None
    long_ago = looking.state.contracts.sessions[MSFT][0].open - timedelta(days=1)
    assert looking.facts(now=long_ago).session is None
    looking.state.contracts.sessions.clear()
    assert looking.facts(now=ELEVEN).session is None


def on_record(looking: Looking, order_id: int, client_id: int, minutes: int) -> IntentRecord:
    """Put an intent on record that was sent with this number, on a position of its own."""
    instrument = evolve(MSFT, con_id=MSFT.con_id + minutes)
    moment = ELEVEN - minutes * MINUTE
    times = dict.fromkeys(("decided_at", "not_before", "deadline"), moment)
    record = a_record(instrument=instrument, held=Decimal(100), **times)
    move = sent(
        record, moment, client_id=client_id, order_id=order_id, position_before=Decimal(100)
    )
    looking.desk.journal.prepare([record])
    looking.desk.journal.record([move])
    return move.record


def test_refusal_is_kept_for_the_order_it_names(looking: Looking) -> None:
    """Numbers are counted by client: another one's order of that number is another order."""
    refused = on_record(looking, 41, OURS, 1)
    another = on_record(looking, 42, OURS, 2)
    foreign = on_record(looking, 41, OURS + 1, 3)
    on_record(looking, 41, OURS + 1, 0)
    looking.desk.entry.say(Reply(41, Word.REFUSAL, "201: too large"))
    looking.desk.entry.say(Reply(42, Word.STATUS, "Submitted"))

    spoken = hear(looking.selling, looking.state, 0.0)

    assert spoken == {41, 42}
    assert looking.state.selling.refusals == {refused.intent_id: "201: too large"}
    assert another.intent_id != foreign.intent_id


def test_words_and_trades_are_kept_for_the_order_they_name(looking: Looking) -> None:
    """By number and client; a status, and words without a code, are none that matter."""
    ours = on_record(looking, 41, OURS, 1)
    for minutes in (0, 2):
        on_record(looking, 41, OURS + 1, minutes)
    looking.desk.entry.say(Reply(41, Word.REMARK, "it waits", 399))
    looking.desk.entry.say(Reply(41, Word.STATUS, "Submitted"))
    looking.desk.entry.say(Reply(41, Word.EXECUTION, "SLD 100 at 90"))

    hear(looking.selling, looking.state, 0.0)

    assert looking.state.selling.said == {ours.intent_id: "399: it waits"}
    assert looking.state.selling.unnoted == [(ours.intent_id, "399: it waits")]
    assert looking.state.selling.traded_by_word == {ours.intent_id}
    assert looking.state.selling.refusals == {}


def test_session_is_of_its_own_exchange(looking: Looking) -> None:
    """What trades elsewhere is closed, or open, by other hours."""
    elsewhere = evolve(MSFT, con_id=MSFT.con_id + 1, exchange="SEHK")
    overnight = evolve(FRIDAY, open=FRIDAY.close, close=FRIDAY.close + timedelta(hours=6))
    ours = looking.state.contracts.sessions[MSFT]
    looking.state.contracts.sessions = {elsewhere: TradingDays((overnight,)), MSFT: ours}

    assert looking.facts(now=ELEVEN).session == FRIDAY
    assert looking.facts(now=overnight.open).session is None


def test_clock_of_a_silent_broker_is_not_taken_for_ours(looking: Looking) -> None:
    """How far ours is off is not known then; it is not nothing."""
    looking.desk.true.moment += 3 * SECOND
    assert looking.look().skew == timedelta(0)

    looking.desk.broker.drop("the gateway went")

    assert looking.look().skew is None


def test_holding_is_found_by_its_contract(looking: Looking) -> None:
    """Two that are called alike are two."""
    seen = looking.look()

    assert isinstance(seen.holdings[MSFT.con_id], Holding)
    assert set(seen.holdings) == {MSFT.con_id}
