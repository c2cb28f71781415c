"""What the broker's lists prove of an intent: witness by witness."""

from datetime import timedelta
from decimal import Decimal

import pytest
from attrs import evolve
from hypothesis import assume, given
from hypothesis import strategies as st
from tests.builders import ACCOUNT, an_order
from tests.journal_builders import TEN, a_record, stock
from tests.selling_builders import PERM, ended, exposed, ours, told, trade

from sellcore.order import Side
from sellcore.position import Position
from sellcore.selling.lifecycle import MOVES, Happening, State
from sellcore.selling.testimony import FORGOTTEN, PATIENCE, Finding, find
from sellcore.selling.testimony import Testimony as AllTold

H, S = Happening, State
IN_TIME, LATE, NEXT_DAY = 19.999, 20.0, 12 * 3600.0
NO_LIST = "it is in no list of the broker's"
REFUSAL = "201: Order rejected - reason: so they say"


def said(record, testimony, refusal=None):
    finding = find(record, testimony, refusal)
    return finding.happening, finding.words


def test_waits_are_those_of_the_design():
    """20 seconds to appear anywhere; half a day until the broker has forgotten."""
    assert timedelta(seconds=20) == PATIENCE
    assert timedelta(hours=12) == FORGOTTEN


class TestListed:
    @pytest.mark.parametrize("state", [S.SENDING, S.WORKING, S.UNKNOWN])
    @pytest.mark.parametrize("status", ["Submitted", "PreSubmitted", "PendingCancel", "Inactive"])
    def test_order_that_is_listed_as_open_works(self, state, status):
        """Whatever its status is called, and whatever was said about it before."""
        testimony = told(orders=(ours(status=status),))

        for refusal in (None, REFUSAL):
            assert find(exposed(state), testimony, refusal) == Finding(
                H.SEEN_WORKING, f"the broker lists it as {status}, 0 of 100 sold", PERM
            )

    def test_part_that_was_sold_is_told_with_its_price(self):
        """While the rest works."""
        trades = (
            trade("e1.01", shares=Decimal(30)),
            trade("e2.01", shares=Decimal(10), price=95.5),
        )
        testimony = told(orders=(ours(remaining=Decimal(60)),), executions=trades)

        assert find(exposed(), testimony) == Finding(
            H.SEEN_WORKING,
            "the broker lists it as Submitted, 40 of 100 sold",
            PERM,
            Decimal(40),
            98.5,
        )

    @pytest.mark.parametrize("state", [S.SENDING, S.WORKING, S.UNKNOWN])
    def test_trades_alone_fill_it(self, state):
        """Though the order is listed as open still, or nowhere."""
        for orders in ((), (ours(),)):
            finding = find(exposed(state), told(orders=orders, executions=(trade(),)))
            assert finding == Finding(H.SEEN_FILLED, "sold 100 of 100", PERM, Decimal(100), 99.5)

    @pytest.mark.parametrize("state", [S.SENDING, S.WORKING, S.UNKNOWN])
    @pytest.mark.parametrize("filled", ["0", "100", "40"])
    def test_ended_order_that_is_called_filled_is(self, state, filled):
        """Even where its count of shares says otherwise: there is no price then."""
        testimony = told(completed=(ended(status="Filled", filled=Decimal(filled)),))

        assert find(exposed(state), testimony) == Finding(
            H.SEEN_FILLED, "sold 100 of 100", PERM, Decimal(100), None
        )

    @pytest.mark.parametrize("quantity", ["60", "0"])
    def test_order_that_was_made_smaller_by_hand_has_sold_no_more(self, quantity):
        """In TWS, while it worked: it filled, and forty are still held."""
        order = ended(status="Filled", quantity=Decimal(quantity), filled=Decimal(60))
        testimony = told(held="40.7", completed=(order,), executions=(trade(shares=Decimal(60)),))

        assert find(exposed(S.WORKING), testimony) == Finding(
            H.SEEN_CANCELLED,
            "ended as Filled with 60 of 100 sold: Cancelled by Trader",
            PERM,
            Decimal(60),
            99.5,
        )

    def test_ended_order_that_filled_all_is_filled_whatever_it_is_called(self):
        """The count of the broker's servers is enough."""
        testimony = told(completed=(ended(filled=Decimal(100), status="Inactive"),))

        assert said(exposed(), testimony) == (H.SEEN_FILLED, "sold 100 of 100")

    @pytest.mark.parametrize(
        ("sold", "happening"), [("99", None), ("99.99", None), ("100", 1), ("100.5", 1)]
    )
    def test_filled_means_all_that_was_sent(self, sold, happening):
        """One share less is not filled; more is."""
        found = find(exposed(), told(executions=(trade(shares=Decimal(sold)),)))

        assert found.happening is (H.SEEN_FILLED if happening else None)
        assert found.filled == Decimal(sold)

    def test_fewer_that_were_sent_than_meant_are_filled_by_as_many(self):
        """A stop on its way out had sold the others."""
        sent = exposed(quantity=60)
        trades = (trade(shares=Decimal(60)),)

        for completed in ((), (ended(status="Filled", filled=Decimal(60)),)):
            finding = find(sent, told(executions=trades, completed=completed))

            assert finding == Finding(H.SEEN_FILLED, "sold 60 of 60", PERM, Decimal(60), 99.5)

    def test_fewer_that_were_sent_than_meant_are_what_an_ended_order_was_for(self):
        """A person reads how many of them are still to be sold."""
        finding = find(exposed(quantity=60), told(completed=(ended(filled=Decimal(40)),)))

        assert finding.words == "ended as Cancelled with 40 of 60 sold: Cancelled by Trader"

    @pytest.mark.parametrize(
        ("state", "testimony"),
        [
            (S.SENDING, told(held="0.7", executions=(trade(shares=Decimal(60)),))),
            (S.WORKING, told(held="0.7", completed=(ended(status="Filled"),))),
            (S.WORKING, told(held="0.7", seconds=NEXT_DAY)),
        ],
        ids=["trades", "ended order", "position"],
    )
    def test_what_was_sent_is_to_be_sold_not_what_was_meant(self, state, testimony):
        """A stop that we asked to go had sold 40 of the 100 by then."""
        record = exposed(state, quantity=60, position_before=Decimal("60.7"))

        finding = find(record, testimony)

        assert (finding.happening, finding.filled) == (H.SEEN_FILLED, 60)

    def test_trades_of_one_life_and_of_the_day_are_one_sum(self):
        """A trade that is told twice, or corrected, counts once."""
        first = trade("a.01", shares=Decimal(60))
        again = trade("a.02", shares=Decimal(50), price=98.0)
        rest = trade("b.01", shares=Decimal(50))

        finding = find(exposed(), told(executions=(first, again, again, rest)))

        assert (finding.filled, finding.average_price) == (Decimal(100), 98.75)
        assert finding.happening is H.SEEN_FILLED

    @pytest.mark.parametrize("state", [S.SENDING, S.WORKING, S.UNKNOWN])
    def test_ended_order_that_did_not_fill_was_cancelled(self, state):
        """With the broker's own words on why."""
        testimony = told(completed=(ended(filled=Decimal(40)),))

        assert find(exposed(state), testimony) == Finding(
            H.SEEN_CANCELLED,
            "ended as Cancelled with 40 of 100 sold: Cancelled by Trader",
            PERM,
            Decimal(40),
        )

    def test_ended_order_without_words_is_told_by_its_status(self):
        """There is always a reason in the line."""
        testimony = told(completed=(ended(explanation="", status="ApiCancelled"),))

        assert said(exposed(), testimony)[1] == (
            "ended as ApiCancelled with 0 of 100 sold: ApiCancelled"
        )

    def test_refused_order_that_has_ended_was_rejected(self):
        """In the words that came with the refusal."""
        testimony = told(completed=(ended(status="Inactive", explanation="other words"),))

        assert find(exposed(), testimony, REFUSAL) == Finding(
            H.SEEN_REJECTED, f"rejected by the broker: {REFUSAL}", PERM
        )

    def test_order_that_ended_as_inactive_was_refused(self):
        """Though nobody heard the refusal: the broker has no other word for it."""
        testimony = told(completed=(ended(status="Inactive", explanation="too large"),))

        assert said(exposed(), testimony) == (
            H.SEEN_REJECTED,
            "rejected by the broker: too large",
        )
        assert said(exposed(S.WORKING), testimony)[0] is H.SEEN_CANCELLED

    def test_order_that_was_refused_and_cancelled_was_refused(self):
        """Whatever status it ended with."""
        assert said(exposed(), told(completed=(ended(),)), REFUSAL)[0] is H.SEEN_REJECTED

    def test_refused_order_that_has_sold_something_was_cancelled(self):
        """A refusal that comes behind a trade is no refusal."""
        testimony = told(
            completed=(ended(status="Inactive"),), executions=(trade(shares=Decimal(1)),)
        )

        assert said(exposed(), testimony, REFUSAL) == (
            H.SEEN_CANCELLED,
            f"ended as Inactive with 1 of 100 sold: {REFUSAL}",
        )

    @pytest.mark.parametrize("state", [S.WORKING, S.UNKNOWN])
    def test_order_that_had_worked_is_never_rejected_afterwards(self, state):
        """It has ended, and that is all."""
        testimony = told(completed=(ended(),))

        assert said(exposed(state), testimony, REFUSAL)[0] is H.SEEN_CANCELLED

    def test_order_that_is_open_and_ended_in_one_testimony_works(self):
        """It ended between the two readings; the next one settles it."""
        testimony = told(orders=(ours(),), completed=(ended(),))

        assert said(exposed(), testimony)[0] is H.SEEN_WORKING

    @pytest.mark.parametrize("refusal", [None, REFUSAL])
    def test_refusal_is_a_lie_where_the_order_trades(self, refusal):
        """The lists are believed, not the message."""
        assert said(exposed(), told(executions=(trade(),)), refusal)[0] is H.SEEN_FILLED


class TestNowhere:
    @pytest.mark.parametrize("seconds", [0.0, 1.0, IN_TIME])
    @pytest.mark.parametrize("state", [S.SENDING, S.WORKING])
    def test_order_may_take_a_while_to_appear(self, seconds, state):
        """Nothing is concluded before, wherever the position stands."""
        for held in ("100.7", "0.7", "50"):
            assert said(exposed(state), told(seconds=seconds, held=held)) == (
                None,
                "the broker has not listed it yet",
            )

    @pytest.mark.parametrize("seconds", [LATE, 600.0, NEXT_DAY, 10 * NEXT_DAY])
    def test_order_that_never_appears_was_not_sent(self, seconds):
        """The position has not moved: three witnesses agree."""
        assert find(exposed(), told(seconds=seconds)) == Finding(
            H.PROVEN_ABSENT, f"{NO_LIST}; the position was 100.7 and is 100.7"
        )

    @pytest.mark.parametrize("held", ["0.7", "100.6", "100.8", "200.7", "0", "-100"])
    @pytest.mark.parametrize("refusal", [None, REFUSAL])
    def test_position_that_moved_makes_it_unclear(self, held, refusal):
        """Up or down, by ours or by others: nobody can tell."""
        now = Decimal(held).normalize()

        assert said(exposed(), told(seconds=LATE, held=held), refusal) == (
            H.UNCLEAR,
            f"{NO_LIST}; the position was 100.7 and is {now:f}",
        )

    @pytest.mark.parametrize("ref", ["", "SELLCLI:0123456789ABCDEF", "sellcli:0123"])
    @pytest.mark.parametrize("refusal", [None, REFUSAL])
    def test_order_of_its_number_by_another_reference_makes_it_unclear(self, ref, refusal):
        """A reference may be cut on its way; a number proves nothing, and leaves no proof."""
        words = f"in no list, but its number is, referred to as {ref!r}; the position was"
        for listed in (
            {"orders": (ours(order_ref=ref),)},
            {"executions": (trade(order_ref=ref, perm_id=PERM, client_id=7, order_id=11),)},
        ):
            happening, told_of = said(exposed(), told(seconds=LATE, **listed), refusal)
            assert (happening, told_of.startswith(words)) == (H.UNCLEAR, True)

    @pytest.mark.parametrize(
        "changes",
        [
            {"client_id": 8},
            {"order_id": 12},
            {"con_id": 2},
            {"side": Side.BUY},
        ],
        ids=str,
    )
    def test_order_of_somebody_else_says_nothing_of_ours(self, changes):
        """Another client's numbers, another number, another contract, or a purchase."""
        order = ours(**{"order_ref": "by hand", "perm_id": 5} | changes)
        bought = {"order_ref": "by hand", "perm_id": 5, "client_id": 7, "order_id": 11} | changes
        for listed in ({"orders": (order,)}, {"executions": (trade(**bought),)}):
            assert said(exposed(), told(seconds=LATE, **listed))[0] is H.PROVEN_ABSENT

    def test_trade_of_the_same_number_long_before_says_nothing(self):
        """Numbers are handed out again; trades are dated by the broker, seconds behind."""
        fields = {"order_ref": "", "perm_id": 5, "client_id": 7, "order_id": 11}
        for seconds, absent in ((11, False), (12, True)):
            trades = (trade(at=TEN - timedelta(seconds=seconds), **fields),)
            happening, _ = said(exposed(), told(seconds=LATE, executions=trades))
            assert (happening is H.PROVEN_ABSENT) is absent

    @pytest.mark.parametrize("seconds", [0.0, 1.0, LATE, NEXT_DAY])
    def test_refused_order_in_no_list_was_rejected_at_once(self, seconds):
        """There is no need to wait for what is refused."""
        assert find(exposed(), told(seconds=seconds), REFUSAL) == Finding(
            H.SEEN_REJECTED, f"rejected by the broker: {REFUSAL}"
        )

    @pytest.mark.parametrize("later", [0.5, 30.0, 3600.0])
    def test_age_counts_from_when_it_can_have_left(self, later):
        """To write it may have taken long, and a new line hears of old orders late."""
        since = TEN + timedelta(seconds=later)

        assert find(exposed(), told(seconds=later + IN_TIME), since=since).happening is None
        found = find(exposed(), told(seconds=later + LATE), since=since)
        assert found.happening is H.PROVEN_ABSENT

    def test_instant_that_lies_ahead_says_nothing(self):
        """The clock was set back since: what is known counts, or nothing has passed."""
        ahead = TEN + timedelta(hours=2)

        assert find(exposed(), told(seconds=LATE), since=ahead).happening is H.PROVEN_ABSENT
        lost = exposed(sent_at=ahead, decided_at=ahead)
        assert find(lost, told(seconds=LATE), since=ahead).happening is None

    def test_age_counts_from_when_it_was_sent(self):
        """Not from when it was decided, which may be a night before."""
        record = exposed(decided_at=TEN - timedelta(days=3))

        assert find(record, told(seconds=5)).happening is None
        assert find(evolve(record, sent_at=None), told(seconds=5)).happening is H.PROVEN_ABSENT

    @pytest.mark.parametrize("state", [S.SENDING, S.WORKING])
    @pytest.mark.parametrize("seconds", [LATE, NEXT_DAY])
    def test_order_that_sold_a_part_and_is_nowhere_is_unclear(self, state, seconds):
        """The rest may work somewhere."""
        record = exposed(state, filled=Decimal(40), perm_id=PERM)

        assert find(record, told(seconds=seconds, held="60.7"), REFUSAL) == Finding(
            H.UNCLEAR,
            "partly sold, and in no list any more; the position was 100.7 and is 60.7",
            PERM,
            Decimal(40),
        )

    @pytest.mark.parametrize("seconds", [NEXT_DAY, 10 * NEXT_DAY])
    def test_order_that_was_never_seen_is_not_filled_by_a_night(self, seconds):
        """That all of it is gone proves nothing of an order that nobody has ever listed."""
        found = find(exposed(), told(seconds=seconds, held="0.7"))

        assert found.happening is H.UNCLEAR

    @pytest.mark.parametrize("held", ["100.7", "0.7", "50"])
    def test_order_that_worked_and_is_gone_the_same_day_is_unclear(self, held):
        """It should be in one of the lists: whatever the position says is no proof."""
        found = find(exposed(S.WORKING), told(seconds=NEXT_DAY - 1, held=held))

        assert found.happening is H.UNCLEAR

    @pytest.mark.parametrize(
        ("held", "happening", "words"),
        [
            ("100.7", H.SEEN_CANCELLED, "it ended over night"),
            ("0.7", H.SEEN_FILLED, "it was filled before the night"),
            ("50.7", H.UNCLEAR, NO_LIST),
            ("0", H.UNCLEAR, NO_LIST),
            ("200.7", H.UNCLEAR, NO_LIST),
        ],
    )
    @pytest.mark.parametrize("seconds", [NEXT_DAY, 10 * NEXT_DAY])
    def test_over_night_the_position_alone_speaks(self, held, happening, words, seconds):
        """The broker has forgotten the rest: all of it sold, nothing sold, or nobody knows."""
        now = Decimal(held).normalize()

        assert said(exposed(S.WORKING), told(seconds=seconds, held=held)) == (
            happening,
            f"{words}; the position was 100.7 and is {now:f}",
        )

    def test_night_has_passed_however_short_the_line_stands(self):
        """A program that is started in the morning opens its line then, and need not alarm."""
        morning = told(seconds=NEXT_DAY)
        opened = morning.read_at - timedelta(seconds=LATE)

        finding = find(exposed(S.WORKING), morning, since=opened)

        assert finding.happening is H.SEEN_CANCELLED

    def test_what_the_position_alone_shows_as_sold_counts_as_sold(self):
        """All of it: nobody remembers the trades, nor a price."""
        finding = find(exposed(S.WORKING), told(seconds=NEXT_DAY, held="0.7"))

        assert (finding.happening, finding.filled) == (H.SEEN_FILLED, Decimal(100))
        assert finding.average_price is None

    @pytest.mark.parametrize("seconds", [1.0, LATE, NEXT_DAY, 10 * NEXT_DAY])
    @pytest.mark.parametrize("held", ["100.7", "0.7", "50"])
    @pytest.mark.parametrize("refusal", [None, REFUSAL])
    def test_unknown_stays_unknown_without_evidence(self, seconds, held, refusal):
        """A night does not heal it, the position does not, and no refusal."""
        record = exposed(S.UNKNOWN)

        assert find(record, told(seconds=seconds, held=held), refusal) == Finding(
            None, "as it was", PERM
        )

    def test_what_was_known_of_it_is_never_forgotten(self):
        """Shares, price and permanent id of an earlier look stand where nobody tells."""
        record = exposed(S.UNKNOWN, filled=Decimal(40), average_price=98.0)

        assert find(record, told(held="60.7")) == Finding(
            None, "as it was", PERM, Decimal(40), 98.0
        )
        assert find(record, told(completed=(ended(),))).filled == 40

    def test_record_without_a_position_before_counts_as_flat(self):
        """So that any position makes it unclear."""
        record = exposed(position_before=None)

        assert find(record, told(seconds=LATE)).happening is H.UNCLEAR
        assert find(record, told(seconds=LATE, held="0")).happening is H.PROVEN_ABSENT


class TestIdentity:
    @pytest.mark.parametrize(
        "stranger",
        [
            {"order_ref": "", "perm_id": 77},
            {"order_ref": "sellcli:another", "perm_id": 77},
            {"account": "DU0000002"},
            {"order_ref": "", "perm_id": 0},
        ],
        ids=["no reference", "other reference", "other account", "nothing at all"],
    )
    @pytest.mark.parametrize("state", [S.SENDING, S.WORKING])
    def test_order_of_somebody_else_is_no_witness(self, stranger, state):
        """Though it has our number and our client id."""
        testimony = told(
            orders=(ours(**stranger),),
            completed=(ended(**stranger, filled=Decimal(100)),),
            executions=(trade(**stranger),),
        )

        finding = find(exposed(state, perm_id=0), testimony)

        assert finding == Finding(None, "the broker has not listed it yet")

    @pytest.mark.parametrize("state", [S.SENDING, S.WORKING, S.UNKNOWN])
    @given(st.data())
    def test_reference_that_is_almost_ours_is_another(self, state, data):
        """A beginning of it, more than it, a letter changed, or in capitals."""
        ref = exposed().intent.order_ref
        at = data.draw(st.integers(0, len(ref) - 1))
        other = "x" if ref[at] != "x" else "y"
        almost = [ref[:at], ref[at:], ref + other, f" {ref}", f"{ref[:at]}{other}{ref[at + 1 :]}"]
        stranger = {"order_ref": data.draw(st.sampled_from([*almost, ref.upper()])), "perm_id": 77}
        record = exposed(state, perm_id=0)
        assume(stranger["order_ref"] != ref)
        testimony = told(
            orders=(ours(**stranger),),
            completed=(ended(**stranger, filled=Decimal(100)),),
            executions=(trade(**stranger),),
        )

        assert find(record, testimony) == find(record, told())

    def test_record_without_a_permanent_id_is_not_any_order_without_one(self):
        """0 stands for not known, and matches nothing."""
        strange = {"order_ref": "by hand", "perm_id": 0}

        assert find(exposed(), told(orders=(ours(**strange),))).happening is None

    @pytest.mark.parametrize("number", [1, 11, 12, 10**6])
    @pytest.mark.parametrize("client", [0, 7, 99])
    def test_numbers_never_matter(self, number, client):
        """Neither the order's number nor the client's: both are handed out again."""
        order = ours(order_id=number, client_id=client)
        execution = trade(order_id=number, client_id=client)

        assert find(exposed(), told(orders=(order,))).happening is H.SEEN_WORKING
        assert find(exposed(), told(executions=(execution,))).happening is H.SEEN_FILLED

    def test_permanent_id_is_enough(self):
        """Where the reference was lost on the way."""
        record = exposed(S.WORKING)

        assert find(record, told(orders=(ours(order_ref=""),))).happening is H.SEEN_WORKING
        assert find(record, told(completed=(ended(order_ref=""),))).happening is H.SEEN_CANCELLED
        assert find(record, told(executions=(trade(order_ref=""),))).happening is H.SEEN_FILLED

    @pytest.mark.parametrize("state", [S.SENDING, S.WORKING, S.UNKNOWN])
    @pytest.mark.parametrize(
        "testimony",
        [
            told(orders=(ours(), ours(perm_id=PERM + 1))),
            told(orders=(ours(),), completed=(ended(perm_id=PERM + 1),)),
            told(orders=(ours(),), executions=(trade(perm_id=PERM + 1),)),
            told(completed=(ended(perm_id=PERM + 1, filled=Decimal(100)),), executions=(trade(),)),
        ],
        ids=["two open", "open and ended", "open and traded", "both sold"],
    )
    def test_two_orders_with_one_reference_are_unclear(self, state, testimony):
        """It cannot be, so a person looks: neither is taken for ours."""
        finding = find(exposed(state), testimony)

        assert (finding.happening, finding.perm_id) == (H.UNCLEAR, PERM + 1)
        assert finding.words == "2 orders carry its reference"

    def test_order_with_another_permanent_id_than_on_record_is_unclear(self):
        """The record's own id counts as one of the two."""
        finding = find(exposed(S.WORKING, perm_id=4000), told(orders=(ours(),)))

        assert finding.happening is H.UNCLEAR

    def test_order_that_has_no_permanent_id_yet_is_still_ours(self):
        """The reference names it; what is on record of the id stands."""
        finding = find(exposed(S.WORKING), told(orders=(ours(perm_id=0),)))

        assert (finding.happening, finding.perm_id) == (H.SEEN_WORKING, PERM)


class TestTestimony:
    def test_sums_are_of_one_contract(self):
        """Shares held, orders, and shares that sell orders would sell."""
        testimony = AllTold(
            read_at=TEN,
            positions=(
                Position(ACCOUNT, stock(1), Decimal(10), 50.0),
                Position(ACCOUNT, stock(2), Decimal(7), 50.0),
                Position(ACCOUNT, stock(1), Decimal("0.5"), 80.0),
            ),
            orders=(
                an_order(stock(1), quantity="3"),
                an_order(stock(2), quantity="4"),
                evolve(an_order(stock(1), quantity="5"), remaining=Decimal(2)),
                evolve(an_order(stock(1), quantity="6"), side=Side.BUY),
            ),
            completed=(),
            executions=(),
        )

        assert (testimony.held(1), testimony.held(2), testimony.held(3)) == (
            Decimal("10.5"),
            Decimal(7),
            Decimal(0),
        )
        assert [order.quantity for order in testimony.orders_on(1)] == [3, 5, 6]
        assert (testimony.selling(1), testimony.selling(2), testimony.selling(3)) == (5, 4, 0)

    def test_trade_that_is_younger_than_the_list_counts(self):
        """The order's list is read first: what has traded since remains no more."""
        partly = ours(remaining=Decimal(80))
        for shares, left in ((10, 80), (20, 80), (30, 70), (100, 0)):
            testimony = told(orders=(partly,), executions=(trade(shares=Decimal(shares)),))
            assert testimony.selling(1) == left
        strange = trade(perm_id=77, shares=Decimal(50))
        assert told(orders=(partly,), executions=(strange,)).selling(1) == 80
        unnumbered = told(orders=(ours(perm_id=0),), executions=(trade(perm_id=0),))
        assert unnumbered.selling(1) == 100


ORDERS = st.sampled_from(
    [
        ours(),
        ours(status="PendingCancel", remaining=Decimal(60)),
        ours(order_ref="", perm_id=77),
        ours(perm_id=PERM + 1),
        ours(account="DU0000002"),
    ]
)
ENDED = st.sampled_from(
    [
        ended(),
        ended(filled=Decimal(40)),
        ended(status="Filled", filled=Decimal(100)),
        ended(status="Inactive"),
        ended(order_ref="", perm_id=77, filled=Decimal(100)),
    ]
)
TRADES = st.builds(
    lambda number, shares, strange: trade(
        f"t{number}.01",
        shares=Decimal(shares),
        **({"order_ref": "", "perm_id": 77} if strange else {}),
    ),
    st.integers(0, 3),
    st.integers(1, 120),
    st.booleans(),
)
TOLD = st.builds(
    told,
    seconds=st.sampled_from([0.0, IN_TIME, LATE, 3600.0, NEXT_DAY, 3 * NEXT_DAY]),
    held=st.sampled_from(["100.7", "0.7", "60.7", "0", "-99.3"]),
    orders=st.lists(ORDERS, max_size=2).map(tuple),
    completed=st.lists(ENDED, max_size=2).map(tuple),
    executions=st.lists(TRADES, max_size=3).map(tuple),
)
RECORDS = st.builds(
    exposed,
    st.sampled_from([S.SENDING, S.WORKING, S.UNKNOWN]),
    filled=st.sampled_from([Decimal(0), Decimal(40)]),
)


class TestTradedByWord:
    @pytest.mark.parametrize("refusal", [None, REFUSAL])
    def test_absence_proves_nothing_where_a_trade_was_told(self, refusal):
        """Neither that it was not sent, nor that it was rejected."""
        found = find(exposed(), told(seconds=LATE), refusal, traded_by_word=True)

        assert found.happening is H.UNCLEAR
        assert found.words.startswith("the broker told of a trade that is in no list; ")

    def test_it_is_waited_for_like_any_other(self):
        """The lists may be late."""
        assert find(exposed(), told(seconds=IN_TIME), traded_by_word=True).happening is None

    def test_what_is_listed_is_not_doubted_for_it(self):
        """Open, ended or traded: the lists settle it."""
        for lists in ({"orders": (ours(),)}, {"completed": (ended(),)}, {"executions": (trade(),)}):
            testimony = told(seconds=LATE, **lists)

            assert find(exposed(), testimony, traded_by_word=True) == find(exposed(), testimony)

    @pytest.mark.parametrize("state", [S.WORKING, S.UNKNOWN])
    def test_other_states_are_as_unclear_as_before(self, state):
        """One that worked and is gone is unknown; an unknown one stays so."""
        testimony = told(seconds=LATE)
        said = find(exposed(state), testimony, traded_by_word=True)

        assert said.happening is find(exposed(state), testimony).happening


class TestVanished:
    STOP = an_order(stock(1), client_id=9)

    def lost(self, **lists):
        return tuple(each.order for each in told(**lists).with_last([self.STOP]).vanished)

    def test_order_that_no_list_tells_of_has_vanished(self):
        """Whatever is told of others."""
        others = {
            "orders": (evolve(self.STOP, perm_id=77, order_id=3),),
            "completed": (ended(perm_id=77),),
            "executions": (trade(perm_id=77),),
        }

        assert self.lost() == self.lost(**others) == (self.STOP,)
        assert told().vanished == told().with_last([]).vanished == ()

    @pytest.mark.parametrize(
        ("lists", "gone"),
        [
            ({"orders": (STOP,)}, False),
            ({"orders": (evolve(STOP, order_id=99, status="PendingCancel"),)}, False),
            ({"orders": (evolve(STOP, perm_id=0),)}, False),
            ({"orders": (evolve(STOP, perm_id=0, order_id=99),)}, True),
            ({"orders": (evolve(STOP, perm_id=0, client_id=8),)}, True),
            ({"orders": (evolve(STOP, perm_id=STOP.perm_id + 1),)}, True),
            ({"completed": (ended(perm_id=STOP.perm_id),)}, False),
            ({"executions": (trade(perm_id=STOP.perm_id, shares=Decimal(100)),)}, False),
            ({"executions": (trade(perm_id=STOP.perm_id, shares=Decimal(99)),)}, True),
        ],
    )
    def test_order_is_accounted_for_by_any_list_that_tells_of_it(self, lists, gone):
        """As one that works, that has ended, or whose shares have all traded."""
        assert bool(self.lost(**lists)) is gone

    def test_order_without_any_number_is_accounted_for_by_none(self):
        """One entered by hand that nobody has acknowledged: its like is not it."""
        bare = evolve(self.STOP, perm_id=0, order_id=0, client_id=0)
        lists = {
            "orders": (bare,),
            "completed": (ended(perm_id=0),),
            "executions": (trade(perm_id=0),),
        }

        assert told(**lists).with_last([bare]).vanished_from(bare.con_id) == (bare,)

    @pytest.mark.parametrize(
        ("seconds", "lost"), [(0, True), (1, True), (19.9, True), (20, False), (3600, False)]
    )
    def test_order_has_gone_once_no_list_has_told_of_it_for_20_seconds(self, seconds, lost):
        """Lists that leave it out one right after the other prove nothing."""
        first = told().with_last([self.STOP])
        later = evolve(first, read_at=first.read_at + timedelta(seconds=seconds))

        again = later.with_last((), first.vanished)

        assert again.vanished == (first.vanished if lost else ())

    def test_order_that_is_listed_again_has_never_gone(self):
        """And has the whole time before it when it is left out the next time."""
        first = told().with_last([self.STOP])
        later = first.read_at + timedelta(seconds=15)
        shown = evolve(told(orders=(self.STOP,)), read_at=later).with_last((), first.vanished)
        hidden = evolve(told(), read_at=later).with_last([self.STOP], shown.vanished)

        assert shown.vanished == ()
        assert [each.since for each in hidden.vanished] == [later]

    @pytest.mark.parametrize("seconds", [15, 240])
    def test_order_that_another_list_has_shown_meanwhile_is_missed_anew(self, seconds):
        """The table reads the orders as well, between two sales: the time begins again."""
        first = told().with_last([self.STOP])
        later = evolve(told(), read_at=first.read_at + timedelta(seconds=seconds))

        again = later.with_last([evolve(self.STOP, status="Submitted")], first.vanished)

        assert [each.since for each in again.vanished] == [later.read_at]

    def test_what_has_vanished_is_told_by_contract(self):
        """Another position need not wait for it."""
        lost = told().with_last([self.STOP])

        assert (lost.vanished_from(1), lost.vanished_from(2)) == ((self.STOP,), ())

    def test_overfilled_order_lends_nothing_to_another(self):
        """What remains of it is nothing, never less."""
        strange = evolve(self.STOP, remaining=Decimal(-50))

        assert told(orders=(strange,)).selling(1) == 0
        assert told(orders=(strange, ours())).selling(1) == 100


class TestLaws:
    @given(RECORDS, TOLD, st.sampled_from([None, REFUSAL]))
    def test_finding_is_a_move_of_the_table_or_none(self, record, testimony, refusal):
        """Whatever is told; an unknown one that stays unclear makes no move."""
        happening = find(record, testimony, refusal).happening

        unclear_still = record.state is S.UNKNOWN and happening is H.UNCLEAR
        assert happening is None or unclear_still or (record.state, happening) in MOVES

    @given(RECORDS, TOLD, st.sampled_from([None, REFUSAL]))
    def test_nothing_ends_an_intent_without_evidence(self, record, testimony, refusal):
        """Rejected and not sent: nothing was sold, nothing of it is open, nothing has moved."""
        finding = find(record, testimony, refusal)

        if finding.happening in (H.SEEN_REJECTED, H.PROVEN_ABSENT):
            assert record.state is S.SENDING
            assert finding.filled == 0
            refs = {(o.account, o.order_ref) for o in testimony.orders}
            assert (ACCOUNT, record.intent.order_ref) not in refs
        if finding.happening is H.PROVEN_ABSENT:
            assert testimony.held(1) == record.position_before
            assert testimony.read_at - TEN >= PATIENCE
        if finding.happening is H.SEEN_WORKING:
            assert any(o.order_ref == record.intent.order_ref for o in testimony.orders)
        if finding.happening is H.SEEN_CANCELLED and testimony.read_at - TEN < FORGOTTEN:
            assert any(c.order_ref == record.intent.order_ref for c in testimony.completed)

    @given(RECORDS, TOLD)
    def test_shares_sold_never_run_back(self, record, testimony):
        """What was sold stays sold."""
        assert find(record, testimony).filled >= record.filled

    @given(RECORDS, TOLD, st.sampled_from([11, 12]), st.sampled_from([7, 0]))
    def test_numbers_prove_nothing(self, record, testimony, number, client):
        """An order's number and client id can do no more than leave its absence unproven."""

        def numbered(number, client):
            numbers = {"order_id": number, "client_id": client}
            return evolve(
                testimony,
                orders=tuple(evolve(o, **numbers) for o in testimony.orders),
                executions=tuple(evolve(e, **numbers) for e in testimony.executions),
            )

        finding, by_others = find(record, numbered(number, client)), find(record, numbered(99, 99))

        if (number, client) != (11, 7):
            assert finding == by_others
        elif finding != by_others:
            assert finding.happening is H.UNCLEAR
            assert by_others.happening not in (None, H.SEEN_WORKING)

    @given(RECORDS, TOLD, st.sampled_from([None, REFUSAL]))
    def test_words_are_one_line(self, record, testimony, refusal):
        """There is always a reason, and it is fit for a log."""
        words = find(record, testimony, refusal).words

        assert words.isprintable()
        assert words


def test_record_without_a_quantity_is_not_filled_by_nothing():
    """What was meant stands in for what was sent."""
    record = a_record(state=S.SENDING, sent_at=TEN)

    assert find(record, told()).happening is None
    assert find(record, told(executions=(trade(),))).happening is H.SEEN_FILLED
